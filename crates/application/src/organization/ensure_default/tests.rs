//! The first list of an empty installation, and the many that come at once.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditActor, MembershipSource, OrganizationRole, User, UserRole, UserStatus,
};
use mockall::Sequence;

use super::EnsureDefaultOrganization;
use crate::{
    Caller, Error,
    organization::founding::Founder,
    ports::{Addition, Insertion, Installation, StoreError},
    testing::{
        Failure, FakeStore, FixedClock, Repositories, SequentialIds, at, caller, origin,
        password_hash, settings,
    },
};

/// The caller's account as the store has it: signed in since the request came.
fn stored() -> User {
    User { last_sign_in_at: Some(at(50)), ..caller(UserRole::User).user }
}

/// A unit of work that finds the installation empty or not, and this account:
/// what is looked at before the lock is held may be otherwise behind it.
fn locking(any_exists: bool, account: Option<User>) -> Repositories {
    let (mut repositories, mut order) = (Repositories::default(), Sequence::new());
    let installation = Installation { installed_at: at(0), default_organization: None };
    repositories
        .installation
        .expect_lock()
        .times(1)
        .in_sequence(&mut order)
        .return_once(move || Ok(installation));
    repositories
        .organizations
        .expect_any_exists()
        .times(1)
        .in_sequence(&mut order)
        .return_once(move || Ok(any_exists));
    let account = account.map(|user| (user, password_hash("stored")));
    repositories
        .users
        .expect_lock()
        .withf(|id| *id == stored().id)
        .return_once(move |_| Ok(account));
    repositories
}

/// A unit of work that founds the default organization under that name.
fn founding(account: User, name: &'static str, domain_is_taken: bool) -> Repositories {
    let mut repositories = locking(false, Some(account.clone()));
    repositories
        .organizations
        .expect_domain_is_taken()
        .withf(|domain| domain.as_str() == "neogenesys.com")
        .return_once(move |_| Ok(domain_is_taken));
    repositories
        .organizations
        .expect_insert()
        .withf(move |organization| {
            organization.name.as_str() == name
                && organization.domain.is_none() == domain_is_taken
                && organization.users_count == 0
        })
        .times(1)
        .return_once(|_| Ok(Insertion::Inserted));
    repositories.installation.expect_set_default_organization().times(1).return_once(|_| Ok(()));
    repositories
        .workspaces
        .expect_insert()
        .withf(|_, workspaces| workspaces.len() == 5)
        .times(1)
        .return_once(|_, _| Ok(Addition::Added));
    repositories
        .memberships
        .expect_insert()
        .withf(|_, membership| {
            membership.user == stored().id
                && membership.role == OrganizationRole::Owner
                && membership.source == MembershipSource::DefaultOrganization
        })
        .times(1)
        .return_once(|_, _| Ok(Addition::Added));
    repositories
        .users
        .expect_update()
        .withf(move |user| {
            let unchanged = User { home: user.home, updated_at: at(60), ..account.clone() };
            user.home.is_some() && *user == unchanged
        })
        .times(1)
        .return_once(|_| Ok(()));
    repositories
}

async fn ensure(store: FakeStore, caller: &Caller) -> (Result<(), Error>, FakeStore) {
    let store = Arc::new(store);
    let (ids, settings) = (Arc::new(SequentialIds::default()), Arc::new(settings()));
    let use_case = EnsureDefaultOrganization {
        store: store.clone(),
        clock: Arc::new(FixedClock(at(60))),
        founder: Founder { ids, settings: settings.clone() },
        settings,
    };
    let result = use_case.execute(caller).await;
    drop(use_case);
    (result, Arc::into_inner(store).unwrap())
}

const EVERYTHING: [Action; 3] =
    [Action::OrganizationCreated, Action::WorkspacesAllocated, Action::MemberAdded];

#[tokio::test]
async fn the_caller_owns_the_default_organization() {
    let store = FakeStore::with(founding(stored(), "Default Organization", false));
    let (result, store) = ensure(store, &caller(UserRole::User)).await;
    assert!(result.is_ok());
    assert_eq!(store.committed(), [EVERYTHING]);
    for event in store.events() {
        assert!(event.organization.is_some(), "{event:?}");
        assert_eq!(event.actor, AuditActor::user(&stored()));
        assert_eq!((event.origin, event.occurred_at), (origin(), at(60)));
    }
}

#[tokio::test]
async fn it_is_named_as_the_account_of_the_caller_says() {
    let account = User { intended_organization: "Neogenesys".parse().ok(), ..stored() };
    let store = FakeStore::with(founding(account, "Neogenesys", false));
    let (result, store) = ensure(store, &caller(UserRole::User)).await;
    assert!(result.is_ok());
    assert_eq!(store.committed(), [EVERYTHING]);
}

#[tokio::test]
async fn a_domain_that_is_taken_is_done_without() {
    let store = FakeStore::with(founding(stored(), "Default Organization", true));
    let (result, store) = ensure(store, &caller(UserRole::User)).await;
    assert!(result.is_ok());
    assert_eq!(store.committed(), [EVERYTHING]);
}

#[tokio::test]
async fn whoever_comes_second_changes_nothing() {
    let (result, store) =
        ensure(FakeStore::with(locking(true, Some(stored()))), &caller(UserRole::User)).await;
    assert!(result.is_ok());
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn an_organization_that_came_first_leaves_nothing_to_do() {
    let mut repositories = locking(false, Some(stored()));
    repositories.organizations.expect_domain_is_taken().return_once(|_| Ok(false));
    repositories.organizations.expect_insert().return_once(|_| Ok(Insertion::Conflict));
    let (result, store) = ensure(FakeStore::with(repositories), &caller(UserRole::User)).await;
    assert!(result.is_ok());
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn an_account_that_is_gone_founds_nothing() {
    let deactivated = User { status: UserStatus::Deactivated, ..stored() };
    for account in [None, Some(deactivated)] {
        let store = FakeStore::with(locking(false, account));
        let (result, store) = ensure(store, &caller(UserRole::User)).await;
        assert!(matches!(result, Err(Error::NotAuthenticated)));
        assert!(store.committed().is_empty());
    }
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    for failure in [Failure::Begin, Failure::Commit] {
        let prepared =
            (failure == Failure::Commit).then(|| founding(stored(), "Default Organization", false));
        let store = FakeStore::with_each(prepared).failing_at(failure);
        let (result, store) = ensure(store, &caller(UserRole::User)).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
}

#[tokio::test]
async fn a_failure_on_the_way_keeps_nothing() {
    let mut repositories = locking(false, Some(stored()));
    repositories.organizations.expect_domain_is_taken().return_once(|_| Ok(false));
    repositories.organizations.expect_insert().return_once(|_| Ok(Insertion::Inserted));
    repositories.installation.expect_set_default_organization().return_once(|_| Ok(()));
    let failed = || StoreError::Failed("disk full".to_owned());
    repositories.workspaces.expect_insert().return_once(move |_, _| Err(failed()));
    let (result, store) = ensure(FakeStore::with(repositories), &caller(UserRole::User)).await;
    assert!(matches!(result, Err(Error::Internal(_))));
    assert!(store.committed().is_empty());
}
