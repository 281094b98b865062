//! Changing a password: what ends with it, and who is refused.

use std::{sync::Arc, time::Duration};

use guildhall_domain::{
    Action, AuditActor, Password, Resource, SessionId, User, UserRole, UserStatus,
};
use uuid::Uuid;

use super::ChangePasswordCommand;
use crate::{
    Error,
    ports::{HashingError, Refusal, StoreError, Verification},
    testing::{
        Failure, FakeStore, Repositories, TestPorts, caller, new_password, origin, password_hash,
    },
};

const NEW: &str = "correct horse battery staple";

fn ada() -> User {
    caller(UserRole::User).user
}

fn command() -> ChangePasswordCommand {
    ChangePasswordCommand {
        current: Password::parse("the old one".to_owned()).unwrap(),
        new: new_password(NEW),
    }
}

/// The account has the hash `stored`, to which the password compares so.
fn verifying(verification: Verification) -> TestPorts {
    let mut ports = TestPorts::default();
    ports
        .users
        .expect_password_of()
        .withf(|id| *id == ada().id)
        .times(1)
        .return_once(|_| Ok(Some(password_hash("stored"))));
    ports
        .hasher
        .expect_verify()
        .withf(|password, hash| {
            password.expose() == "the old one" && *hash == Some(password_hash("stored"))
        })
        .times(1)
        .return_once(move |_, _| Ok(verification));
    ports
}

fn hashing(verification: Verification) -> TestPorts {
    let mut ports = verifying(verification);
    ports
        .hasher
        .expect_hash()
        .withf(|password| password.expose() == NEW)
        .times(1)
        .return_once(|_| Ok(password_hash("new")));
    ports
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

/// A unit of work in which the password is changed and two sessions end.
fn changing() -> Repositories {
    let mut repositories = locking(Some((ada(), "stored")));
    repositories
        .users
        .expect_set_password()
        .withf(|id, hash| *id == ada().id && *hash == password_hash("new"))
        .times(1)
        .return_once(|_, _| Ok(()));
    repositories
        .sessions
        .expect_remove_others()
        .withf(|id, keep| *id == ada().id && *keep == caller(UserRole::User).session.id)
        .times(1)
        .return_once(|_, _| Ok([7, 8].map(|n| SessionId::new(Uuid::from_u128(n))).into()));
    repositories
}

async fn change(mut ports: TestPorts, store: FakeStore) -> (Result<(), Error>, FakeStore) {
    let store = Arc::new(store);
    ports.store = store.clone();
    let caller = caller(UserRole::User);
    let result = ports.into_use_cases().change_password.execute(&caller, command()).await;
    (result, Arc::into_inner(store).unwrap())
}

fn assert_refused(result: &Result<(), Error>, store: &FakeStore) {
    let Err(Error::Invalid(faults)) = result else { panic!("{result:?}") };
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].pointer, "/current_password");
    assert_eq!(store.committed(), [[Action::PasswordChangeFailed]]);
    let event = &store.events()[0];
    assert_eq!(event.actor, AuditActor::user(&ada()));
    assert_eq!((event.resource, &event.origin), (Resource::User(ada().id), &origin()));
}

