//! Removing members and leaving: what is written, and what stays as it is.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditActor, Membership, Organization, OrganizationRole, OrganizationStatus, Resource,
    User, UserId, UserRole,
};

use crate::{
    Access, Error, ExpectedVersion,
    ports::StoreError,
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, access, at, caller, locking,
        membership, organization, origin, password_hash, user,
    },
};

use OrganizationRole::{Admin, Member, Owner};

/// The caller.
const ADA: u128 = 1;
/// Somebody else.
const GRACE: u128 = 5;

fn acme() -> Organization {
    organization(7, "Acme", None)
}

fn suspended() -> Organization {
    Organization { status: OrganizationStatus::Suspended, ..acme() }
}

fn as_role(role: OrganizationRole) -> Access {
    access(acme(), role, UserRole::User)
}

fn as_platform_admin() -> Access {
    access(acme(), None, UserRole::Admin)
}

fn id(number: u128) -> UserId {
    membership(number, Member).user
}

/// Somebody whose home is the organization with that id.
fn living_in(number: u128, home: u128) -> User {
    let home = Some(organization(home, "Home", None).id);
    User { home, ..user(number, "grace@acme.com", UserRole::User) }
}

/// A unit of work in which the user is a member or not.
fn finding(access: Access, user: u128, present: Option<Membership>) -> Repositories {
    let mut repositories = locking(Some(access));
    repositories
        .memberships
        .expect_find()
        .withf(move |scope, wanted| (scope.organization(), *wanted) == (acme().id, id(user)))
        .times(1)
        .return_once(move |_, _| Ok(present));
    repositories
}

/// A unit of work in which they are, as one of so many owners if as an owner.
fn counting(access: Access, user: u128, role: OrganizationRole, owners: u32) -> Repositories {
    let mut repositories = finding(access, user, Some(membership(user, role)));
    repositories
        .memberships
        .expect_another_owner_exists()
        .withf(|scope, _| scope.organization() == acme().id)
        .times(usize::from(role == Owner))
        .returning(move |_, _| Ok(owners > 1));
    repositories
}

/// A unit of work in which they are removed, and with that lose their home if
/// it is this organization.
fn removing(access: Access, account: User, role: OrganizationRole) -> Repositories {
    let (user, number) = (account.id, account.id.as_uuid().as_u128());
    let mut repositories = counting(access, number, role, 2);
    repositories
        .memberships
        .expect_remove()
        .withf(move |scope, removed| (scope.organization(), *removed) == (acme().id, user))
        .times(1)
        .return_once(|_, _| Ok(()));
    let loses_home = account.home == Some(acme().id);
    let homeless = User { home: None, updated_at: at(60), ..account.clone() };
    repositories
        .users
        .expect_update()
        .withf(move |user| *user == homeless)
        .times(usize::from(loses_home))
        .returning(|_| Ok(()));
    let account = Some((account, password_hash("stored")));
    repositories
        .users
        .expect_lock()
        .withf(move |id| *id == user)
        .times(1)
        .return_once(|_| Ok(account));
    repositories
}

async fn remove_version(
    user: u128,
    expected: ExpectedVersion,
    store: FakeStore,
) -> (Result<(), Error>, Arc<FakeStore>) {
    let store = Arc::new(store);
    let clock = FixedClock(at(60));
    let ports = TestPorts { store: store.clone(), clock, ..TestPorts::default() };
    let remove_member = ports.into_use_cases().remove_member;
    let caller = caller(UserRole::User);
    (remove_member.execute(&caller, acme().id, id(user), &expected).await, store)
}

async fn remove(user: u128, repositories: Repositories) -> (Result<(), Error>, Arc<FakeStore>) {
    remove_version(user, ExpectedVersion::Any, FakeStore::with(repositories)).await
}

fn assert_recorded(store: &FakeStore, user: u128, role: OrganizationRole) {
    assert_eq!(store.committed(), [[Action::MemberRemoved]]);
    let event = &store.events()[0];
    assert_eq!(event.organization, Some(acme().id));
    assert_eq!(event.resource, Resource::User(id(user)));
    assert_eq!(event.actor, AuditActor::user(&caller(UserRole::User).user));
    assert_eq!((&event.origin, event.occurred_at), (&origin(), at(60)));
    assert_eq!(event.details["role"], role.as_str());
}

