//! Deleting users: who may, what they leave behind, and what keeps them.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditActor, Membership, Organization, OrganizationId, OrganizationRole, Resource, User,
    UserRole,
};
use mockall::Sequence;

use crate::{
    Access, Error, ExpectedVersion,
    ports::{Installation, StoreError, UserWithOrganization},
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, access, at, caller, membership,
        organization, origin, password_hash, user,
    },
};

use OrganizationRole::{Member, Owner};

/// The caller.
fn ada(role: UserRole) -> User {
    caller(role).user
}

/// Somebody else.
fn grace() -> User {
    user(5, "grace@acme.com", UserRole::User)
}

fn acme(number: u128) -> Organization {
    organization(number, "Acme", None)
}

/// As a platform admin finds it.
fn found(number: u128) -> Access {
    access(acme(number), None, UserRole::Admin)
}

/// A unit of work in which the installation is locked, and then the
/// organizations of the user are looked up.
fn looking(of: &User, organizations: Vec<OrganizationId>) -> (Repositories, Sequence) {
    let mut repositories = Repositories::default();
    let mut order = Sequence::new();
    let installation = Installation { installed_at: at(0), default_organization: None };
    repositories
        .installation
        .expect_lock()
        .times(1)
        .in_sequence(&mut order)
        .return_once(move || Ok(installation));
    let id = of.id;
    repositories
        .users
        .expect_organizations_of()
        .withf(move |user| *user == id)
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_| Ok(organizations));
    (repositories, order)
}

/// And in which the user is locked then, and belongs to so many still.
fn locking(of: User, organizations: Vec<OrganizationId>, still: usize) -> Repositories {
    let (mut repositories, mut order) = looking(&of, organizations);
    let id = of.id;
    repositories
        .users
        .expect_lock()
        .withf(move |wanted| *wanted == id)
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_| Ok(Some((of, password_hash("stored")))));
    let others = (0..still).map(|_| acme(9).id).collect();
    repositories
        .users
        .expect_organizations_of()
        .times(..=1)
        .in_sequence(&mut order)
        .return_once(|_| Ok(others));
    repositories
}

/// And in which all that is personal of the user is forgotten.
fn erasing(of: &User, organizations: Vec<OrganizationId>) -> Repositories {
    let mut repositories = locking(of.clone(), organizations, 0);
    let expected = of.clone();
    repositories
        .users
        .expect_erase()
        .withf(move |user| *user == expected)
        .times(1)
        .return_once(|_| Ok(()));
    repositories
}

/// Lets the membership of Grace in an organization be found, which is deleted
/// or not.
fn expect_membership(
    repositories: &mut Repositories,
    number: u128,
    role: OrganizationRole,
    is_deleted: bool,
) {
    let id = acme(number).id;
    let viewer = caller(UserRole::Admin).viewer();
    let access = found(number);
    let organizations = &mut repositories.organizations;
    let living = (!is_deleted).then(|| access.clone());
    organizations
        .expect_lock()
        .withf(move |by, wanted| (*by, *wanted) == (viewer, id))
        .times(1)
        .return_once(|_, _| Ok(living));
    organizations
        .expect_lock_deleted()
        .withf(move |by, wanted| (*by, *wanted) == (viewer, id))
        .times(usize::from(is_deleted))
        .return_once(|_, _| Ok(Some(access)));
    let found = Membership { organization: id, ..membership(5, role) };
    repositories
        .memberships
        .expect_find()
        .withf(move |scope, user| (scope.organization(), *user) == (id, grace().id))
        .times(1)
        .return_once(move |_, _| Ok(Some(found)));
}

fn expect_removal(repositories: &mut Repositories, number: u128) {
    let id = acme(number).id;
    repositories
        .memberships
        .expect_remove()
        .withf(move |scope, user| (scope.organization(), *user) == (id, grace().id))
        .times(1)
        .return_once(|_, _| Ok(()));
}

fn expect_another_owner(repositories: &mut Repositories, number: u128, exists: bool) {
    let id = acme(number).id;
    repositories
        .memberships
        .expect_another_owner_exists()
        .withf(move |scope, than| (scope.organization(), *than) == (id, grace().id))
        .times(1)
        .return_once(move |_, _| Ok(exists));
}

