//! What a scrape says after requests, and that nobody gets one unasked.

use guildhall_persistence::Backend;
use serde_json::json;

use crate::{
    scrape::Scrape,
    support::{Installation, PASSWORD, Server},
};

/// An installation whose servers can be scraped.
pub(crate) fn measured(installation: Installation) -> Installation {
    installation.with("GUILDHALL_METRICS_LISTEN", "127.0.0.1:0")
}

/// Requests of several kinds, of which one fails.
async fn use_it(server: &Server) {
    let token = server.registered("ada@acme.com", Some("Acme")).await;
    for _ in 0..3 {
        server.json("/api/organizations", &token).await;
    }
    server.log_in("ada@acme.com", "an utterly wrong password").await;
    server.get("/api/nowhere-at-all", &token).await;
    let organization = server.first_organization(&token).await;
    server.json(&format!("/api/organizations/{organization}"), &token).await;
    let invitation = json!({ "email": "grace@acme.com", "role": "admin" });
    let path = format!("/api/organizations/{organization}/invitations");
    assert_eq!(server.post_as(&path, &token, &invitation).await.status(), 201);
}

#[tokio::test]
async fn a_scrape_tells_what_was_asked_and_how_the_node_is() {
    for installation in Installation::on_each_backend() {
        let installation = measured(installation);
        let server = installation.serve();
        use_it(&server).await;
        let scrape = server.scrape_until(|scrape| {
            scrape.number("guildhall_mail_attempts_total", &[("outcome", "sent")]) == Some(1.0)
        });
        let scrape = scrape.await;

        let requests = "guildhall_http_request_duration_seconds_count";
        for (route, method, status, count) in [
            ("/api/auth/register", "POST", "2xx", 1.0),
            ("/api/organizations", "GET", "2xx", 4.0),
            ("/api/organizations/{id}", "GET", "2xx", 1.0),
            ("/api/organizations/{id}/invitations", "POST", "2xx", 1.0),
            ("/api/auth/login", "POST", "4xx", 1.0),
            ("unmatched", "GET", "4xx", 1.0),
        ] {
            let labels = [("route", route), ("method", method), ("status", status)];
            assert_eq!(scrape.number(requests, &labels), Some(count), "{route}: {scrape:?}");
        }
        assert_eq!(scrape.number("guildhall_http_requests_in_flight", &[]), Some(0.0));

        let pools: &[(&str, f64)] = match installation.backend {
            Backend::Sqlite => &[("readers", 8.0), ("writer", 1.0)],
            Backend::Postgres => &[("all", 8.0)],
        };
        for (pool, size) in pools {
            let of = |name| scrape.number(name, &[("pool", pool)]);
            assert_eq!(of("guildhall_database_connections_max"), Some(*size), "{pool}");
            assert!(of("guildhall_database_connections_taken_total") > Some(0.0), "{pool}");
            assert_eq!(of("guildhall_database_requests_waiting"), Some(0.0), "{pool}");
            assert_eq!(of("guildhall_database_wait_timeouts_total"), Some(0.0), "{pool}");
            assert_eq!(of("guildhall_database_wait_refused_total"), Some(0.0), "{pool}");
        }
        for kind in ["unreachable", "connection_lost", "contention", "full", "failed"] {
            let errors = scrape.number("guildhall_database_errors_total", &[("kind", kind)]);
            assert_eq!(errors, Some(0.0), "{kind}: {}", server.log());
        }
        assert_eq!(scrape.number("guildhall_hashing_waiting", &[]), Some(0.0));
        assert_eq!(scrape.number("guildhall_hashing_queue_max", &[]), Some(512.0));
        for task in ["heartbeat", "sweep", "purge", "retention", "checkpoints", "mail"] {
            let run = [("task", task), ("outcome", "done")];
            let runs = scrape.number("guildhall_task_runs_total", &run);
            assert!(runs > Some(0.0), "{task}: {scrape:?}");
        }
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        assert_eq!(scrape.number("guildhall_build_info", &version), Some(1.0));
        if cfg!(target_os = "linux") {
            assert!(scrape.number("process_open_fds", &[]) > Some(10.0), "{scrape:?}");
            assert!(scrape.number("process_resident_memory_bytes", &[]) > Some(1e6));
            let started = scrape.number("process_start_time_seconds", &[]).unwrap();
            let heartbeat = scrape
                .number("guildhall_task_last_success_timestamp_seconds", &[("task", "heartbeat")]);
            assert!((heartbeat.unwrap() - started).abs() < 600.0, "both are since the epoch");
        }
        for secret in ["ada@acme.com", "org-", "nowhere", PASSWORD] {
            assert!(!format!("{scrape:?}").contains(secret), "{secret}");
        }
    }
}

#[tokio::test]
async fn errors_of_the_database_are_counted() {
    for installation in Installation::on_each_backend() {
        let installation = measured(installation);
        let server = installation.serve();
        let token = server.registered("ada@acme.com", Some("Acme")).await;
        installation.database.execute("ALTER TABLE workspaces RENAME TO elsewhere");
        assert_eq!(server.get("/api/workspaces", &token).await.status(), 500);
        let scrape = server.scrape().await;
        let failed = scrape.number("guildhall_database_errors_total", &[("kind", "failed")]);
        assert!(failed >= Some(1.0), "{scrape:?}");
        let labels = [("route", "/api/workspaces"), ("method", "GET"), ("status", "5xx")];
        let answered = scrape.number("guildhall_http_request_duration_seconds_count", &labels);
        assert_eq!(answered, Some(1.0));
    }
}

#[tokio::test]
async fn metrics_are_where_they_were_asked_for_and_nowhere_else() {
    let installation = Installation::new(Backend::Sqlite);
    let silent = installation.serve();
    assert_eq!(silent.metrics(), None, "nobody asked");
    for server in [&silent, &measured(installation).serve()] {
        let on_the_api = server.client().get(server.url("/metrics")).send().await.unwrap();
        assert_eq!(on_the_api.status(), 404);
        let Some(metrics) = server.metrics() else { continue };
        let answer = server.client().get(metrics).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        let elsewhere = metrics.replace("/metrics", "/api");
        assert_eq!(server.client().get(elsewhere).send().await.unwrap().status(), 404);
    }
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let installation =
        Installation::new(Backend::Sqlite).with("GUILDHALL_METRICS_LISTEN", &address);
    let output = installation.run(&["serve"], "");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains(&address) && told.contains("GUILDHALL_METRICS_LISTEN"), "{told}");
}

#[tokio::test]
async fn a_node_that_drains_can_be_scraped_until_its_end() {
    let installation = measured(Installation::new(Backend::Sqlite));
    let installation = installation.with("GUILDHALL_SHUTDOWN_NOTICE", "2");
    let mut server = installation.serve();
    server.signal("TERM");
    while server.client().get(server.url("/readyz")).send().await.unwrap().status() == 200 {}
    let scrape: Scrape = server.scrape().await;
    assert!(scrape.number("guildhall_http_requests_in_flight", &[]).is_some());
    assert_eq!(server.wait(), Some(0), "{}", server.log());
}
