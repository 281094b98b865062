//! Who is let in, and that nobody else learns anything.

use chrono::TimeDelta;
use guildhall_application::{
    ports::{AccountWithSession, StoreError},
    testing::{FixedClock, TestPorts},
};
use guildhall_domain::{Timestamp, UserRole, UserStatus};
use guildhall_http_api::routes::{Access, ENDPOINTS};

use crate::support::{Answer, account, get, post, request, send, signed, signed_in, tokens};

fn assert_not_authenticated(answer: &Answer, challenge: &str) {
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(answer.body, r#"{"detail":"Not authenticated"}"#);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.header("www-authenticate"), Some(challenge), "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

const INVALID: &str = "Bearer error=\"invalid_token\"";

#[actix_web::test]
async fn every_bad_token_is_the_same_401() {
    let long = format!("Bearer {}", "x".repeat(10_000));
    for (authorization, challenge) in [
        (&[][..], "Bearer"),
        (&[&b""[..]], "Bearer"),
        (&[b"Basic am9objpzZWNyZXQ="], "Bearer"),
        (&[b"Bearer"], "Bearer"),
        (&[b"Bearer "], "Bearer"),
        (&[b"Bearer garbage"], INVALID),
        (&[b"Bearer two words"], INVALID),
        (&[b"bEARER good-token2"], INVALID),
        (&[long.as_bytes()], INVALID),
        (&[b"Bearer \xc3\x28"], INVALID),
        (&[b"Bearer good-token", b"Bearer good-token"], INVALID),
    ] {
        let mut request = get("/api/auth/me");
        for value in authorization {
            let value = actix_web::http::header::HeaderValue::from_bytes(value).unwrap();
            request = request.append_header(("Authorization", value));
        }
        assert_not_authenticated(&send(signed_in(), request).await, challenge);
    }
}

#[actix_web::test]
async fn sessions_that_ended_and_accounts_that_are_closed_are_the_same_401() {
    let with = |change: fn(&mut AccountWithSession)| {
        let mut ports = TestPorts { tokens: tokens(), ..TestPorts::default() };
        ports.clock = FixedClock(Timestamp::UNIX_EPOCH + TimeDelta::seconds(1));
        ports.sessions.expect_by_token().returning(move |_| {
            let account = account(UserRole::User);
            let session = guildhall_application::testing::session(2, account.user.id);
            let mut found = AccountWithSession { account, session };
            change(&mut found);
            Ok(Some(found))
        });
        ports
    };
    let expired: fn(&mut AccountWithSession) =
        |found| found.session.expires_at = Timestamp::UNIX_EPOCH;
    let closed: fn(&mut AccountWithSession) =
        |found| found.account.user.status = UserStatus::Deactivated;
    for change in [expired, closed] {
        let answer = send(with(change), signed(get("/api/auth/me"))).await;
        assert_not_authenticated(&answer, INVALID);
    }
}

#[actix_web::test]
async fn every_endpoint_for_signed_in_callers_refuses_others_before_it_reads_anything() {
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.access == Access::SignedIn) {
        let path = endpoint.path.replace(['{', '}'], "");
        for query in ["", "?limit=0"] {
            let request = request(endpoint.method.as_str(), &format!("{path}{query}"))
                .insert_header(("Content-Type", "text/plain"))
                .set_payload("x".repeat(2 * 1024 * 1024));
            let answer = send(TestPorts::default(), request).await;
            assert_not_authenticated(&answer, "Bearer");
        }
    }
}

#[actix_web::test]
async fn the_scheme_is_taken_in_any_case() {
    let request = get("/api/auth/me").insert_header(("Authorization", "bEaReR good-token"));
    assert_eq!(send(signed_in(), request).await.status, 200);
}

#[actix_web::test]
async fn me_is_the_user_model() {
    let answer = send(signed_in(), signed(get("/api/auth/me"))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(
        answer.body,
        r#"{"id":"user-00000000-0000-0000-0000-000000000001","email":"john@acme.com","name":"Ada Lovelace","organization":"Acme Corporation","role":"user","mfa_enabled":false,"created_at":"1970-01-01T00:00:00.000Z"}"#
    );
}

#[actix_web::test]
async fn a_store_that_is_away_is_no_401() {
    let mut ports = TestPorts { tokens: tokens(), ..TestPorts::default() };
    let away = || StoreError::Unavailable("10.1.2.3 refused".to_owned());
    ports.sessions.expect_by_token().returning(move |_| Err(away()));
    let answer = send(ports, signed(get("/api/auth/me"))).await;
    answer.assert_problem(503, "store-unavailable");
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert!(!answer.body.contains("10.1.2.3"), "{answer:?}");
}

#[actix_web::test]
async fn a_token_in_the_body_or_the_query_is_not_taken() {
    let answer = send(signed_in(), get("/api/auth/me?access_token=good-token")).await;
    assert_not_authenticated(&answer, "Bearer");
    let answer = send(signed_in(), post("/api/auth/logout", "access_token=good-token")).await;
    assert_not_authenticated(&answer, "Bearer");
}