/// Deletes a user of whom the caller, who has that role, knows or not.
async fn delete_version(
    role: UserRole,
    of: &User,
    is_known: bool,
    expected: ExpectedVersion,
    store: FakeStore,
) -> (Result<(), Error>, Arc<FakeStore>) {
    let store = Arc::new(store);
    let clock = FixedClock(at(60));
    let mut ports = TestPorts { store: store.clone(), clock, ..TestPorts::default() };
    let seen = is_known.then(|| UserWithOrganization { user: of.clone(), organization: None });
    let id = of.id;
    ports
        .users
        .expect_get()
        .withf(move |viewer, wanted| (*viewer, *wanted) == (caller(role).viewer(), id))
        .times(1)
        .return_once(|_, _| Ok(seen));
    let delete_user = ports.into_use_cases().delete_user;
    (delete_user.execute(&caller(role), of.id, &expected).await, store)
}

async fn delete(
    role: UserRole,
    of: &User,
    repositories: Repositories,
) -> (Result<(), Error>, Arc<FakeStore>) {
    let store = FakeStore::with(repositories);
    delete_version(role, of, true, ExpectedVersion::Any, store).await
}

#[tokio::test]
async fn everybody_may_go() {
    let own = ada(UserRole::User);
    let (result, store) = delete(UserRole::User, &own, erasing(&own, Vec::new())).await;
    assert!(result.is_ok());
    assert_eq!(store.committed(), [[Action::UserDeleted]]);
    let event = &store.events()[0];
    assert_eq!((event.resource, event.organization), (Resource::User(own.id), None));
    assert_eq!(event.actor, AuditActor::user(&own));
    assert_eq!((&event.origin, event.occurred_at), (&origin(), at(60)));
}

#[tokio::test]
async fn every_organization_is_left() {
    let organizations = vec![acme(2).id, acme(7).id, acme(8).id];
    let mut repositories = erasing(&grace(), organizations.clone());
    // Of a deleted one nobody needs to be the owner.
    for (number, role, is_deleted) in [(2, Member, false), (7, Owner, false), (8, Owner, true)] {
        expect_membership(&mut repositories, number, role, is_deleted);
        expect_removal(&mut repositories, number);
    }
    expect_another_owner(&mut repositories, 7, true);
    let (result, store) = delete(UserRole::Admin, &grace(), repositories).await;
    assert!(result.is_ok());
    let removed = Action::MemberRemoved;
    assert_eq!(store.committed(), [[removed, removed, removed, Action::UserDeleted]]);
    let events = store.events();
    for (event, (organization, role)) in
        events.iter().zip(organizations.into_iter().zip(["member", "owner", "owner"]))
    {
        assert_eq!(event.organization, Some(organization));
        assert_eq!(event.resource, Resource::User(grace().id));
        assert_eq!(event.details["role"], role);
        assert_eq!(event.details["reason"], "user.deleted");
    }
    for event in events {
        assert_eq!(event.actor, AuditActor::user(&ada(UserRole::Admin)));
        assert!(!format!("{:?}", event.details).contains("grace"), "{event:?}");
    }
}

