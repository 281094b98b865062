//! What holds for every request: ids, headers, methods, origins.

use std::sync::{Arc, Mutex};

use guildhall_application::{
    ports::{Insertion, Refusal},
    testing::{FakeStore, Repositories, TestPorts},
};
use guildhall_http_api::{HttpSettings, routes::ENDPOINTS};

use crate::support::{Answer, api_with, call, get, post, request, send, signed, signed_in, tokens};

async fn with_request_id(id: &str) -> String {
    let request = get("/api").insert_header(("X-Request-Id", id));
    let answer = send(TestPorts::default(), request).await;
    answer.header("x-request-id").unwrap().to_owned()
}

#[actix_web::test]
async fn a_sane_request_id_is_kept() {
    for id in ["a", "Trace.1_2-3", &"x".repeat(128)] {
        assert_eq!(with_request_id(id).await, id);
    }
}

#[actix_web::test]
async fn any_other_request_id_is_replaced() {
    for id in ["", " ", "a b", "a\tb", "<script>", &"x".repeat(129)] {
        let made = with_request_id(id).await;
        assert_eq!(made, "00000000-0000-0000-0000-0000000003e8", "{id:?}");
    }
}

#[actix_web::test]
async fn unknown_paths_are_problems() {
    for path in ["/", "/api/", "/api/unknown", "/api/organizations/", "/API", "/api//stats"] {
        send(signed_in(), signed(get(path))).await.assert_problem(404, "not-found");
    }
}

#[actix_web::test]
async fn a_method_that_a_path_does_not_take_is_refused_with_those_it_takes() {
    for (method, path, allow) in [
        ("GET", "/api/auth/login", "POST"),
        ("PUT", "/api/auth/sessions", "GET, HEAD, DELETE"),
        ("PUT", "/api/organizations", "GET, HEAD, POST"),
        ("POST", "/api/organizations/7", "GET, HEAD, PUT, PATCH, DELETE"),
        ("GET", "/api/organizations/7/restore", "POST"),
        ("DELETE", "/api/organizations/7/suspend", "POST"),
        ("PUT", "/api/organizations/7/activate", "POST"),
        ("PATCH", "/api/organizations/7/quotas", "GET, HEAD, PUT"),
        ("POST", "/api/organizations/7/members", "GET, HEAD"),
        ("PATCH", "/api/organizations/7/members/7", "GET, HEAD, PUT, DELETE"),
        ("PUT", "/api/organizations/7/workspaces", "GET, HEAD, POST"),
        ("PUT", "/api/organizations/7/workspaces/7", "GET, HEAD, PATCH, DELETE"),
        ("POST", "/api/workspaces", "GET, HEAD"),
        ("OPTIONS", "/api/stats", "GET, HEAD"),
        ("BREW", "/healthz", "GET, HEAD"),
        ("POST", "/docs/", "GET, HEAD"),
    ] {
        let answer = send(TestPorts::default(), request(method, path)).await;
        answer.assert_problem(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
    }
}

#[actix_web::test]
async fn every_get_is_a_head_too() {
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.method == "GET") {
        let answer = send(TestPorts::default(), request("HEAD", endpoint.path)).await;
        assert_ne!(answer.status, 405, "{}", endpoint.path);
    }
}

#[actix_web::test]
async fn every_answer_carries_the_headers_that_protect_browsers() {
    for path in ["/api", "/api/auth/me", "/unknown", "/docs/", "/problems", "/healthz"] {
        let answer = send(TestPorts::default(), get(path)).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
    }
}

#[actix_web::test]
async fn a_panic_is_a_problem() {
    // Nothing is expected of the mocked queries, so they panic.
    let answer = send(signed_in(), signed(get("/api/stats"))).await;
    answer.assert_problem(500, "internal-error");
}

/// The address that the audit trail holds for a request from `peer`.
async fn recorded_address(peer: &str, forwarded: &str) -> String {
    let addresses = Arc::new(Mutex::new(Vec::new()));
    let mut work = Repositories::default();
    work.users.expect_insert().returning(|_, _| Ok(Insertion::Conflict));
    let mut ports = TestPorts {
        tokens: tokens(),
        store: Arc::new(FakeStore::with(work)),
        ..TestPorts::default()
    };
    let seen = addresses.clone();
    ports.throttle.expect_admit().returning(move |address, _| {
        seen.lock().unwrap().push(address.unwrap().to_string());
        Err(Refusal { retry_after: std::time::Duration::from_secs(1), is_first: false })
    });
    let settings = HttpSettings {
        trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
        ..HttpSettings::default()
    };
    let body = r#"{"email":"john@acme.com","password":"x"}"#;
    let request = post("/api/auth/login", body)
        .peer_addr(format!("{peer}:4711").parse().unwrap())
        .insert_header(("X-Forwarded-For", forwarded));
    call(&api_with(ports, settings), request).await.assert_problem(429, "too-many-attempts");
    addresses.lock().unwrap().concat()
}

#[actix_web::test]
async fn only_trusted_proxies_are_believed() {
    for (peer, forwarded, address) in [
        ("192.0.2.7", "203.0.113.9", "192.0.2.7"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
    ] {
        assert_eq!(recorded_address(peer, forwarded).await, address, "{peer} {forwarded}");
    }
}

async fn preflight(origin: &str, origins: &[&str]) -> Answer {
    let settings = HttpSettings {
        cors_origins: origins.iter().map(|&origin| origin.to_owned()).collect(),
        ..HttpSettings::default()
    };
    let request = request("OPTIONS", "/api/organizations")
        .insert_header(("Origin", origin.to_owned()))
        .insert_header(("Access-Control-Request-Method", "GET"))
        .insert_header(("Access-Control-Request-Headers", "authorization,if-match,if-none-match"));
    call(&api_with(TestPorts::default(), settings), request).await
}

#[actix_web::test]
async fn pages_of_configured_origins_may_call() {
    let acme = "https://app.acme.com";
    let answer = preflight(acme, &[acme]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(acme));
    assert_eq!(preflight("https://evil.com", &[acme]).await.status, 400);
    assert_eq!(
        preflight("https://evil.com", &[acme]).await.header("access-control-allow-origin"),
        None
    );
    assert_eq!(preflight(acme, &[]).await.status, 405);
}

#[actix_web::test]
async fn refusals_are_readable_to_pages_of_configured_origins() {
    let acme = "https://app.acme.com";
    let settings = HttpSettings { cors_origins: vec![acme.to_owned()], ..HttpSettings::default() };
    let request = get("/api/auth/me").insert_header(("Origin", acme));
    let answer = call(&api_with(TestPorts::default(), settings), request).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("access-control-allow-origin"), Some(acme));
    let exposed = answer.header("access-control-expose-headers").unwrap();
    for name in
        ["etag", "link", "location", "quota-limit", "quota-used", "retry-after", "x-request-id"]
    {
        assert!(exposed.contains(name), "{exposed}");
    }
}
