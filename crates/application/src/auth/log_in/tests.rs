//! Signing in: what is written, what is refused, and that refusals are told
//! apart by nobody.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use guildhall_domain::{Action, AuditActor, Password, Resource, User, UserRole, UserStatus};

use super::LogInCommand;
use crate::{
    Error,
    auth::SignedIn,
    ports::{AccessToken, HashingError, Refusal, StoreError, Verification},
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, account_with_password, at, origin,
        password_hash, session, token_hash, user,
    },
};

fn ada() -> User {
    user(1, "ada@acme.com", UserRole::User)
}

fn deactivated_ada() -> User {
    User { status: UserStatus::Deactivated, ..ada() }
}

fn command() -> LogInCommand {
    LogInCommand {
        email: "Ada@acme.com".parse().unwrap(),
        password: Some(Password::parse("correct horse".to_owned()).unwrap()),
    }
}

/// An hour after the epoch, `found` has the address and the hash `stored`, to
/// which the password compares as `verification`.
fn ports(found: Option<User>, verification: Verification) -> TestPorts {
    let mut ports = TestPorts { clock: FixedClock(at(3600)), ..TestPorts::default() };
    expect_attempt(&mut ports, found.map(|user| (user, "stored")), verification);
    ports.tokens.expect_issue().returning(|| (AccessToken::new("token".into()), token_hash(7)));
    ports
}

/// The next look-up, of an account and its hash, and the comparison that
/// follows.
fn expect_attempt(ports: &mut TestPorts, found: Option<(User, &str)>, verification: Verification) {
    let account = found.map(|(user, hash)| account_with_password(user, hash));
    let hash = account.as_ref().map(|account| account.password.clone());
    ports
        .users
        .expect_by_email()
        .withf(|email| email.key() == "ada@acme.com")
        .times(1)
        .return_once(move |_| Ok(account));
    ports
        .hasher
        .expect_verify()
        .withf(move |password, against| password.expose() == "correct horse" && *against == hash)
        .times(1)
        .return_once(move |_, _| Ok(verification));
}

