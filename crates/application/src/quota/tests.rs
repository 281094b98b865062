//! Quotas: who sees them, who sets them, and what is written.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditActor, Organization, OrganizationRole, OrganizationStatus, Quota, Quotas,
    Resource, UserRole, quota,
};

use crate::{
    Access, Error, ExpectedVersion,
    ports::{Change, StoreError},
    quota::QuotasInUse,
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, access, at, caller, locking,
        organization, origin,
    },
};

use OrganizationRole::{Admin, Member, Owner};

/// An organization with 4 members, in its third version.
fn acme() -> Organization {
    let quotas = Quotas { users: Some(10), ..Quotas::default() };
    Organization { users_count: 4, quotas, version: 3, ..organization(7, "Acme", None) }
}

fn suspended() -> Organization {
    Organization { status: OrganizationStatus::Suspended, ..acme() }
}

fn as_platform_admin() -> Access {
    access(acme(), None, UserRole::Admin)
}

/// Below what is used, which takes nothing away.
const NEW: Quotas = Quotas { users: None, workspaces: Some(2), invitations: Some(3) };

/// How many of its invitations can be accepted.
const OPEN: u32 = 5;

/// What is shown of the organization with these limits.
fn in_use(quotas: Quotas, version: u64) -> QuotasInUse {
    let quota = |resource, limit, used| Quota { resource, limit, used };
    QuotasInUse {
        users: quota(quota::Resource::Users, quotas.users, 4),
        workspaces: quota(quota::Resource::Workspaces, quotas.workspaces, 0),
        invitations: quota(quota::Resource::Invitations, quotas.invitations, OPEN),
        version,
    }
}

/// A unit of work in which invitations are counted as of now.
fn counting(access: Option<Access>) -> Repositories {
    let mut repositories = locking(access);
    repositories
        .invitations
        .expect_count_open()
        .withf(|scope, now| scope.organization() == acme().id && *now == at(60))
        .returning(|_, _| Ok(OPEN));
    repositories
}

fn updating(before: Access) -> Repositories {
    let after = Organization {
        quotas: NEW,
        version: 4,
        updated_at: at(60),
        ..before.organization().clone()
    };
    let mut repositories = counting(Some(before));
    repositories
        .organizations
        .expect_update()
        .withf(move |scope, organization| {
            scope.organization() == acme().id && *organization == after
        })
        .times(1)
        .return_once(|_, _| Ok(Change::Made));
    repositories
}

async fn set_version(
    expected: ExpectedVersion,
    quotas: Quotas,
    store: FakeStore,
) -> (Result<QuotasInUse, Error>, Arc<FakeStore>) {
    let store = Arc::new(store);
    let clock = FixedClock(at(60));
    let ports = TestPorts { store: store.clone(), clock, ..TestPorts::default() };
    let manage_quotas = ports.into_use_cases().manage_quotas;
    (manage_quotas.set(&caller(UserRole::Admin), acme().id, &expected, quotas).await, store)
}

async fn set(repositories: Repositories) -> (Result<QuotasInUse, Error>, Arc<FakeStore>) {
    set_version(ExpectedVersion::Any, NEW, FakeStore::with(repositories)).await
}

async fn get(found: Option<Access>) -> Result<QuotasInUse, Error> {
    let mut ports = TestPorts { clock: FixedClock(at(60)), ..TestPorts::default() };
    ports
        .invitations
        .expect_count_open()
        .withf(|scope, now| scope.organization() == acme().id && *now == at(60))
        .returning(|_, _| Ok(OPEN));
    ports
        .organizations
        .expect_access()
        .withf(|viewer, id| *viewer == caller(UserRole::User).viewer() && *id == acme().id)
        .times(1)
        .return_once(move |_, _| Ok(found));
    ports.into_use_cases().manage_quotas.get(&caller(UserRole::User), acme().id).await
}

#[tokio::test]
async fn every_member_sees_the_quotas() {
    for role in OrganizationRole::ALL {
        let found = access(acme(), role, UserRole::User);
        assert_eq!(get(Some(found)).await.unwrap(), in_use(acme().quotas, 3));
    }
    assert!(matches!(get(None).await, Err(Error::NotFound)));
    let as_member = access(suspended(), Member, UserRole::User);
    assert!(matches!(get(Some(as_member)).await, Err(Error::OrganizationSuspended)));
}

#[tokio::test]
async fn a_platform_admin_sets_every_limit() {
    for before in [as_platform_admin(), access(suspended(), Member, UserRole::Admin)] {
        let (result, store) = set(updating(before)).await;
        assert_eq!(result.unwrap(), in_use(NEW, 4));
        assert_eq!(store.committed(), [[Action::QuotasChanged]]);
        let event = &store.events()[0];
        assert_eq!(event.organization, Some(acme().id));
        assert_eq!(event.resource, Resource::Organization(acme().id));
        assert_eq!(event.actor, AuditActor::user(&caller(UserRole::Admin).user));
        assert_eq!((&event.origin, event.occurred_at), (&origin(), at(60)));
        let limits = ["users", "workspaces", "invitations"].map(|name| &event.details[name][..]);
        assert_eq!(limits, ["none", "2", "3"]);
    }
}

#[tokio::test]
async fn limits_that_it_has_already_are_no_change() {
    let store = FakeStore::with(counting(Some(as_platform_admin())));
    let (result, store) = set_version(ExpectedVersion::Any, acme().quotas, store).await;
    assert_eq!(result.unwrap(), in_use(acme().quotas, 3));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn nobody_else_sets_limits() {
    for role in [Owner, Admin, Member] {
        for organization in [acme(), suspended()] {
            let found = access(organization, role, UserRole::User);
            // The version is nothing to those who may not set them.
            let unseen = ExpectedVersion::OneOf(vec![2]);
            let store = FakeStore::with(locking(Some(found)));
            let (result, store) = set_version(unseen, NEW, store).await;
            assert!(matches!(result, Err(Error::Forbidden(_))), "{role:?}");
            assert!(store.committed().is_empty(), "{role:?}");
        }
    }
    let (result, store) = set(locking(None)).await;
    assert!(matches!(result, Err(Error::NotFound)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn only_the_version_that_was_seen_is_changed() {
    let store = FakeStore::with(updating(as_platform_admin()));
    let (result, _) = set_version(ExpectedVersion::OneOf(vec![3]), NEW, store).await;
    assert!(result.is_ok());
    let store = FakeStore::with(locking(Some(as_platform_admin())));
    let (result, store) = set_version(ExpectedVersion::OneOf(vec![2]), NEW, store).await;
    assert!(matches!(result, Err(Error::VersionMismatch)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    for failure in Failure::ALL {
        let prepared = (failure != Failure::Begin).then(|| updating(as_platform_admin()));
        let store = FakeStore::with_each(prepared).failing_at(failure);
        let (result, store) = set_version(ExpectedVersion::Any, NEW, store).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
    let outcomes: [fn() -> Result<Change, StoreError>; 2] =
        [|| Ok(Change::Conflict), || Err(StoreError::Failed("disk full".to_owned()))];
    for outcome in outcomes {
        let mut repositories = counting(Some(as_platform_admin()));
        repositories.organizations.expect_update().return_once(move |_, _| outcome());
        let (result, store) = set(repositories).await;
        assert!(matches!(result, Err(Error::Internal(_))));
        assert!(store.committed().is_empty());
    }
}
