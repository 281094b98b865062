//! What is sent again, and when.

use std::time::{Duration, Instant};

use guildhall_client::{Credentials, Error, NewOrganization, OrganizationPatch};

use crate::server::{BROKEN, Server, answer, header};

const INFO: &str = r#"{"message": "Guildhall API", "version": "0.1.0"}"#;

fn away(headers: &str) -> String {
    let body = r#"{"type": "/problems/store-unavailable", "detail": "…"}"#;
    answer(503, headers, body)
}

#[tokio::test]
async fn an_attempt_is_made_again_after_the_wait_that_is_asked_for() {
    let busy = answer(429, "Retry-After: 1\r\n", "{}");
    let server = Server::answering([&busy, BROKEN, &answer(200, "", INFO)]).await;
    let began = Instant::now();
    server.client().service().info().await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(1_000 + 400), "{:?}", began.elapsed());
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn attempts_are_bounded() {
    let away = away("Retry-After: 0\r\n");
    for retries in [0, 1, 2] {
        let server = Server::answering([away.as_str(); 3]).await;
        let client = server.builder().retries(retries).build().unwrap();
        let error = client.service().info().await.unwrap_err();
        assert_eq!(error.kind(), Some("store-unavailable"));
        assert_eq!(server.requests().len(), 1 + retries as usize);
    }
}

#[tokio::test]
async fn who_asks_to_be_left_alone_for_long_is() {
    let server = Server::answering([&away("Retry-After: 31\r\n")]).await;
    let error = server.client().service().info().await.unwrap_err();
    assert_eq!(error.problem().unwrap().retry_after, Some(Duration::from_secs(31)));
}

#[tokio::test]
async fn a_creation_is_tried_again_with_the_same_key() {
    let created = answer(201, "", include_str!("organization.json"));
    let server = Server::answering([BROKEN, &away("Retry-After: 0\r\n"), &created]).await;
    let client = server.client();
    client.organizations().create(&NewOrganization::new("Acme"), None).await.unwrap();
    let requests = server.requests();
    let keys: Vec<_> =
        requests.iter().map(|request| header(request, "idempotency-key").unwrap()).collect();
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[tokio::test]
async fn what_may_not_be_done_twice_is_sent_once() {
    let server = Server::answering([BROKEN, BROKEN, &away("Retry-After: 0\r\n")]).await;
    let client = server.client();
    let credentials = Credentials::new("ada@acme.com", "secret");
    let error = client.auth().login(&credentials).await.unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
    let patch = OrganizationPatch::default();
    client.organization(&"org-1".into()).patch(&patch, None).await.unwrap_err();
    client.service().readiness().await.unwrap_err();
    assert_eq!(
        server.addresses(),
        ["POST /api/auth/login", "PATCH /api/organizations/org-1", "GET /readyz"]
    );
}
