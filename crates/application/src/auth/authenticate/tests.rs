//! Authenticating: who is let in, and when a use is written down.

use std::sync::Arc;

use chrono::TimeDelta;
use guildhall_domain::{Session, User, UserRole, UserStatus};

use crate::{
    Caller, Error,
    ports::{AccountWithSession, StoreError},
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, account_with_session, at, origin,
        token_hash, user,
    },
};

const WEEK: i64 = 7 * 24 * 3600;

fn ada() -> User {
    user(1, "ada@acme.com", UserRole::User)
}

/// A session that began at the epoch, presented so many seconds later.
fn presenting(found: Option<AccountWithSession>, seconds: i64) -> TestPorts {
    let mut ports = TestPorts { clock: FixedClock(at(seconds)), ..TestPorts::default() };
    ports
        .tokens
        .expect_hash()
        .withf(|presented| presented == "token")
        .times(1)
        .return_once(|_| Some(token_hash(7)));
    ports
        .sessions
        .expect_by_token()
        .withf(|token| *token == token_hash(7))
        .times(1)
        .return_once(move |_| Ok(found));
    ports
}

/// A unit of work that writes down a use at that time.
fn recording(seconds: i64) -> Repositories {
    let mut repositories = Repositories::default();
    repositories
        .sessions
        .expect_record_use()
        .withf(move |session| {
            session.last_used_at == at(seconds)
                && session.expires_at == at(seconds) + TimeDelta::days(7)
        })
        .times(1)
        .return_once(|_| Ok(()));
    repositories
}

async fn authenticate(
    mut ports: TestPorts,
    store: FakeStore,
) -> (Result<Caller, Error>, FakeStore) {
    let store = Arc::new(store);
    ports.store = store.clone();
    let result = ports.into_use_cases().authenticate.execute("token", &origin()).await;
    (result, Arc::into_inner(store).unwrap())
}

#[tokio::test]
async fn a_live_session_tells_who_calls() {
    let found = account_with_session(ada());
    let ports = presenting(Some(found.clone()), 59);
    let (result, store) = authenticate(ports, FakeStore::default()).await;
    let expected = Caller {
        user: ada(),
        organization: Some("Acme".to_owned()),
        session: found.session,
        origin: origin(),
    };
    assert_eq!(result.unwrap(), expected);
    assert_eq!(store.begun(), 0);
}

#[tokio::test]
async fn what_cannot_be_a_token_is_not_looked_for() {
    let mut ports = TestPorts::default();
    ports.tokens.expect_hash().return_once(|_| None);
    let (result, store) = authenticate(ports, FakeStore::default()).await;
    assert!(matches!(result, Err(Error::NotAuthenticated)));
    assert_eq!(store.begun(), 0);
}

#[tokio::test]
async fn dead_tokens_are_refused_and_their_use_is_not_recorded() {
    let live = account_with_session(ada());
    let deactivated = User { status: UserStatus::Deactivated, ..ada() };
    for (case, found, seconds) in [
        ("unknown", None, 100),
        ("deactivated", Some(account_with_session(deactivated)), 100),
        ("expires now", Some(live.clone()), WEEK),
        ("expired long ago", Some(live), 10 * WEEK),
    ] {
        let (result, store) = authenticate(presenting(found, seconds), FakeStore::default()).await;
        assert!(matches!(result, Err(Error::NotAuthenticated)), "{case}");
        assert_eq!(store.begun(), 0, "{case}");
    }
}

#[tokio::test]
async fn a_use_is_recorded_once_a_minute() {
    for seconds in [60, 3600, WEEK - 1] {
        let ports = presenting(Some(account_with_session(ada())), seconds);
        let (result, store) = authenticate(ports, FakeStore::with(recording(seconds))).await;
        let session = result.unwrap().session;
        assert_eq!(session.last_used_at, at(seconds));
        assert_eq!(store.committed(), [vec![]]);
    }
}

#[tokio::test]
async fn no_use_prolongs_a_session_beyond_its_end() {
    let mut found = account_with_session(ada());
    let soon = at(3600) + TimeDelta::days(1);
    found.session = Session { ends_at: soon, ..found.session };
    let mut repositories = Repositories::default();
    repositories
        .sessions
        .expect_record_use()
        .withf(move |session| session.expires_at == soon)
        .times(1)
        .return_once(|_| Ok(()));
    let (result, _) =
        authenticate(presenting(Some(found), 3600), FakeStore::with(repositories)).await;
    assert_eq!(result.unwrap().session.expires_at, soon);
}

#[tokio::test]
async fn a_use_that_cannot_be_recorded_fails_no_request() {
    for failure in [Failure::Begin, Failure::Commit] {
        let prepared = (failure == Failure::Commit).then(|| recording(3600));
        let store = FakeStore::with_each(prepared).failing_at(failure);
        let ports = presenting(Some(account_with_session(ada())), 3600);
        let (result, store) = authenticate(ports, store).await;
        assert_eq!(result.unwrap().user, ada(), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
    let mut repositories = Repositories::default();
    let failed = || StoreError::Failed("disk full".to_owned());
    repositories.sessions.expect_record_use().return_once(move |_| Err(failed()));
    let ports = presenting(Some(account_with_session(ada())), 3600);
    let (result, store) = authenticate(ports, FakeStore::with(repositories)).await;
    assert!(result.is_ok());
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn a_lookup_that_fails_is_no_dead_token() {
    let mut ports = TestPorts::default();
    ports.tokens.expect_hash().return_once(|_| Some(token_hash(7)));
    let away = || StoreError::Unavailable("away".to_owned());
    ports.sessions.expect_by_token().return_once(move |_| Err(away()));
    let (result, _) = authenticate(ports, FakeStore::default()).await;
    assert!(matches!(result, Err(Error::StoreUnavailable(_))));
}