#[tokio::test]
async fn the_last_owner_stays() {
    let (mut repositories, _) = looking(&grace(), vec![acme(7).id]);
    expect_membership(&mut repositories, 7, Owner, false);
    expect_another_owner(&mut repositories, 7, false);
    let (result, store) = delete(UserRole::Admin, &grace(), repositories).await;
    assert!(matches!(result, Err(Error::LastOwner)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn the_last_admin_stays() {
    let own = ada(UserRole::Admin);
    for exists in [true, false] {
        let mut repositories =
            if exists { erasing(&own, Vec::new()) } else { locking(own.clone(), Vec::new(), 0) };
        let id = own.id;
        repositories
            .users
            .expect_another_admin_exists()
            .withf(move |than| *than == id)
            .times(1)
            .return_once(move |_| Ok(exists));
        let (result, store) = delete(UserRole::Admin, &own, repositories).await;
        if exists {
            assert!(result.is_ok());
        } else {
            assert!(matches!(result, Err(Error::LastAdmin)));
        }
        assert_eq!(store.committed().len(), usize::from(exists));
    }
}

#[tokio::test]
async fn who_was_added_somewhere_meanwhile_is_not_deleted() {
    let (result, store) = delete(UserRole::Admin, &grace(), locking(grace(), Vec::new(), 1)).await;
    assert!(matches!(result, Err(Error::StoreUnavailable(_))));
    assert!(store.committed().is_empty());
}

/// Of an organization that was purged, or that the user has left, nothing is
/// left to leave.
#[tokio::test]
async fn what_is_gone_meanwhile_is_left_alone() {
    let mut repositories = erasing(&grace(), vec![acme(7).id, acme(8).id]);
    repositories
        .organizations
        .expect_lock()
        .times(2)
        .returning(|_, id| Ok((id == acme(8).id).then(|| found(8))));
    repositories.organizations.expect_lock_deleted().times(1).return_once(|_, _| Ok(None));
    repositories.memberships.expect_find().times(1).return_once(|_, _| Ok(None));
    let (result, store) = delete(UserRole::Admin, &grace(), repositories).await;
    assert!(result.is_ok());
    assert_eq!(store.committed(), [[Action::UserDeleted]]);
}

/// So that the last event is as nameless as the others.
#[tokio::test]
async fn what_cannot_be_recorded_is_not_forgotten() {
    let store = FakeStore::with(locking(grace(), Vec::new(), 0)).failing_at(Failure::Append);
    let any = ExpectedVersion::Any;
    let (result, store) = delete_version(UserRole::Admin, &grace(), true, any, store).await;
    assert!(matches!(result, Err(Error::StoreUnavailable(_))));
    assert!(store.committed().is_empty());

    let mut repositories = locking(grace(), Vec::new(), 0);
    let full = StoreError::Failed("disk full".to_owned());
    repositories.users.expect_erase().return_once(|_| Err(full));
    let (result, store) = delete(UserRole::Admin, &grace(), repositories).await;
    assert!(matches!(result, Err(Error::Internal(_))));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn nobody_else_deletes_anybody() {
    for is_known in [true, false] {
        let (plain, any) = (UserRole::User, ExpectedVersion::Any);
        let (result, store) =
            delete_version(plain, &grace(), is_known, any, FakeStore::default()).await;
        if is_known {
            assert!(matches!(result, Err(Error::Forbidden("platform:admin"))));
        } else {
            assert!(matches!(result, Err(Error::NotFound)));
        }
        assert_eq!(store.begun(), 0);
    }
}

#[tokio::test]
async fn who_is_gone_by_now_is_not_found() {
    let (mut repositories, _) = looking(&grace(), Vec::new());
    repositories.users.expect_lock().return_once(|_| Ok(None));
    let (result, store) = delete(UserRole::Admin, &grace(), repositories).await;
    assert!(matches!(result, Err(Error::NotFound)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn only_the_version_that_was_seen_is_deleted() {
    let seen = User { version: 3, ..grace() };
    for (version, is_deleted) in [(3, true), (2, false)] {
        let repositories = if is_deleted {
            erasing(&seen, Vec::new())
        } else {
            locking(seen.clone(), Vec::new(), 0)
        };
        let (store, expected) =
            (FakeStore::with(repositories), ExpectedVersion::OneOf(vec![version]));
        let (result, store) = delete_version(UserRole::Admin, &seen, true, expected, store).await;
        if is_deleted {
            assert!(result.is_ok());
        } else {
            assert!(matches!(result, Err(Error::VersionMismatch)));
        }
        assert_eq!(store.committed().len(), usize::from(is_deleted));
    }
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_everybody() {
    for failure in [Failure::Begin, Failure::Commit] {
        let prepared = (failure != Failure::Begin).then(|| erasing(&grace(), Vec::new()));
        let store = FakeStore::with_each(prepared).failing_at(failure);
        let any = ExpectedVersion::Any;
        let (result, store) = delete_version(UserRole::Admin, &grace(), true, any, store).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
}
