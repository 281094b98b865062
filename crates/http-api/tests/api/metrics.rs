//! What is measured of requests.

use actix_web::{http::StatusCode, test::TestRequest};
use guildhall_application::{ports::StoreError, testing::TestPorts};
use guildhall_http_api::{Api, HttpMetrics};
use prometheus_client::{encoding::prometheus_text, registry::Registry};

use crate::support::{api, call, get, post, request, signed, signed_in};

const IN_FLIGHT: &str = "guildhall_http_requests_in_flight";

/// An API that is measured, and where that is to be read.
fn measured(ports: TestPorts) -> (Api, Registry) {
    let mut registry = Registry::default();
    let metrics = HttpMetrics::register(&mut registry);
    (Api { metrics: Some(metrics), ..api(ports) }, registry)
}

fn scrape(registry: &Registry) -> String {
    let mut text = String::new();
    prometheus_text::encode(&mut text, registry).unwrap();
    text
}

/// How many requests were measured under these labels.
fn count(text: &str, route: &str, method: &str, status: &str) -> u64 {
    let series = format!(
        "guildhall_http_request_duration_seconds_count\
         {{route=\"{route}\",method=\"{method}\",status=\"{status}\"}} "
    );
    let found = text.lines().find_map(|line| line.strip_prefix(&series));
    found.map_or(0, |count| count.parse().unwrap())
}

async fn send_all(api: &Api, requests: Vec<TestRequest>) {
    for request in requests {
        call(api, request).await;
    }
}

#[actix_web::test]
async fn requests_are_measured_by_the_pattern_of_their_route() {
    let mut ports = signed_in();
    ports
        .organizations
        .expect_accessible_to()
        .returning(|_, _| Err(StoreError::Failed("disk on fire".to_owned())));
    let (api, registry) = measured(ports);
    let requests = vec![
        get("/healthz"),
        get("/healthz"),
        request("HEAD", "/healthz"),
        get("/api/organizations/org-1"),
        signed(get("/api/organizations/org-2?x=1")),
        signed(get("/api/organizations")),
        post("/api/auth/login", "{"),
    ];
    send_all(&api, requests).await;

    let text = scrape(&registry);
    for (route, method, status, expected) in [
        ("/healthz", "GET", "2xx", 2),
        ("/healthz", "HEAD", "2xx", 1),
        ("/api/organizations/{id}", "GET", "4xx", 2),
        ("/api/organizations", "GET", "5xx", 1),
        ("/api/auth/login", "POST", "4xx", 1),
    ] {
        assert_eq!(count(&text, route, method, status), expected, "{route} {method}: {text}");
    }
    assert!(text.contains(&format!("{IN_FLIGHT} 0\n")), "{text}");
}

#[actix_web::test]
async fn what_clients_make_up_is_no_label() {
    let (api, registry) = measured(TestPorts::default());
    let requests = vec![
        get("/made-up"),
        get("/api/made-up/path"),
        request("BREW", "/made/up"),
        request("BREW", "/healthz"),
        request("MADEUP", "/healthz"),
    ];
    send_all(&api, requests).await;

    let text = scrape(&registry);
    assert_eq!(count(&text, "unmatched", "GET", "4xx"), 2, "{text}");
    assert_eq!(count(&text, "unmatched", "other", "4xx"), 1, "{text}");
    assert_eq!(count(&text, "/healthz", "other", "4xx"), 2, "{text}");
    assert!(!text.contains("made") && !text.contains("BREW") && !text.contains("MADEUP"), "{text}");
}

#[actix_web::test]
async fn a_request_is_in_flight_until_its_answer_was_sent_or_broke_off() {
    let (api, registry) = measured(TestPorts::default());
    let service = actix_web::test::init_service(guildhall_http_api::app(&api)).await;
    let response = actix_web::test::call_service(&service, get("/healthz").to_request()).await;
    assert_eq!(response.status(), StatusCode::OK);
    let text = scrape(&registry);
    assert!(text.contains(&format!("{IN_FLIGHT} 1\n")), "{text}");
    assert_eq!(count(&text, "/healthz", "GET", "2xx"), 0, "{text}");
    drop(response);
    let text = scrape(&registry);
    assert!(text.contains(&format!("{IN_FLIGHT} 0\n")), "{text}");
    assert_eq!(count(&text, "/healthz", "GET", "2xx"), 1, "{text}");
}
