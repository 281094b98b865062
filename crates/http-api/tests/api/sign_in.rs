//! Registering, signing in and out, sessions and passwords.

use std::{sync::Arc, time::Duration};

use guildhall_application::{
    ports::{AccountWithPassword, Addition, Insertion, MockSignInThrottle, Refusal, Verification},
    testing::{FakeStore, Repositories, TestPorts, session},
};
use guildhall_domain::{Action, SessionId, UserRole};
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    TOKEN, account, get, password_hash, post, request, send, signed, signed_in, signed_in_with,
    tokens,
};

const REGISTER: &str = r#"{"email":"john@acme.com","password":"correct horse battery staple",
    "name":"John Doe","organization":"Acme Corporation"}"#;
const LOG_IN: &str = r#"{"email":"john@acme.com","password":"correct horse battery staple"}"#;
const CHANGE_PASSWORD: &str = r#"{"current_password":"correct horse battery staple",
    "new_password":"staple battery horse correct"}"#;

fn session_id(number: u128) -> SessionId {
    SessionId::new(Uuid::from_u128(number))
}

/// Ports in which nobody has an account and Acme Corporation does not exist.
fn empty() -> TestPorts {
    let mut work = Repositories::default();
    work.users.expect_insert().returning(|_, _| Ok(Insertion::Inserted));
    work.users.expect_update().returning(|_| Ok(()));
    work.organizations.expect_find_by_name().returning(|_| Ok(None));
    work.organizations.expect_domain_is_taken().returning(|_| Ok(false));
    work.organizations.expect_insert().returning(|_| Ok(Insertion::Inserted));
    work.memberships.expect_insert().returning(|_, _| Ok(Addition::Added));
    work.sessions.expect_insert().returning(|_, _| Ok(()));
    let mut ports = TestPorts {
        tokens: tokens(),
        store: Arc::new(FakeStore::with(work)),
        ..TestPorts::default()
    };
    ports.users.expect_by_email().returning(|_| Ok(None));
    ports.hasher.expect_hash().returning(|_| Ok(password_hash()));
    ports
}

/// Ports in which `john@acme.com` has an account, and what is found of the
/// password.
fn with_account(verification: Verification) -> TestPorts {
    let mut work = Repositories::default();
    work.users
        .expect_lock()
        .returning(|_| Ok(Some((account(UserRole::User).user, password_hash()))));
    work.users.expect_update().returning(|_| Ok(()));
    work.sessions.expect_insert().returning(|_, _| Ok(()));
    let mut ports = TestPorts {
        tokens: tokens(),
        store: Arc::new(FakeStore::with(work)),
        ..TestPorts::default()
    };
    ports.users.expect_by_email().returning(|_| {
        let (account, password) = (account(UserRole::User), password_hash());
        Ok(Some(AccountWithPassword { account, password }))
    });
    ports.hasher.expect_verify().returning(move |_, _| Ok(verification));
    ports
}

fn impatient() -> MockSignInThrottle {
    let mut throttle = MockSignInThrottle::new();
    let refusal = Refusal { retry_after: Duration::from_millis(41_001), is_first: true };
    throttle.expect_admit().returning(move |_, _| Err(refusal));
    throttle
}

#[actix_web::test]
async fn registering_signs_in() {
    let answer = send(empty(), post("/api/auth/register", REGISTER)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.body.starts_with(&format!(
        r#"{{"access_token":"{TOKEN}","token_type":"bearer","expires_in":604800,"user":{{"id":"user-"#
    )));
    let user = &answer.json()["user"];
    assert_eq!(user["email"], "john@acme.com");
    assert_eq!(user["organization"], "Acme Corporation");
    assert_eq!(user["role"], "user");
}

#[actix_web::test]
async fn registering_is_refused_with_a_reason() {
    let taken = send(with_account(Verification::Match), post("/api/auth/register", REGISTER)).await;
    taken.assert_problem(409, "email-taken");

    let mut closed = empty();
    closed.settings.registration = guildhall_domain::RegistrationMode::Invited;
    let closed = send(closed, post("/api/auth/register", REGISTER)).await;
    closed.assert_problem(403, "registration-closed");

    let throttled = TestPorts { throttle: impatient(), ..empty() };
    let throttled = send(throttled, post("/api/auth/register", REGISTER)).await;
    throttled.assert_problem(429, "too-many-attempts");
    assert_eq!(throttled.header("retry-after"), Some("42"));
}

#[actix_web::test]
async fn an_organization_of_others_stays_closed() {
    let mut work = Repositories::default();
    work.users.expect_insert().returning(|_, _| Ok(Insertion::Inserted));
    work.sessions.expect_insert().returning(|_, _| Ok(()));
    work.organizations.expect_find_by_name().returning(|name| {
        let id = guildhall_domain::OrganizationId::new(Uuid::from_u128(9));
        let now = guildhall_domain::Timestamp::UNIX_EPOCH;
        Ok(Some(guildhall_domain::Organization::new(id, name.clone(), None, now)))
    });
    let ports = TestPorts { store: Arc::new(FakeStore::with(work)), ..empty() };
    let store = ports.store.clone();
    let answer = send(ports, post("/api/auth/register", REGISTER)).await;
    answer.assert_problem(409, "organization-name-taken");
    assert!(store.committed().is_empty());
}