/// A unit of work in which the account is `current`.
fn locking(current: Option<(User, &'static str)>) -> Repositories {
    let mut repositories = Repositories::default();
    repositories
        .users
        .expect_lock()
        .withf(|id| *id == ada().id)
        .times(1)
        .return_once(move |_| Ok(current.map(|(user, hash)| (user, password_hash(hash)))));
    repositories
}

/// A unit of work in which Ada, whose password has that hash, may sign in.
fn admitting(hash: &'static str) -> Repositories {
    let mut repositories = locking(Some((ada(), hash)));
    repositories
        .users
        .expect_update()
        .withf(|user| *user == User { last_sign_in_at: Some(at(3600)), ..ada() })
        .times(1)
        .return_once(|_| Ok(()));
    repositories
        .sessions
        .expect_insert()
        .withf(|session, token| {
            session.user == ada().id
                && session.created_at == at(3600)
                && session.origin == origin()
                && *token == token_hash(7)
        })
        .times(1)
        .return_once(|_, _| Ok(()));
    repositories
}

async fn log_in(mut ports: TestPorts, store: FakeStore) -> (Result<SignedIn, Error>, FakeStore) {
    let store = Arc::new(store);
    ports.store = store.clone();
    let result = ports.into_use_cases().log_in.execute(&origin(), command()).await;
    (result, Arc::into_inner(store).unwrap())
}

#[tokio::test]
async fn the_right_password_begins_a_session() {
    let ports = ports(Some(ada()), Verification::Match);
    let (result, store) = log_in(ports, FakeStore::with(admitting("stored"))).await;
    let signed_in = result.unwrap();
    assert_eq!(signed_in.token.expose(), "token");
    assert_eq!(signed_in.expires_in, TimeDelta::days(7));
    assert_eq!(signed_in.account.user.last_sign_in_at, Some(at(3600)));
    assert_eq!(store.committed(), [[Action::LoginSucceeded]]);
    let event = &store.events()[0];
    assert_eq!(event.actor, AuditActor::user(&ada()));
    assert!(matches!(event.resource, Resource::Session(_)));
    assert_eq!((&event.origin, event.occurred_at), (&origin(), at(3600)));
    assert!(event.details.is_empty());
}

#[tokio::test]
async fn an_outdated_hash_is_replaced_in_the_same_transaction() {
    let mut ports = ports(Some(ada()), Verification::MatchOutdated);
    ports
        .hasher
        .expect_hash()
        .withf(|password| password.expose() == "correct horse")
        .times(1)
        .return_once(|_| Ok(password_hash("of today")));
    let mut repositories = admitting("stored");
    repositories
        .users
        .expect_set_password()
        .withf(|id, hash| *id == ada().id && *hash == password_hash("of today"))
        .times(1)
        .return_once(|_, _| Ok(()));
    let (result, store) = log_in(ports, FakeStore::with(repositories)).await;
    assert!(result.is_ok());
    assert_eq!(store.committed(), [[Action::LoginSucceeded]]);
    assert_eq!(store.events()[0].details["rehashed"], "true");
}

#[tokio::test]
async fn the_oldest_sessions_make_room_in_the_same_transaction() {
    let mut repositories = admitting("stored");
    let oldest = [session(8, ada().id).id, session(9, ada().id).id];
    repositories
        .sessions
        .expect_trim()
        .withf(|user, keep| (*user, *keep) == (ada().id, 99))
        .times(1)
        .return_once(move |_, _| Ok(oldest.to_vec()));
    let ports = ports(Some(ada()), Verification::Match);
    let (result, store) = log_in(ports, FakeStore::with(repositories)).await;
    assert!(result.is_ok());
    let [ended, succeeded] = [Action::SessionEnded, Action::LoginSucceeded];
    assert_eq!(store.committed(), [[ended, ended, succeeded]]);
    for (event, session) in store.events().iter().zip(oldest) {
        assert_eq!(event.actor, AuditActor::user(&ada()));
        assert_eq!(event.resource, Resource::Session(session));
        assert_eq!(event.details["reason"], "limit");
        assert_eq!((&event.origin, event.occurred_at), (&origin(), at(3600)));
    }
}

#[tokio::test]
async fn every_refusal_is_the_same_answer_and_one_event() {
    let user = Resource::User(ada().id);
    for (found, verification, resource) in [
        (None, Verification::Mismatch, Resource::Installation),
        (Some(ada()), Verification::Mismatch, user),
        (Some(deactivated_ada()), Verification::Match, user),
        (Some(deactivated_ada()), Verification::MatchOutdated, user),
        (Some(deactivated_ada()), Verification::Mismatch, user),
    ] {
        let case = format!("{found:?} {verification:?}");
        let (result, store) = log_in(ports(found, verification), FakeStore::default()).await;
        assert!(matches!(result, Err(Error::InvalidCredentials)), "{case}");
        assert_eq!(store.committed(), [[Action::LoginFailed]], "{case}");
        let event = &store.events()[0];
        assert_eq!((&event.actor, event.resource), (&AuditActor::Anonymous, resource), "{case}");
        assert_eq!(event.details["email"], "Ada@acme.com", "{case}");
        assert_eq!(event.details["reason"], "credentials", "{case}");
        assert_eq!((&event.origin, event.occurred_at), (&origin(), at(3600)), "{case}");
    }
}

#[tokio::test]
async fn a_text_that_is_nobodys_password_is_refused_without_hashing() {
    let mut ports = TestPorts::default();
    ports.users.expect_by_email().return_once(|_| Ok(Some(account_with_password(ada(), "stored"))));
    let store = ports.store.clone();
    let command = LogInCommand { password: None, ..command() };
    let result = ports.into_use_cases().log_in.execute(&origin(), command).await;
    assert!(matches!(result, Err(Error::InvalidCredentials)));
    assert_eq!(store.committed(), [[Action::LoginFailed]]);
}

#[tokio::test]
async fn an_account_that_ended_while_hashing_is_refused_and_recorded() {
    for current in [Some((deactivated_ada(), "stored")), Some((deactivated_ada(), "new")), None] {
        let case = format!("{current:?}");
        let ports = ports(Some(ada()), Verification::Match);
        let (result, store) = log_in(ports, FakeStore::with(locking(current))).await;
        assert!(matches!(result, Err(Error::InvalidCredentials)), "{case}");
        assert_eq!(store.committed(), [[Action::LoginFailed]], "{case}");
        assert_eq!(store.events()[0].resource, Resource::User(ada().id), "{case}");
    }
}

#[tokio::test]
async fn a_hash_that_was_replaced_meanwhile_is_compared_once_more() {
    let mut ports = ports(Some(ada()), Verification::Match);
    expect_attempt(&mut ports, Some((ada(), "new")), Verification::Match);
    let store = FakeStore::with_each([locking(Some((ada(), "new"))), admitting("new")]);
    let (result, store) = log_in(ports, store).await;
    assert_eq!(result.unwrap().token.expose(), "token");
    assert_eq!(store.committed(), [[Action::LoginSucceeded]]);
}

#[tokio::test]
async fn a_password_that_was_changed_meanwhile_is_wrong() {
    let mut ports = ports(Some(ada()), Verification::Match);
    expect_attempt(&mut ports, Some((ada(), "new")), Verification::Mismatch);
    let (result, store) = log_in(ports, FakeStore::with(locking(Some((ada(), "new"))))).await;
    assert!(matches!(result, Err(Error::InvalidCredentials)));
    assert_eq!(store.committed(), [[Action::LoginFailed]]);
}

#[tokio::test]
async fn a_hash_that_is_replaced_time_and_again_is_refused_and_recorded() {
    let mut ports = ports(Some(ada()), Verification::Match);
    expect_attempt(&mut ports, Some((ada(), "new")), Verification::Match);
    let store = FakeStore::with_each(["new", "newer"].map(|hash| locking(Some((ada(), hash)))));
    let (result, store) = log_in(ports, store).await;
    assert!(matches!(result, Err(Error::InvalidCredentials)));
    assert_eq!(store.committed(), [[Action::LoginFailed]]);
    assert_eq!(store.events()[0].resource, Resource::User(ada().id));
}

/// A throttle that refuses.
fn throttled(is_first: bool) -> TestPorts {
    let mut ports = TestPorts { clock: FixedClock(at(3600)), ..TestPorts::default() };
    ports
        .throttle
        .expect_admit()
        .withf(|address, account| {
            *address == origin().ip_address
                && account.is_some_and(|email| email.key() == "ada@acme.com")
        })
        .times(1)
        .return_once(move |_, _| Err(Refusal { retry_after: Duration::from_secs(9), is_first }));
    ports
}

fn assert_throttled(result: &Result<SignedIn, Error>) {
    assert!(
        matches!(result, Err(Error::TooManyAttempts { retry_after }) if retry_after.as_secs() == 9)
    );
}

#[tokio::test]
async fn the_throttle_comes_before_any_work() {
    let (result, store) = log_in(throttled(false), FakeStore::default()).await;
    assert_throttled(&result);
    assert_eq!(store.begun(), 0);
}

#[tokio::test]
async fn the_first_refusal_of_the_throttle_is_recorded() {
    let (result, store) = log_in(throttled(true), FakeStore::default()).await;
    assert_throttled(&result);
    assert_eq!(store.committed(), [[Action::LoginFailed]]);
    let event = &store.events()[0];
    assert_eq!((&event.actor, event.resource), (&AuditActor::Anonymous, Resource::Installation));
    assert_eq!(event.details["email"], "Ada@acme.com");
    assert_eq!(event.details["reason"], "throttled");
    assert_eq!((&event.origin, event.occurred_at), (&origin(), at(3600)));
}

#[tokio::test]
async fn a_hasher_that_gives_up_leaves_no_trace() {
    let mut ports = TestPorts::default();
    ports.users.expect_by_email().return_once(|_| Ok(None));
    ports.hasher.expect_verify().return_once(|_, _| Err(HashingError::Overloaded));
    let (result, store) = log_in(ports, FakeStore::default()).await;
    assert!(matches!(result, Err(Error::Overloaded)));
    assert_eq!(store.begun(), 0);
}

#[tokio::test]
async fn hashing_anew_keeps_no_transaction_waiting() {
    let mut ports = ports(Some(ada()), Verification::MatchOutdated);
    ports.hasher.expect_hash().return_once(|_| Err(HashingError::Overloaded));
    let (result, store) = log_in(ports, FakeStore::default()).await;
    assert!(matches!(result, Err(Error::Overloaded)));
    assert_eq!(store.begun(), 0);
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    for failure in Failure::ALL {
        for verification in [Verification::Match, Verification::Mismatch] {
            let prepared = match (failure, verification) {
                (Failure::Append | Failure::Commit, Verification::Match) => {
                    vec![admitting("stored")]
                }
                _ => Vec::new(),
            };
            let store = FakeStore::with_each(prepared).failing_at(failure);
            let (result, store) = log_in(ports(Some(ada()), verification), store).await;
            let case = format!("{failure:?} {verification:?}");
            assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{case}");
            assert!(store.committed().is_empty(), "{case}");
        }
    }
}

#[tokio::test]
async fn a_session_that_cannot_be_stored_signs_nobody_in() {
    let mut repositories = locking(Some((ada(), "stored")));
    repositories.users.expect_update().return_once(|_| Ok(()));
    let failed = || StoreError::Failed("disk full".to_owned());
    repositories.sessions.expect_insert().return_once(move |_, _| Err(failed()));
    let ports = ports(Some(ada()), Verification::Match);
    let (result, store) = log_in(ports, FakeStore::with(repositories)).await;
    assert!(matches!(result, Err(Error::Internal(_))));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn a_failing_lookup_is_no_wrong_password() {
    let mut ports = TestPorts::default();
    let away = || StoreError::Unavailable("away".to_owned());
    ports.users.expect_by_email().return_once(move |_| Err(away()));
    let (result, store) = log_in(ports, FakeStore::default()).await;
    assert!(matches!(result, Err(Error::StoreUnavailable(_))));
    assert_eq!(store.begun(), 0);
}
