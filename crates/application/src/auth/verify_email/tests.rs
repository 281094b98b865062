//! Verifying addresses: who is asked to, what is sent, and which token is good.

use std::{sync::Arc, time::Duration};

use guildhall_domain::{Action, AuditActor, Resource, User, UserRole};

use crate::{
    Caller, Error,
    auth::presented_token::{self, ports},
    ports::{MailSubject, Purpose, Refusal},
    testing::{Failure, FakeStore, Repositories, TestPorts, at, caller, origin},
};

fn ada() -> User {
    caller(UserRole::User).user
}

fn verified() -> User {
    User { email_verified_at: Some(at(1)), ..ada() }
}

async fn verify(store: FakeStore, token: &str) -> (Result<(), Error>, Arc<FakeStore>) {
    let (ports, store) = ports(store);
    (ports.into_use_cases().verify_email.execute(&origin(), token).await, store)
}

/// A unit of work in which the token is that user's.
fn taking(taken: Option<User>) -> Repositories {
    presented_token::taking(Purpose::EmailVerification, taken)
}

fn verifying() -> Repositories {
    let mut repositories = taking(Some(ada()));
    let expected =
        User { email_verified_at: Some(at(60)), updated_at: at(60), version: 2, ..ada() };
    repositories
        .users
        .expect_update()
        .withf(move |user| *user == expected)
        .times(1)
        .return_once(|_| Ok(()));
    repositories
}

fn is_bad_token(result: &Result<(), Error>) -> bool {
    matches!(result, Err(Error::Invalid(faults)) if faults.len() == 1 && faults[0].pointer == "/token")
}

#[tokio::test]
async fn a_token_proves_the_address() {
    let (result, store) = verify(FakeStore::with(verifying()), "token").await;
    assert!(result.is_ok());
    assert_eq!(store.committed(), [[Action::EmailVerified]]);
    let event = &store.events()[0];
    assert_eq!(event.actor, AuditActor::user(&ada()));
    assert_eq!((event.resource, event.organization), (Resource::User(ada().id), None));
    assert_eq!((&event.origin, event.occurred_at), (&origin(), at(60)));
}

#[tokio::test]
async fn a_proof_of_what_is_proven_uses_the_token_up() {
    let (result, store) = verify(FakeStore::with(taking(Some(verified()))), "token").await;
    assert!(result.is_ok());
    assert_eq!(store.committed(), [[]]);
}

#[tokio::test]
async fn a_token_that_is_good_for_nothing_is_a_fault() {
    let mut of_nobody = Repositories::default();
    of_nobody.users.expect_lock().return_once(|_| Ok(None));
    of_nobody.one_time_tokens.expect_take().return_once(|_, _, _| Ok(Some(ada().id)));
    let unpresentable = FakeStore::default();
    let cases = [
        (FakeStore::with(taking(None)), "token"),
        (FakeStore::with(of_nobody), "token"),
        (unpresentable, "no token"),
    ];
    for (store, token) in cases {
        let (result, store) = verify(store, token).await;
        assert!(is_bad_token(&result), "{result:?}");
        assert!(store.committed().is_empty());
    }
}

#[tokio::test]
async fn a_store_out_of_reach_uses_no_token_up() {
    for failure in Failure::ALL {
        let prepared = (failure != Failure::Begin).then(verifying);
        let store = FakeStore::with_each(prepared).failing_at(failure);
        let (result, store) = verify(store, "token").await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
}

#[tokio::test]
async fn only_those_who_have_not_proven_it_are_kept_out() {
    for (asked, user, passes) in [
        (false, ada(), true),
        (false, verified(), true),
        (true, verified(), true),
        (true, ada(), false),
    ] {
        let mut ports = TestPorts::default();
        ports.settings.email_verification = asked;
        let caller = Caller { user, ..caller(UserRole::User) };
        let result = ports.into_use_cases().verify_email.require(&caller);
        if passes {
            assert!(result.is_ok());
        } else {
            assert!(matches!(result, Err(Error::EmailNotVerified)));
        }
    }
}

/// A unit of work in which a mail to the caller is queued.
fn queueing() -> Repositories {
    let mut repositories = Repositories::default();
    repositories
        .mail_queue
        .expect_enqueue()
        .withf(|jobs| {
            let [job] = jobs else { return false };
            job.subject == MailSubject::EmailVerification(ada().id)
                && (job.attempts, job.queued_at) == (0, at(60))
        })
        .times(1)
        .return_once(|_| Ok(()));
    repositories
}

#[tokio::test]
async fn a_mail_is_queued_for_the_caller() {
    let (mut ports, store) = ports(FakeStore::with(queueing()));
    ports
        .throttle
        .expect_admit()
        .withf(|address, account| {
            *address == origin().ip_address
                && account.is_some_and(|account| *account == ada().email)
        })
        .times(1)
        .return_once(|_, _| Ok(()));
    let verify_email = ports.into_use_cases().verify_email;
    verify_email.request(&caller(UserRole::User)).await.unwrap();
    assert_eq!(store.committed(), [[]]);
}

#[tokio::test]
async fn no_mail_is_queued_that_would_be_of_no_use() {
    for (sends_mail, user, is_refused) in [(true, verified(), false), (false, ada(), true)] {
        let (mut ports, store) = ports(FakeStore::default());
        ports.settings.sends_mail = sends_mail;
        let caller = Caller { user, ..caller(UserRole::User) };
        let result = ports.into_use_cases().verify_email.request(&caller).await;
        assert_eq!(matches!(result, Err(Error::MailNotConfigured)), is_refused);
        assert_eq!(result.is_ok(), !is_refused);
        assert_eq!(store.begun(), 0);
    }
}

#[tokio::test]
async fn mail_is_throttled() {
    let (mut ports, store) = ports(FakeStore::default());
    let refusal = Refusal { retry_after: Duration::from_secs(9), is_first: true };
    ports.throttle.expect_admit().times(1).return_once(move |_, _| Err(refusal));
    let result = ports.into_use_cases().verify_email.request(&caller(UserRole::User)).await;
    let Err(Error::TooManyAttempts { retry_after }) = result else { panic!("{result:?}") };
    assert_eq!(retry_after, refusal.retry_after);
    assert_eq!(store.begun(), 0);
}