#[tokio::test]
async fn a_member_is_removed_by_those_who_may() {
    for (by, role) in [
        (as_role(Admin), Member),
        (as_role(Admin), Admin),
        (as_role(Owner), Owner),
        (as_platform_admin(), Owner),
    ] {
        let (result, store) = remove(GRACE, removing(by, living_in(GRACE, 8), role)).await;
        assert!(result.is_ok(), "{role:?}");
        assert_recorded(&store, GRACE, role);
    }
}

#[tokio::test]
async fn everybody_may_leave() {
    for role in OrganizationRole::ALL {
        for user in UserRole::ALL {
            let by = access(acme(), role, user);
            let (result, store) = remove(ADA, removing(by, living_in(ADA, 8), role)).await;
            assert!(result.is_ok(), "{role:?}");
            assert_recorded(&store, ADA, role);
        }
    }
}

#[tokio::test]
async fn a_home_is_lost_with_the_membership() {
    let by = as_role(Admin);
    let (result, store) = remove(GRACE, removing(by, living_in(GRACE, 7), Member)).await;
    assert!(result.is_ok());
    assert_recorded(&store, GRACE, Member);
}

#[tokio::test]
async fn the_last_owner_neither_leaves_nor_is_removed() {
    for (by, user) in [(as_role(Owner), ADA), (as_platform_admin(), GRACE)] {
        let (result, store) = remove(user, counting(by, user, Owner, 1)).await;
        assert!(matches!(result, Err(Error::LastOwner)), "{user}");
        assert!(store.committed().is_empty(), "{user}");
    }
}

#[tokio::test]
async fn nobody_is_removed_by_those_who_may_not() {
    let (result, store) = remove(GRACE, locking(Some(as_role(Member)))).await;
    assert!(matches!(result, Err(Error::Forbidden("members:manage"))));
    assert!(store.committed().is_empty());

    for expected in [ExpectedVersion::Any, ExpectedVersion::OneOf(vec![9])] {
        let found = finding(as_role(Admin), GRACE, Some(membership(GRACE, Owner)));
        let (result, store) = remove_version(GRACE, expected, FakeStore::with(found)).await;
        assert!(matches!(result, Err(Error::Forbidden("owners:manage"))));
        assert!(store.committed().is_empty());
    }
}

#[tokio::test]
async fn who_is_no_member_is_not_found() {
    for (by, user) in [(as_role(Admin), GRACE), (as_platform_admin(), ADA)] {
        let (result, store) = remove(user, finding(by, user, None)).await;
        assert!(matches!(result, Err(Error::NotFound)), "{user}");
        assert!(store.committed().is_empty(), "{user}");
    }
    for user in [ADA, GRACE] {
        let (result, store) = remove(user, locking(None)).await;
        assert!(matches!(result, Err(Error::NotFound)), "{user}");
        assert!(store.committed().is_empty(), "{user}");
    }
}

#[tokio::test]
async fn only_the_version_that_was_seen_is_removed() {
    let unseen = ExpectedVersion::OneOf(vec![2]);
    for (user, role) in [(GRACE, Admin), (ADA, Admin)] {
        let found = finding(as_role(role), user, Some(membership(user, role)));
        let (result, store) = remove_version(user, unseen.clone(), FakeStore::with(found)).await;
        assert!(matches!(result, Err(Error::VersionMismatch)));
        assert!(store.committed().is_empty());
    }
}

#[tokio::test]
async fn nobody_leaves_or_is_removed_while_the_organization_is_suspended() {
    for user in [ADA, GRACE] {
        for (role, installation) in
            [(Some(Owner), UserRole::User), (Some(Member), UserRole::User), (None, UserRole::Admin)]
        {
            let by = access(suspended(), role, installation);
            let (result, store) = remove(user, locking(Some(by))).await;
            assert!(matches!(result, Err(Error::OrganizationSuspended)), "{user} {role:?}");
            assert!(store.committed().is_empty(), "{user} {role:?}");
        }
    }
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    for failure in Failure::ALL {
        let prepared = (failure != Failure::Begin)
            .then(|| removing(as_role(Admin), living_in(GRACE, 7), Member));
        let store = FakeStore::with_each(prepared).failing_at(failure);
        let (result, store) = remove_version(GRACE, ExpectedVersion::Any, store).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
    let mut failing = counting(as_role(Admin), GRACE, Member, 1);
    let failed = || StoreError::Failed("disk full".to_owned());
    failing.memberships.expect_remove().return_once(move |_, _| Err(failed()));
    let (result, store) = remove(GRACE, failing).await;
    assert!(matches!(result, Err(Error::Internal(_))));
    assert!(store.committed().is_empty());
}
