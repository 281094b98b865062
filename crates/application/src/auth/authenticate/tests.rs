//! Authenticating: who is let in, and when a use is written down.

use std::sync::Arc;

use chrono::TimeDelta;
use guildhall_domain::{Session, Timestamp, User, UserRole, UserStatus};

use crate::{
    Caller, Error,
    ports::{AccountWithSession, StoreError},
    testing::{
        FakeStore, FixedClock, Repositories, TestPorts, account_with_session, at, origin,
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

/// A unit of work that writes down one use, at that time, by which the session lives until
/// then.
fn recording(last_used_at: Timestamp, expires_at: Timestamp) -> Repositories {
    let mut repositories = Repositories::default();
    repositories
        .sessions
        .expect_record_uses()
        .withf(move |uses| {
            matches!(uses, [used]
                if used.last_used_at == last_used_at && used.expires_at == expires_at)
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

/// Authenticates, and has uses written down after that.
async fn authenticate_and_write(
    mut ports: TestPorts,
    repositories: Repositories,
) -> (Caller, usize) {
    ports.store = Arc::new(FakeStore::with(repositories));
    let use_cases = ports.into_use_cases();
    let caller = use_cases.authenticate.execute("token", &origin()).await.unwrap();
    (caller, use_cases.session_uses.write().await.unwrap())
}

#[tokio::test]
async fn a_use_is_written_down_once_a_minute() {
    for seconds in [60, 3600, WEEK - 1] {
        let ports = presenting(Some(account_with_session(ada())), seconds);
        let recording = recording(at(seconds), at(seconds) + TimeDelta::days(7));
        let (caller, written) = authenticate_and_write(ports, recording).await;
        assert_eq!((caller.session.last_used_at, written), (at(seconds), 1));
    }
}

#[tokio::test]
async fn no_use_prolongs_a_session_beyond_its_end() {
    let mut found = account_with_session(ada());
    let soon = at(3600) + TimeDelta::days(1);
    found.session = Session { ends_at: soon, ..found.session };
    let ports = presenting(Some(found), 3600);
    let (caller, _) = authenticate_and_write(ports, recording(at(3600), soon)).await;
    assert_eq!(caller.session.expires_at, soon);
}

#[tokio::test]
async fn a_session_lives_by_a_use_that_is_not_written_down_yet() {
    let mut ports = TestPorts { clock: FixedClock(at(WEEK + 10)), ..TestPorts::default() };
    let found = account_with_session(ada());
    let used = Session {
        last_used_at: at(WEEK - 1),
        expires_at: at(2 * WEEK - 1),
        ..found.session.clone()
    };
    ports.tokens.expect_hash().returning(|_| Some(token_hash(7)));
    ports.sessions.expect_by_token().returning(move |_| Ok(Some(found.clone())));
    let use_cases = ports.into_use_cases();
    let authenticate = async || use_cases.authenticate.execute("token", &origin()).await;
    assert!(matches!(authenticate().await, Err(Error::NotAuthenticated)));
    use_cases.session_uses.note(&used);
    assert_eq!(authenticate().await.unwrap().session, used);
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
