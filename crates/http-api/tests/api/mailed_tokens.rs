//! Verifying addresses and setting forgotten passwords, with tokens from mail.

use std::{sync::Arc, time::Duration};

use guildhall_application::{
    ports::{MailSubject, MockSignInThrottle, Refusal},
    testing::{FakeStore, Repositories, TestPorts},
};
use guildhall_domain::UserRole;
use serde_json::json;

use crate::support::{
    Answer, TOKEN, account, password_hash, post, request, send, signed, signed_in, signed_in_with,
    tokens,
};

const FORGOT: &str = "/api/auth/password/forgot";
const RESET: &str = "/api/auth/password/reset";
const VERIFY: &str = "/api/auth/email/verify";
const ASK: &str = "/api/auth/email/verification";
const PASSWORD: &str = "staple battery horse correct";

/// A unit of work in which [`TOKEN`] is good or not.
fn work(is_good: bool) -> Repositories {
    let mut work = Repositories::default();
    let user = account(UserRole::User).user;
    let owner = is_good.then_some(user.id);
    work.one_time_tokens.expect_take().returning(move |_, _, _| Ok(owner));
    work.users.expect_lock().returning(move |_| Ok(Some((user.clone(), password_hash()))));
    work.users.expect_set_password().returning(|_, _| Ok(()));
    work.users.expect_update().returning(|_| Ok(()));
    work.sessions.expect_remove_all().returning(|_| Ok(2));
    work
}

/// What presenting a token comes to; it is looked at twice.
async fn present(path: &str, body: &serde_json::Value, is_good: bool) -> Answer {
    let store = Arc::new(FakeStore::with_each([work(is_good), work(is_good)]));
    let mut ports = TestPorts { store, tokens: tokens(), ..TestPorts::default() };
    ports.hasher.expect_hash().returning(|_| Ok(password_hash()));
    send(ports, post(path, body.to_string())).await
}

fn queue(subject: impl Fn(&MailSubject) -> bool + Send + 'static) -> Repositories {
    let mut work = Repositories::default();
    work.mail_queue
        .expect_enqueue()
        .times(1)
        .withf(move |jobs| jobs.iter().all(|job| subject(&job.subject)) && jobs.len() == 1)
        .returning(|_| Ok(()));
    work
}

fn impatient() -> MockSignInThrottle {
    let mut throttle = MockSignInThrottle::new();
    let refusal = Refusal { retry_after: Duration::from_secs(7), is_first: false };
    throttle.expect_admit().returning(move |_, _| Err(refusal));
    throttle
}

#[actix_web::test]
async fn a_token_from_mail_is_taken_or_is_a_fault() {
    let bodies = [
        (VERIFY, json!({ "token": TOKEN })),
        (RESET, json!({ "token": TOKEN, "password": PASSWORD })),
    ];
    for (path, body) in bodies {
        let answer = present(path, &body, true).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""), "{answer:?}");
        let answer = present(path, &body, false).await;
        answer.assert_problem(422, "invalid-request");
        assert_eq!(answer.fault_places(), ["/token"]);
        let mut malformed = body.clone();
        malformed["token"] = "no token".into();
        assert_eq!(present(path, &malformed, true).await.body.len(), answer.body.len());
        malformed["token"] = 7.into();
        malformed["x"] = 7.into();
        let mut places = present(path, &malformed, true).await.fault_places();
        places.sort();
        assert_eq!(places, ["/token", "/x"]);
    }
}

#[actix_web::test]
async fn a_new_password_is_as_good_as_any() {
    for password in ["short", "password", "john@acme.com"] {
        let answer = present(RESET, &json!({ "token": TOKEN, "password": password }), true).await;
        answer.assert_problem(422, "invalid-request");
        assert_eq!(answer.fault_places(), ["/password"], "{password}");
    }
    let throttled = TestPorts { throttle: impatient(), tokens: tokens(), ..TestPorts::default() };
    let body = json!({ "token": TOKEN, "password": PASSWORD }).to_string();
    let answer = send(throttled, post(RESET, body)).await;
    answer.assert_problem(429, "too-many-attempts");
    assert_eq!(answer.header("retry-after"), Some("7"));
}

#[actix_web::test]
async fn whoever_forgot_is_sent_a_mail_if_they_have_an_account() {
    let body = r#"{"email":"Who@Acme.com"}"#;
    let work =
        queue(|subject| *subject == MailSubject::PasswordReset("who@acme.com".parse().unwrap()));
    let ports = TestPorts { store: Arc::new(FakeStore::with(work)), ..TestPorts::default() };
    let answer = send(ports, post(FORGOT, body)).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (202, ""), "{answer:?}");

    let throttled = TestPorts { throttle: impatient(), ..TestPorts::default() };
    send(throttled, post(FORGOT, body)).await.assert_problem(429, "too-many-attempts");
    let mut mute = TestPorts::default();
    mute.settings.sends_mail = false;
    send(mute, post(FORGOT, body)).await.assert_problem(501, "mail-not-configured");
    let answer = send(TestPorts::default(), post(FORGOT, r#"{"email":"x","y":1}"#)).await;
    let mut places = answer.fault_places();
    places.sort();
    assert_eq!(places, ["/email", "/y"]);
}

#[actix_web::test]
async fn whoever_is_signed_in_asks_for_the_mail_that_verifies() {
    let ask = || signed(request("POST", ASK));
    let john = account(UserRole::User).user.id;
    let work = queue(move |subject| *subject == MailSubject::EmailVerification(john));
    let answer = send(signed_in_with(work), ask()).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (202, ""), "{answer:?}");

    let throttled = TestPorts { throttle: impatient(), ..signed_in() };
    send(throttled, ask()).await.assert_problem(429, "too-many-attempts");
    let mut mute = signed_in();
    mute.settings.sends_mail = false;
    send(mute, ask()).await.assert_problem(501, "mail-not-configured");
    assert_eq!(send(signed_in(), request("POST", ASK)).await.status, 401);
}
