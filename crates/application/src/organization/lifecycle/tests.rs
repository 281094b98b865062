//! Deleting and restoring, suspending and activating.

use std::sync::Arc;

use chrono::TimeDelta;
use guildhall_domain::{
    Action, AuditActor, Organization, OrganizationRole, OrganizationStatus, Resource, Timestamp,
    UserRole,
};
use mockall::Sequence;

use crate::{
    Access, Error, ExpectedVersion, UseCases,
    ports::{Change, Installation, StoreError},
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, access, at, caller, locking,
        organization, origin,
    },
};

use OrganizationRole::{Admin, Member, Owner};
use OrganizationStatus::{Active, Suspended};

/// A caller's role in the organization, and in the installation.
type Actor = (Option<OrganizationRole>, UserRole);

const PLATFORM_ADMIN: Actor = (None, UserRole::Admin);
const OWNER: Actor = (Some(Owner), UserRole::User);

fn acme() -> Organization {
    organization(7, "Acme", Some("acme.com"))
}

fn suspended() -> Organization {
    Organization { status: Suspended, ..acme() }
}

fn deleted(at: Timestamp) -> Organization {
    Organization { deleted_at: Some(at), ..acme() }
}

fn as_seen_by(actor: Actor, organization: Organization) -> Access {
    access(organization, actor.0, actor.1)
}

/// Now: forty days after the epoch.
fn now() -> Timestamp {
    at(0) + TimeDelta::days(40)
}

/// That the organization becomes this, and its next version.
fn expect_update(repositories: &mut Repositories, after: Organization) {
    let after = Organization { version: after.version + 1, updated_at: now(), ..after };
    repositories
        .organizations
        .expect_update()
        .withf(move |scope, organization| {
            scope.organization() == after.id && *organization == after
        })
        .times(1)
        .return_once(|_, _| Ok(Change::Made));
}

fn over(store: FakeStore) -> (UseCases, Arc<FakeStore>) {
    let store = Arc::new(store);
    let clock = FixedClock(now());
    let ports = TestPorts { store: store.clone(), clock, ..TestPorts::default() };
    (ports.into_use_cases(), store)
}

async fn set_status(
    status: OrganizationStatus,
    actor: Actor,
    store: FakeStore,
) -> (Result<Access, Error>, Arc<FakeStore>) {
    let (use_cases, store) = over(store);
    let (suspension, caller) = (&use_cases.suspend_organization, caller(actor.1));
    let result = match status {
        Suspended => suspension.suspend(&caller, acme().id).await,
        Active => suspension.activate(&caller, acme().id).await,
    };
    (result, store)
}

async fn delete(
    actor: Actor,
    expected: ExpectedVersion,
    store: FakeStore,
) -> (Result<(), Error>, Arc<FakeStore>) {
    let (use_cases, store) = over(store);
    let deletion = &use_cases.delete_organization;
    (deletion.delete(&caller(actor.1), acme().id, &expected).await, store)
}

async fn restore(actor: Actor, store: FakeStore) -> (Result<Access, Error>, Arc<FakeStore>) {
    let (use_cases, store) = over(store);
    (use_cases.delete_organization.restore(&caller(actor.1), acme().id).await, store)
}

fn assert_recorded(store: &FakeStore, action: Action) {
    assert_eq!(store.committed(), [[action]]);
    let event = &store.events()[0];
    assert_eq!(event.organization, Some(acme().id));
    assert_eq!(event.resource, Resource::Organization(acme().id));
    assert_eq!(event.actor, AuditActor::user(&caller(UserRole::User).user));
    assert_eq!((&event.origin, event.occurred_at), (&origin(), now()));
}

#[tokio::test]
async fn platform_admins_suspend_and_activate() {
    for (before, after, action) in [
        (acme(), suspended(), Action::OrganizationSuspended),
        (suspended(), acme(), Action::OrganizationActivated),
    ] {
        for actor in [PLATFORM_ADMIN, (Some(Member), UserRole::Admin)] {
            let mut repositories = locking(Some(as_seen_by(actor, before.clone())));
            expect_update(&mut repositories, after.clone());
            let store = FakeStore::with(repositories);
            let (result, store) = set_status(after.status, actor, store).await;
            let access = result.unwrap();
            assert_eq!(access.organization().status, after.status);
            assert_eq!(access.role(), actor.0);
            assert_recorded(&store, action);
        }
    }
}