#[actix_web::test]
async fn logging_in_answers_like_registering() {
    let answer = send(with_account(Verification::Match), post("/api/auth/login", LOG_IN)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let signed_in = answer.json();
    assert_eq!(signed_in["access_token"], TOKEN);
    assert_eq!(signed_in["token_type"], "bearer");
    assert_eq!(signed_in["expires_in"], 604_800);
    assert_eq!(signed_in["user"]["id"], "user-00000000-0000-0000-0000-000000000001");
}

#[actix_web::test]
async fn every_wrong_credential_is_the_same_401() {
    let unknown = || {
        let mut ports = empty();
        ports.hasher.expect_verify().returning(|_, _| Ok(Verification::Mismatch));
        ports
    };
    let short = r#"{"email":"john@acme.com","password":""}"#;
    let long = format!(r#"{{"email":"john@acme.com","password":"{}"}}"#, "x".repeat(10_000));
    for (ports, body) in [
        (with_account(Verification::Mismatch), LOG_IN),
        (unknown(), LOG_IN),
        (with_account(Verification::Match), short),
        (with_account(Verification::Match), &long),
    ] {
        let store = ports.store.clone();
        let answer = send(ports, post("/api/auth/login", body.to_owned())).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.body, r#"{"detail":"Invalid credentials"}"#);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        assert_eq!(store.committed(), [[Action::LoginFailed]]);
    }
}

#[actix_web::test]
async fn logging_out_ends_the_session() {
    let mut work = Repositories::default();
    work.sessions.expect_remove().times(1).returning(|_, _| Ok(true));
    let answer = send(signed_in_with(work), signed(request("POST", "/api/auth/logout"))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, r#"{"message":"Logged out successfully"}"#);
}

#[actix_web::test]
async fn logging_out_twice_at_once_is_a_401() {
    let mut work = Repositories::default();
    work.sessions.expect_remove().returning(|_, _| Ok(false));
    let answer = send(signed_in_with(work), signed(request("POST", "/api/auth/logout"))).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.body, r#"{"detail":"Not authenticated"}"#);
}

#[actix_web::test]
async fn sessions_are_listed_with_the_one_in_use_marked() {
    let mut ports = signed_in();
    ports
        .sessions
        .expect_live_of()
        .returning(|user, _| Ok(vec![session(3, user), session(2, user)]));
    let answer = send(ports, signed(get("/api/auth/sessions"))).await;
    assert_eq!(answer.status, 200);
    let item = |id, current| {
        json!({
            "id": id,
            "created_at": "1970-01-01T00:00:00.000Z",
            "last_used_at": "1970-01-01T00:00:00.000Z",
            "expires_at": "1970-01-08T00:00:00.000Z",
            "ip_address": "192.0.2.1",
            "user_agent": "test",
            "current": current,
        })
    };
    let (other, own) = (session_id(3).to_string(), session_id(2).to_string());
    assert_eq!(answer.json(), json!([item(other, false), item(own, true)]));
}

#[actix_web::test]
async fn one_session_is_ended() {
    let path = format!("/api/auth/sessions/{}", session_id(3));
    let bare = "/api/auth/sessions/00000000-0000-0000-0000-000000000003".to_owned();
    for path in [path, bare] {
        let mut work = Repositories::default();
        work.sessions
            .expect_remove()
            .withf(|_, session| *session == session_id(3))
            .returning(|_, _| Ok(true));
        let answer = send(signed_in_with(work), signed(request("DELETE", &path))).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""));
    }
}

#[actix_web::test]
async fn a_session_that_is_not_the_callers_is_not_found() {
    for id in [&session_id(9).to_string(), "user-00000000-0000-0000-0000-000000000003", "x", "%00"]
    {
        let mut work = Repositories::default();
        work.sessions.expect_remove().returning(|_, _| Ok(false));
        let path = format!("/api/auth/sessions/{id}");
        let answer = send(signed_in_with(work), signed(request("DELETE", &path))).await;
        answer.assert_problem(404, "not-found");
    }
}

#[actix_web::test]
async fn all_other_sessions_are_ended() {
    let mut work = Repositories::default();
    work.sessions
        .expect_remove_others()
        .withf(|_, keep| *keep == session_id(2))
        .returning(|_, _| Ok(vec![session_id(3), session_id(4)]));
    let answer = send(signed_in_with(work), signed(request("DELETE", "/api/auth/sessions"))).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, r#"{"ended":2}"#));
}

#[actix_web::test]
async fn a_password_is_changed() {
    let mut work = Repositories::default();
    let found = || (account(UserRole::User).user, password_hash());
    work.users.expect_lock().returning(move |_| Ok(Some(found())));
    work.users.expect_set_password().times(1).returning(|_, _| Ok(()));
    work.sessions.expect_remove_others().times(1).returning(|_, _| Ok(Vec::new()));
    let mut ports = signed_in_with(work);
    ports.users.expect_password_of().returning(|_| Ok(Some(password_hash())));
    ports.hasher.expect_verify().returning(|_, _| Ok(Verification::Match));
    ports.hasher.expect_hash().returning(|_| Ok(password_hash()));
    let answer = send(ports, signed(post("/api/auth/password", CHANGE_PASSWORD))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body, r#"{"message":"Password changed successfully"}"#);
}

#[actix_web::test]
async fn a_wrong_current_password_is_a_fault_of_its_field() {
    let mut ports = signed_in();
    ports.users.expect_password_of().returning(|_| Ok(Some(password_hash())));
    ports.hasher.expect_verify().returning(|_, _| Ok(Verification::Mismatch));
    let answer = send(ports, signed(post("/api/auth/password", CHANGE_PASSWORD))).await;
    answer.assert_problem(422, "invalid-request");
    assert_eq!(answer.fault_places(), ["/current_password"]);
}
