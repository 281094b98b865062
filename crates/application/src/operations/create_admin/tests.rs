//! Platform admins from the command line, and the one of the first start.

use std::sync::Arc;

use guildhall_domain::{Action, AuditActor, Origin, Resource, User, UserRole};
use mockall::Sequence;

use super::CreateAdminCommand;
use crate::{
    Error, UseCases,
    ports::{HashingError, Insertion, Installation, StoreError},
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, at, new_password, password_hash,
    },
};

const PASSWORD: &str = "correct horse battery staple";

fn command() -> CreateAdminCommand {
    CreateAdminCommand {
        email: "root@acme.com".parse().unwrap(),
        password: new_password(PASSWORD),
        name: "Root".parse().unwrap(),
        organization: "Acme".parse().ok(),
    }
}

/// A hasher that works as often as it is asked.
fn hashing() -> TestPorts {
    let mut ports = TestPorts { clock: FixedClock(at(60)), ..TestPorts::default() };
    ports
        .hasher
        .expect_hash()
        .withf(|password| password.expose() == PASSWORD)
        .returning(|_| Ok(password_hash("hashed")));
    ports
}

/// Adds the expectation that the account is inserted.
fn inserting(mut repositories: Repositories, outcome: Insertion) -> Repositories {
    repositories
        .users
        .expect_insert()
        .withf(|user, password| {
            user.role == UserRole::Admin
                && user.email.as_str() == "root@acme.com"
                && user.intended_organization.as_ref().is_some_and(|name| name.as_str() == "Acme")
                && (user.home, user.created_at) == (None, at(60))
                && *password == password_hash("hashed")
        })
        .times(1)
        .return_once(move |_, _| Ok(outcome));
    repositories
}

/// A unit of work that looks for an admin, under the lock of the installation
/// or before it is taken.
fn looking(locked: bool, any_admin_exists: bool) -> Repositories {
    let (mut repositories, mut order) = (Repositories::default(), Sequence::new());
    if locked {
        let installation = Installation { installed_at: at(0), default_organization: None };
        repositories
            .installation
            .expect_lock()
            .times(1)
            .in_sequence(&mut order)
            .return_once(move || Ok(installation));
    }
    repositories
        .users
        .expect_any_admin_exists()
        .times(1)
        .in_sequence(&mut order)
        .return_once(move || Ok(any_admin_exists));
    repositories
}

fn over(mut ports: TestPorts, store: FakeStore) -> (UseCases, Arc<FakeStore>) {
    ports.store = Arc::new(store);
    let store = ports.store.clone();
    (ports.into_use_cases(), store)
}

fn assert_created(store: &FakeStore, user: &User) {
    assert_eq!(store.committed(), [[Action::UserCreated]]);
    let event = &store.events()[0];
    assert_eq!((&event.actor, event.resource), (&AuditActor::System, Resource::User(user.id)));
    assert_eq!(event.details["role"], "admin");
    assert_eq!((&event.origin, event.occurred_at), (&Origin::default(), at(60)));
}

#[tokio::test]
async fn an_admin_is_created_and_recorded() {
    let store = FakeStore::with(inserting(Repositories::default(), Insertion::Inserted));
    let (use_cases, store) = over(hashing(), store);
    let user = use_cases.create_admin.execute(command()).await.unwrap();
    assert_created(&store, &user);
}

#[tokio::test]
async fn a_registered_address_is_a_conflict() {
    let store = FakeStore::with(inserting(Repositories::default(), Insertion::Conflict));
    let (use_cases, store) = over(hashing(), store);
    let result = use_cases.create_admin.execute(command()).await;
    assert!(matches!(result, Err(Error::EmailTaken)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn the_address_is_no_password() {
    let (use_cases, store) = over(TestPorts::default(), FakeStore::default());
    let command = CreateAdminCommand {
        email: "wolfgang.zwiebelkuchen@acme.com".parse().unwrap(),
        password: new_password("wolfgang.zwiebelkuchen"),
        ..command()
    };
    let result = use_cases.create_admin.execute(command).await;
    let Err(Error::Invalid(faults)) = result else { panic!("{result:?}") };
    assert_eq!(faults[0].pointer, "/password");
    assert_eq!(store.begun(), 0);
}

#[tokio::test]
async fn a_hasher_that_gives_up_leaves_no_trace() {
    let mut ports = TestPorts::default();
    let failed = || HashingError::Failed("out of memory".to_owned());
    ports.hasher.expect_hash().return_once(move |_| Err(failed()));
    let (use_cases, store) = over(ports, FakeStore::default());
    let result = use_cases.create_admin.execute(command()).await;
    assert!(matches!(result, Err(Error::Internal(_))));
    assert_eq!(store.begun(), 0);
}

#[tokio::test]
async fn the_first_start_creates_an_admin() {
    let creating = inserting(looking(true, false), Insertion::Inserted);
    let store = FakeStore::with_each([looking(false, false), creating]);
    let (use_cases, store) = over(hashing(), store);
    let user = use_cases.create_admin.ensure_first(command()).await.unwrap().unwrap();
    assert_created(&store, &user);
}

#[tokio::test]
async fn later_starts_hash_nothing() {
    let store = FakeStore::with(looking(false, true));
    let (use_cases, store) = over(TestPorts::default(), store);
    assert!(matches!(use_cases.create_admin.ensure_first(command()).await, Ok(None)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn of_two_nodes_that_start_at_once_one_creates_the_admin() {
    let store = FakeStore::with_each([looking(false, false), looking(true, true)]);
    let (use_cases, store) = over(hashing(), store);
    assert!(matches!(use_cases.create_admin.ensure_first(command()).await, Ok(None)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn a_first_admin_whose_address_is_registered_is_a_conflict() {
    let conflicting = inserting(looking(true, false), Insertion::Conflict);
    let store = FakeStore::with_each([looking(false, false), conflicting]);
    let (use_cases, store) = over(hashing(), store);
    let result = use_cases.create_admin.ensure_first(command()).await;
    assert!(matches!(result, Err(Error::EmailTaken)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    for failure in Failure::ALL {
        let prepared = (failure != Failure::Begin)
            .then(|| inserting(Repositories::default(), Insertion::Inserted));
        let store = FakeStore::with_each(prepared).failing_at(failure);
        let (use_cases, store) = over(hashing(), store);
        let result = use_cases.create_admin.execute(command()).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
}

#[tokio::test]
async fn an_account_that_cannot_be_stored_is_not_recorded() {
    let mut repositories = Repositories::default();
    let failed = || StoreError::Failed("disk full".to_owned());
    repositories.users.expect_insert().return_once(move |_, _| Err(failed()));
    let (use_cases, store) = over(hashing(), FakeStore::with(repositories));
    let result = use_cases.create_admin.execute(command()).await;
    assert!(matches!(result, Err(Error::Internal(_))));
    assert!(store.committed().is_empty());
}