#[tokio::test]
async fn a_status_that_it_has_already_is_no_change() {
    for organization in [acme(), suspended()] {
        let store =
            FakeStore::with(locking(Some(as_seen_by(PLATFORM_ADMIN, organization.clone()))));
        let (result, store) = set_status(organization.status, PLATFORM_ADMIN, store).await;
        assert_eq!(*result.unwrap().organization(), organization);
        assert!(store.committed().is_empty());
    }
}

#[tokio::test]
async fn nobody_else_suspends_or_activates() {
    for (organization, status) in [(acme(), Suspended), (suspended(), Active)] {
        for role in OrganizationRole::ALL {
            let actor = (Some(role), UserRole::User);
            let store = FakeStore::with(locking(Some(as_seen_by(actor, organization.clone()))));
            let (result, store) = set_status(status, actor, store).await;
            assert!(matches!(result, Err(Error::Forbidden(_))), "{role:?}");
            assert!(store.committed().is_empty(), "{role:?}");
        }
        let (result, store) = set_status(status, OWNER, FakeStore::with(locking(None))).await;
        assert!(matches!(result, Err(Error::NotFound)));
        assert!(store.committed().is_empty());
    }
}

/// A unit of work in which the installation is locked and then the organization.
fn locking_both(found: Option<Access>, order: &mut Sequence) -> Repositories {
    let mut repositories = Repositories::default();
    let installation = Installation { installed_at: at(0), default_organization: Some(acme().id) };
    repositories
        .installation
        .expect_lock()
        .times(1)
        .in_sequence(order)
        .return_once(move || Ok(installation));
    repositories
        .organizations
        .expect_lock()
        .withf(|viewer, id| viewer.user() == caller(UserRole::User).user.id && *id == acme().id)
        .times(1)
        .in_sequence(order)
        .return_once(move |_, _| Ok(found));
    repositories
}

/// The same, in which the organization is no default any more and is deleted.
fn deleting(actor: Actor, organization: Organization) -> Repositories {
    let mut order = Sequence::new();
    let found = as_seen_by(actor, organization.clone());
    let mut repositories = locking_both(Some(found), &mut order);
    repositories
        .installation
        .expect_forget_default_organization()
        .withf(|scope| scope.organization() == acme().id)
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_| Ok(()));
    let deleted_at = Some(now());
    expect_update(&mut repositories, Organization { deleted_at, ..organization });
    repositories
}

#[tokio::test]
async fn a_deletion_locks_the_installation_first_and_forgets_the_default() {
    for actor in [OWNER, PLATFORM_ADMIN] {
        for expected in [ExpectedVersion::Any, ExpectedVersion::OneOf(vec![1])] {
            let store = FakeStore::with(deleting(actor, acme()));
            let (result, store) = delete(actor, expected, store).await;
            assert!(result.is_ok());
            assert_recorded(&store, Action::OrganizationDeleted);
        }
    }
}

