//! Ending sessions: only one's own, and each end on the audit trail.

use std::sync::Arc;

use guildhall_domain::{Action, AuditActor, Resource, SessionId, UserRole};
use uuid::Uuid;

use crate::{
    Caller, Error, UseCases,
    ports::StoreError,
    testing::{Failure, FakeStore, Repositories, TestPorts, caller, origin},
};

fn ada() -> Caller {
    caller(UserRole::User)
}

fn id(number: u128) -> SessionId {
    SessionId::new(Uuid::from_u128(number))
}

/// A unit of work in which the caller has that session or has it not.
fn removing(session: SessionId, exists: bool) -> Repositories {
    let mut repositories = Repositories::default();
    repositories
        .sessions
        .expect_remove()
        .withf(move |user, id| *user == ada().user.id && *id == session)
        .times(1)
        .return_once(move |_, _| Ok(exists));
    repositories
}

fn removing_others(others: &[u128]) -> Repositories {
    let ended: Vec<_> = others.iter().map(|number| id(*number)).collect();
    let mut repositories = Repositories::default();
    repositories
        .sessions
        .expect_remove_others()
        .withf(|user, keep| *user == ada().user.id && *keep == ada().session.id)
        .times(1)
        .return_once(move |_, _| Ok(ended));
    repositories
}

fn over(store: FakeStore) -> (UseCases, Arc<FakeStore>) {
    let store = Arc::new(store);
    (TestPorts { store: store.clone(), ..TestPorts::default() }.into_use_cases(), store)
}

fn assert_recorded(store: &FakeStore, ended: &[SessionId]) {
    assert_eq!(store.committed(), [vec![Action::SessionEnded; ended.len()]]);
    for (event, session) in store.events().iter().zip(ended) {
        assert_eq!(event.actor, AuditActor::user(&ada().user));
        assert_eq!((event.resource, &event.origin), (Resource::Session(*session), &origin()));
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_in_use() {
    let session = ada().session.id;
    let (use_cases, store) = over(FakeStore::with(removing(session, true)));
    assert!(use_cases.log_out.execute(&ada()).await.is_ok());
    assert_recorded(&store, &[session]);
}

#[tokio::test]
async fn signing_out_twice_is_not_authenticated_the_second_time() {
    let (use_cases, store) = over(FakeStore::with(removing(ada().session.id, false)));
    let result = use_cases.log_out.execute(&ada()).await;
    assert!(matches!(result, Err(Error::NotAuthenticated)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn one_session_is_ended() {
    let (use_cases, store) = over(FakeStore::with(removing(id(7), true)));
    assert!(use_cases.end_session.execute(&ada(), id(7)).await.is_ok());
    assert_recorded(&store, &[id(7)]);
}

#[tokio::test]
async fn a_session_that_is_not_the_callers_is_not_found() {
    let (use_cases, store) = over(FakeStore::with(removing(id(7), false)));
    let result = use_cases.end_session.execute(&ada(), id(7)).await;
    assert!(matches!(result, Err(Error::NotFound)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn all_other_sessions_are_ended_and_each_is_recorded() {
    for others in [&[7, 8, 9][..], &[]] {
        let (use_cases, store) = over(FakeStore::with(removing_others(others)));
        let count = use_cases.end_other_sessions.execute(&ada()).await.unwrap();
        assert_eq!(count, others.len());
        let ended: Vec<_> = others.iter().map(|number| id(*number)).collect();
        assert_recorded(&store, &ended);
    }
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    for failure in Failure::ALL {
        let session = ada().session.id;
        let one = (failure != Failure::Begin).then(|| removing(session, true));
        let (use_cases, store) = over(FakeStore::with_each(one).failing_at(failure));
        let result = use_cases.log_out.execute(&ada()).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");

        let others = (failure != Failure::Begin).then(|| removing_others(&[7]));
        let (use_cases, store) = over(FakeStore::with_each(others).failing_at(failure));
        let result = use_cases.end_other_sessions.execute(&ada()).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
}

#[tokio::test]
async fn a_session_that_cannot_be_removed_is_not_recorded() {
    let failed = || StoreError::Failed("disk full".to_owned());
    let mut repositories = Repositories::default();
    repositories.sessions.expect_remove().return_once(move |_, _| Err(failed()));
    let (use_cases, store) = over(FakeStore::with(repositories));
    let result = use_cases.end_session.execute(&ada(), id(7)).await;
    assert!(matches!(result, Err(Error::Internal(_))));
    assert!(store.committed().is_empty());
}
