//! The service itself: what it is, how it is, and its pages.

use guildhall_application::{ports::StoreError, testing::TestPorts};
use guildhall_http_api::{HttpSettings, openapi_json};

use crate::support::{Answer, api, api_with, call, get, request, send};

async fn fetch(path: &str) -> Answer {
    send(TestPorts::default(), get(path)).await
}

#[actix_web::test]
async fn the_root_says_what_answers() {
    let answer = fetch("/api").await;
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(answer.body, format!(r#"{{"message":"Guildhall API","version":"{version}"}}"#));
}

#[actix_web::test]
async fn the_process_lives() {
    let answer = fetch("/healthz").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, r#"{"status":"ok"}"#));
}

#[actix_web::test]
async fn a_node_is_ready_while_its_store_answers() {
    let mut ports = TestPorts::default();
    ports.maintenance.expect_ping().returning(|| Ok(()));
    assert_eq!(send(ports, get("/readyz")).await.status, 200);

    for error in [StoreError::Unavailable, StoreError::Failed] {
        let mut ports = TestPorts::default();
        ports.maintenance.expect_ping().returning(move || Err(error("secret".to_owned())));
        let answer = send(ports, get("/readyz")).await;
        answer.assert_problem(503, "not-ready");
        assert!(!answer.body.contains("secret"));
    }
}

#[actix_web::test]
async fn a_draining_node_is_not_ready_but_answers() {
    let api = api(TestPorts::default());
    api.draining.clone().begin();
    let answer = call(&api, get("/readyz")).await;
    answer.assert_problem(503, "not-ready");
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert_eq!(call(&api, get("/healthz")).await.status, 200);
}

#[actix_web::test]
async fn the_route_of_benchmarks_is_there_on_demand_alone() {
    fetch("/bench/230").await.assert_problem(404, "not-found");
    let settings = HttpSettings { bench_route: true, ..HttpSettings::default() };
    let api = api_with(TestPorts::default(), settings);
    for length in [0, 230, 65_536] {
        let answer = call(&api, get(&format!("/bench/{length}"))).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (200, length));
    }
    for other in ["/bench/65537", "/bench/-1", "/bench/", "/bench/1/2"] {
        call(&api, get(other)).await.assert_problem(404, "not-found");
    }
    assert_eq!(call(&api, request("POST", "/bench/230")).await.status, 404);
    assert_eq!(call(&api, get("/healthz")).await.status, 200);
}

#[actix_web::test]
async fn the_document_is_served() {
    let answer = fetch("/api/openapi.json").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.body, openapi_json());
}

#[actix_web::test]
async fn the_reader_is_served_whole_and_loads_nothing_from_elsewhere() {
    let redirect = fetch("/docs").await;
    assert_eq!((redirect.status.as_u16(), redirect.header("location")), (308, Some("docs/")));

    let index = fetch("/docs/").await;
    assert_eq!(index.header("content-type"), Some("text/html"));
    assert!(!index.body.contains("://"), "{}", index.body);
    for file in index.body.split('"').filter(|text| text.contains('.') && !text.contains(' ')) {
        let answer = fetch(&format!("/docs/{}", file.trim_start_matches("./"))).await;
        assert_eq!(answer.status, 200, "{file}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("script-src 'self';"), "{policy}");
    }
    let initializer = fetch("/docs/swagger-initializer.js").await;
    assert!(initializer.body.contains("../api/openapi.json"), "{}", initializer.body);
    assert!(!initializer.body.contains("://"), "{}", initializer.body);
    fetch("/docs/absent.js").await.assert_problem(404, "not-found");
    fetch("/docs/../Cargo.toml").await.assert_problem(404, "not-found");
}

#[actix_web::test]
async fn every_kind_of_problem_has_its_page() {
    let index = fetch("/problems").await;
    assert_eq!(index.header("content-type"), Some("text/html; charset=utf-8"));
    let links: Vec<_> =
        index.body.split('"').filter(|text| text.starts_with("problems/")).collect();
    assert!(links.len() >= 16);
    for link in links {
        let page = fetch(&format!("/{link}")).await;
        assert_eq!(page.status, 200);
        for part in [&format!("/{link}"), "What it means", "What to do"] {
            assert!(page.body.contains(part), "{}", page.body);
        }
    }
    fetch("/problems/absent").await.assert_problem(404, "not-found");
}