#[tokio::test]
async fn only_the_version_that_was_seen_is_deleted() {
    let found = locking_both(Some(as_seen_by(OWNER, acme())), &mut Sequence::new());
    let unseen = ExpectedVersion::OneOf(vec![2]);
    let (result, store) = delete(OWNER, unseen, FakeStore::with(found)).await;
    assert!(matches!(result, Err(Error::VersionMismatch)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn nobody_else_deletes() {
    for role in OrganizationRole::ALL {
        for organization in [acme(), suspended()] {
            let is_suspended = organization.status == Suspended;
            if role == Owner && !is_suspended {
                continue;
            }
            let actor = (Some(role), UserRole::User);
            let found = locking_both(Some(as_seen_by(actor, organization)), &mut Sequence::new());
            // The version is nothing to those who may not delete it.
            let unseen = ExpectedVersion::OneOf(vec![2]);
            let (result, store) = delete(actor, unseen, FakeStore::with(found)).await;
            match result {
                Err(Error::OrganizationSuspended) => assert!(is_suspended, "{role:?}"),
                Err(Error::Forbidden("organization:delete")) => assert!(!is_suspended, "{role:?}"),
                other => panic!("{role:?} {other:?}"),
            }
            assert!(store.committed().is_empty(), "{role:?}");
        }
    }
    let nothing = FakeStore::with(locking_both(None, &mut Sequence::new()));
    let (result, store) = delete(OWNER, ExpectedVersion::Any, nothing).await;
    assert!(matches!(result, Err(Error::NotFound)));
    assert!(store.committed().is_empty());
}

/// A unit of work in which a deleted organization is found or not.
fn finding_deleted(found: Option<Access>) -> Repositories {
    let mut repositories = Repositories::default();
    repositories
        .organizations
        .expect_lock_deleted()
        .withf(|viewer, id| viewer.user() == caller(UserRole::User).user.id && *id == acme().id)
        .times(1)
        .return_once(move |_, _| Ok(found));
    repositories
}

fn restoring(actor: Actor, organization: Organization) -> Repositories {
    let mut repositories = finding_deleted(Some(as_seen_by(actor, organization.clone())));
    expect_update(&mut repositories, Organization { deleted_at: None, ..organization });
    repositories
}

#[tokio::test]
async fn what_was_deleted_within_the_window_is_restored_as_it_was() {
    let window = TimeDelta::days(30);
    for deleted_at in [now(), now() - TimeDelta::days(1), now() - window] {
        for actor in [OWNER, PLATFORM_ADMIN] {
            let store = FakeStore::with(restoring(actor, deleted(deleted_at)));
            let (result, store) = restore(actor, store).await;
            let restored = result.unwrap();
            let expected = Organization { version: 2, updated_at: now(), ..acme() };
            assert_eq!(*restored.organization(), expected);
            assert_recorded(&store, Action::OrganizationRestored);
        }
    }
    let before = Organization { status: Suspended, ..deleted(now()) };
    let store = FakeStore::with(restoring(PLATFORM_ADMIN, before));
    let (result, _) = restore(PLATFORM_ADMIN, store).await;
    assert_eq!(result.unwrap().organization().status, Suspended);
}

#[tokio::test]
async fn what_is_past_the_window_is_gone() {
    let past = now() - TimeDelta::days(30) - TimeDelta::microseconds(1);
    for found in [None, Some(as_seen_by(PLATFORM_ADMIN, deleted(past)))] {
        let store = FakeStore::with(finding_deleted(found));
        let (result, store) = restore(PLATFORM_ADMIN, store).await;
        assert!(matches!(result, Err(Error::NotFound)));
        assert!(store.committed().is_empty());
    }
}

#[tokio::test]
async fn nobody_else_restores() {
    for role in [Admin, Member] {
        let actor = (Some(role), UserRole::User);
        let store = FakeStore::with(finding_deleted(Some(as_seen_by(actor, deleted(now())))));
        let (result, store) = restore(actor, store).await;
        assert!(matches!(result, Err(Error::Forbidden("organization:delete"))), "{role:?}");
        assert!(store.committed().is_empty(), "{role:?}");
    }
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    for failure in Failure::ALL {
        let over = |repositories: fn() -> Repositories| {
            let prepared = (failure != Failure::Begin).then(repositories);
            FakeStore::with_each(prepared).failing_at(failure)
        };
        let (result, store) = set_status(Suspended, PLATFORM_ADMIN, over(suspending)).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");

        let store = over(|| deleting(OWNER, acme()));
        let (result, store) = delete(OWNER, ExpectedVersion::Any, store).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");

        let (result, store) = restore(OWNER, over(|| restoring(OWNER, deleted(now())))).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
}

fn suspending() -> Repositories {
    let mut repositories = locking(Some(as_seen_by(PLATFORM_ADMIN, acme())));
    expect_update(&mut repositories, suspended());
    repositories
}

#[tokio::test]
async fn an_update_that_cannot_be_made_is_not_recorded() {
    let outcomes: [fn() -> Result<Change, StoreError>; 2] =
        [|| Ok(Change::Conflict), || Err(StoreError::Failed("disk full".to_owned()))];
    for outcome in outcomes {
        let mut repositories = locking(Some(as_seen_by(PLATFORM_ADMIN, acme())));
        repositories.organizations.expect_update().return_once(move |_, _| outcome());
        let store = FakeStore::with(repositories);
        let (result, store) = set_status(Suspended, PLATFORM_ADMIN, store).await;
        assert!(matches!(result, Err(Error::Internal(_))));
        assert!(store.committed().is_empty());
    }
}