#[tokio::test]
async fn a_change_ends_every_other_session() {
    for verification in [Verification::Match, Verification::MatchOutdated] {
        let (result, store) = change(hashing(verification), FakeStore::with(changing())).await;
        assert!(result.is_ok());
        assert_eq!(store.committed(), [[Action::PasswordChanged]]);
        let event = &store.events()[0];
        assert_eq!(event.actor, AuditActor::user(&ada()));
        assert_eq!((event.resource, &event.origin), (Resource::User(ada().id), &origin()));
        assert_eq!(event.details["sessions_ended"], "2");
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_recorded() {
    let (result, store) = change(verifying(Verification::Mismatch), FakeStore::default()).await;
    assert_refused(&result, &store);
}

#[tokio::test]
async fn a_password_that_changed_while_hashing_is_refused_and_recorded() {
    let store = FakeStore::with(locking(Some((ada(), "changed"))));
    let (result, store) = change(hashing(Verification::Match), store).await;
    assert_refused(&result, &store);
}

#[tokio::test]
async fn an_account_that_was_removed_costs_the_same_work() {
    let mut ports = TestPorts::default();
    ports.users.expect_password_of().return_once(|_| Ok(None));
    ports
        .hasher
        .expect_verify()
        .withf(|_, hash| hash.is_none())
        .times(1)
        .return_once(|_, _| Ok(Verification::Mismatch));
    let (result, store) = change(ports, FakeStore::default()).await;
    assert_refused(&result, &store);
}

#[tokio::test]
async fn an_account_that_went_while_hashing_is_no_longer_the_callers() {
    let deactivated = User { status: UserStatus::Deactivated, ..ada() };
    for current in [Some((deactivated, "stored")), None] {
        let store = FakeStore::with(locking(current));
        let (result, store) = change(hashing(Verification::Match), store).await;
        assert!(matches!(result, Err(Error::NotAuthenticated)), "{result:?}");
        assert!(store.committed().is_empty());
    }
}

#[tokio::test]
async fn the_address_is_no_password() {
    let ports = TestPorts::default();
    let (store, mut caller) = (ports.store.clone(), caller(UserRole::User));
    caller.user.email = "wolfgang.zwiebelkuchen@acme.com".parse().unwrap();
    let command =
        ChangePasswordCommand { new: new_password("wolfgang.zwiebelkuchen"), ..command() };
    let result = ports.into_use_cases().change_password.execute(&caller, command).await;
    let Err(Error::Invalid(faults)) = result else { panic!("{result:?}") };
    assert_eq!(faults[0].pointer, "/new_password");
    assert_eq!(store.begun(), 0);
}

#[tokio::test]
async fn the_throttle_counts_the_account_and_comes_before_any_work() {
    let mut ports = TestPorts::default();
    ports
        .throttle
        .expect_admit()
        .withf(|address, account| *address == origin().ip_address && *account == Some(&ada().email))
        .times(1)
        .return_once(|_, _| Err(Refusal { retry_after: Duration::from_secs(9), is_first: true }));
    let (result, store) = change(ports, FakeStore::default()).await;
    assert!(
        matches!(result, Err(Error::TooManyAttempts { retry_after }) if retry_after.as_secs() == 9)
    );
    assert_eq!(store.begun(), 0);
}

#[tokio::test]
async fn a_hasher_that_gives_up_leaves_no_trace() {
    let mut verifying = verifying(Verification::Match);
    verifying.hasher.expect_hash().return_once(|_| Err(HashingError::Overloaded));
    let mut not_even = TestPorts::default();
    not_even.users.expect_password_of().return_once(|_| Ok(None));
    not_even.hasher.expect_verify().return_once(|_, _| Err(HashingError::Overloaded));
    for ports in [verifying, not_even] {
        let (result, store) = change(ports, FakeStore::default()).await;
        assert!(matches!(result, Err(Error::Overloaded)));
        assert_eq!(store.begun(), 0);
    }
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    for failure in Failure::ALL {
        let prepared = (failure != Failure::Begin).then(changing);
        let store = FakeStore::with_each(prepared).failing_at(failure);
        let (changed, store) = change(hashing(Verification::Match), store).await;
        let refusing = FakeStore::default().failing_at(failure);
        let (refused, refusing) = change(verifying(Verification::Mismatch), refusing).await;
        for (result, store) in [(changed, store), (refused, refusing)] {
            assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
            assert!(store.committed().is_empty(), "{failure:?}");
        }
    }
}

#[tokio::test]
async fn sessions_that_cannot_be_ended_keep_the_old_password() {
    let mut repositories = locking(Some((ada(), "stored")));
    repositories.users.expect_set_password().return_once(|_, _| Ok(()));
    let failed = || StoreError::Failed("disk full".to_owned());
    repositories.sessions.expect_remove_others().return_once(move |_, _| Err(failed()));
    let store = FakeStore::with(repositories);
    let (result, store) = change(hashing(Verification::Match), store).await;
    assert!(matches!(result, Err(Error::Internal(_))));
    assert!(store.committed().is_empty());
}
