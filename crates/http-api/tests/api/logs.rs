//! What is logged of a request, and what never is.

use std::{cell::RefCell, io, sync::Once};

use actix_web::test::TestRequest;
use guildhall_application::{ports::StoreError, testing::TestPorts};

use crate::support::{TOKEN, get, post, send, signed, signed_in};

thread_local! {
    /// What the test of this thread has logged.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct ThreadLog;

impl io::Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Captures the log from here on. Every test does, before anything is logged:
/// what is logged first without a subscriber may stay silent for all tests.
pub(crate) fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_writer(|| ThreadLog)
            .with_ansi(false)
            .with_max_level(tracing::Level::TRACE)
            .init();
    });
}

/// The lines that a request leaves in the log.
async fn logged(ports: TestPorts, request: TestRequest) -> Vec<String> {
    LOG.take();
    send(ports, request.insert_header(("X-Request-Id", "req-1"))).await;
    String::from_utf8(LOG.take()).unwrap().lines().map(str::to_owned).collect()
}

#[actix_web::test]
async fn a_request_is_one_line_without_its_query() {
    let request = signed(get("/api/organizations/secret-id?secret=1"))
        .peer_addr("192.0.2.7:4711".parse().unwrap());
    let lines = logged(signed_in(), request).await;
    let answered: Vec<_> = lines.iter().filter(|line| line.contains("answered")).collect();
    let [line] = answered[..] else { panic!("{lines:?}") };
    for part in [
        "method=GET",
        "path=\"/api/organizations/{id}\"",
        "status=404",
        "duration_ms=",
        "bytes=",
        "client_ip=192.0.2.7",
        "request_id=\"req-1\"",
    ] {
        assert!(line.contains(part), "{part} is missing: {line}");
    }
    assert!(!lines.concat().contains("secret"), "{lines:?}");
}

#[actix_web::test]
async fn secrets_are_never_logged() {
    let body = r#"{"email":"john@acme.com","password":"a-secret-password"}"#;
    let mut lines = logged(TestPorts::default(), post("/api/auth/login", body)).await;
    let mut ports = signed_in();
    ports.organizations.expect_accessible_to().returning(|_, _| Ok(Vec::new()));
    ports.organizations.expect_any_exists().returning(|| Ok(true));
    lines.extend(logged(ports, signed(get("/api/organizations?cursor=a-secret"))).await);
    let log = lines.concat();
    assert!(!log.contains("a-secret") && !log.contains(TOKEN), "{log}");
}

#[actix_web::test]
async fn the_cause_of_a_failure_is_logged_once_under_the_requests_id() {
    let mut ports = signed_in();
    ports
        .organizations
        .expect_accessible_to()
        .returning(|_, _| Err(StoreError::Failed("disk on fire".to_owned())));
    let lines = logged(ports, signed(get("/api/organizations"))).await;
    let causes: Vec<_> = lines.iter().filter(|line| line.contains("disk on fire")).collect();
    let [line] = causes[..] else { panic!("{lines:?}") };
    assert!(line.contains("ERROR") && line.contains("request_id=\"req-1\""), "{line}");
}
