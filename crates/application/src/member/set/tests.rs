//! Adding members and changing their roles: what is written, and by whom not.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditActor, Membership, Organization, OrganizationRole, OrganizationStatus, Quota,
    Quotas, Resource, User, UserRole, UserStatus, quota,
};

use super::SetMemberOutcome;
use crate::{
    Access, Error, ExpectedVersion,
    ports::{Addition, MemberDetails, StoreError, UserWithOrganization},
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, access, at, caller, locking,
        member_details, membership, organization, origin, password_hash, user,
    },
};

use OrganizationRole::{Admin, Member, Owner};

/// The user of every test, who is not the caller.
const GRACE: u128 = 5;

fn grace() -> User {
    user(GRACE, "grace@acme.com", UserRole::User)
}

/// An organization with 4 of at most 10 members.
fn acme() -> Organization {
    let quotas = Quotas { users: Some(10), ..Quotas::default() };
    Organization { users_count: 4, quotas, ..organization(7, "Acme", None) }
}

fn as_role(role: OrganizationRole) -> Access {
    access(acme(), role, UserRole::User)
}

fn as_platform_admin() -> Access {
    access(acme(), None, UserRole::Admin)
}

/// A unit of work in which Grace is a member already or not.
fn finding(access: Access, present: Option<Membership>) -> Repositories {
    let mut repositories = locking(Some(access));
    repositories
        .memberships
        .expect_find()
        .withf(|scope, user| (scope.organization(), *user) == (acme().id, grace().id))
        .times(1)
        .return_once(move |_, _| Ok(present));
    repositories
}

/// A unit of work in which Grace, who is no member, is this.
fn locking_user(access: Access, found: Option<User>) -> Repositories {
    let mut repositories = finding(access, None);
    let found = found.map(|user| (user, password_hash("stored")));
    repositories
        .users
        .expect_lock()
        .withf(|id| *id == grace().id)
        .times(1)
        .return_once(move |_| Ok(found));
    repositories
}

/// A unit of work in which she becomes a member, a minute after the epoch.
fn adding(access: Access, role: OrganizationRole, user: User) -> Repositories {
    adding_from(access, role, user, None)
}

/// The same, in which she has this home.
fn adding_from(
    access: Access,
    role: OrganizationRole,
    user: User,
    home: Option<Organization>,
) -> Repositories {
    let user = User { home: home.as_ref().map(|home| home.id), ..user };
    let is_homeless = home.as_ref().is_none_or(|home| home.deleted_at.is_some());
    let at_home = User { home: Some(acme().id), updated_at: at(60), ..user.clone() };
    let mut repositories = locking_user(access, Some(user));
    repositories.organizations.expect_find().returning(move |_| Ok(home.clone()));
    let expected = Membership { joined_at: at(60), ..membership(GRACE, role) };
    repositories
        .memberships
        .expect_insert()
        .withf(move |scope, membership| {
            scope.organization() == acme().id && *membership == expected
        })
        .times(1)
        .return_once(|_, _| Ok(Addition::Added));
    repositories
        .users
        .expect_update()
        .withf(move |user| *user == at_home)
        .times(usize::from(is_homeless))
        .returning(|_| Ok(()));
    repositories
}

/// A unit of work in which her role changes; there are so many owners.
fn changing(
    access: Access,
    from: OrganizationRole,
    to: OrganizationRole,
    owners: u32,
) -> Repositories {
    let mut repositories = finding(access, Some(membership(GRACE, from)));
    expect_owners(&mut repositories, from, owners);
    repositories
        .memberships
        .expect_update()
        .withf(move |scope, changed| {
            let expected = Membership { version: 2, ..membership(GRACE, to) };
            scope.organization() == acme().id && *changed == expected
        })
        .times(1)
        .return_once(|_, _| Ok(()));
    repositories
}

/// That the owners are counted where one is to go.
fn expect_owners(repositories: &mut Repositories, from: OrganizationRole, owners: u32) {
    repositories
        .memberships
        .expect_another_owner_exists()
        .withf(|scope, _| scope.organization() == acme().id)
        .times(usize::from(from == Owner))
        .returning(move |_, _| Ok(owners > 1));
}

async fn set_version(
    role: OrganizationRole,
    expected: ExpectedVersion,
    store: FakeStore,
) -> (Result<SetMemberOutcome, Error>, Arc<FakeStore>) {
    let store = Arc::new(store);
    let clock = FixedClock(at(60));
    let mut ports = TestPorts { store: store.clone(), clock, ..TestPorts::default() };
    ports
        .members
        .expect_get()
        .withf(|scope, user| (scope.organization(), *user) == (acme().id, grace().id))
        .returning(move |_, _| Ok(Some(member_details(GRACE, role))));
    let set_member = ports.into_use_cases().set_member;
    let caller = caller(UserRole::User);
    (set_member.execute(&caller, acme().id, grace().id, role, &expected).await, store)
}

async fn set(
    role: OrganizationRole,
    repositories: Repositories,
) -> (Result<SetMemberOutcome, Error>, Arc<FakeStore>) {
    set_version(role, ExpectedVersion::Any, FakeStore::with(repositories)).await
}

fn assert_recorded(store: &FakeStore, action: Action, details: [(&str, &str); 2]) {
    assert_eq!(store.committed(), [[action]]);
    let event = &store.events()[0];
    assert_eq!(event.organization, Some(acme().id));
    assert_eq!(event.resource, Resource::User(grace().id));
    assert_eq!(event.actor, AuditActor::user(&caller(UserRole::User).user));
    assert_eq!((&event.origin, event.occurred_at), (&origin(), at(60)));
    let recorded: Vec<_> = event.details.iter().map(|(name, value)| (*name, &value[..])).collect();
    assert_eq!(recorded, details);
}

#[tokio::test]
async fn an_existing_user_becomes_a_member_and_finds_a_home() {
    for (by, role) in [
        (as_role(Admin), Member),
        (as_role(Admin), Admin),
        (as_role(Owner), Owner),
        (as_platform_admin(), Owner),
    ] {
        let (result, store) = set(role, adding(by, role, grace())).await;
        let quota = Quota { resource: quota::Resource::Users, limit: Some(10), used: 5 };
        let member = MemberDetails {
            membership: Membership { joined_at: at(60), ..membership(GRACE, role) },
            account: UserWithOrganization {
                user: User { home: Some(acme().id), updated_at: at(60), ..grace() },
                organization: Some("Acme".to_owned()),
            },
        };
        assert_eq!(result.unwrap(), SetMemberOutcome { member, added: Some(quota) });
        let details = [("role", role.as_str()), ("source", "administrator")];
        assert_recorded(&store, Action::MemberAdded, details);
    }
}

#[tokio::test]
async fn who_has_a_home_keeps_it_unless_it_is_deleted() {
    let home = organization(8, "Home", None);
    let deleted = Organization { deleted_at: Some(at(30)), ..home.clone() };
    for (home, name) in [(home, "Home"), (deleted, "Acme"), (acme(), "Acme")] {
        let adding = adding_from(as_role(Admin), Member, grace(), Some(home));
        let (result, store) = set(Member, adding).await;
        assert_eq!(result.unwrap().member.account.organization.as_deref(), Some(name));
        assert_eq!(store.committed(), [[Action::MemberAdded]]);
    }
}

#[tokio::test]
async fn a_role_is_changed_by_those_who_may() {
    for (by, from, to) in [
        (as_role(Admin), Member, Admin),
        (as_role(Admin), Admin, Member),
        (as_role(Owner), Member, Owner),
        (as_role(Owner), Owner, Admin),
        (as_platform_admin(), Owner, Member),
    ] {
        let (result, store) = set(to, changing(by, from, to, 2)).await;
        let member = member_details(GRACE, to);
        assert_eq!(result.unwrap(), SetMemberOutcome { member, added: None });
        let details = [("from", from.as_str()), ("to", to.as_str())];
        assert_recorded(&store, Action::MemberRoleChanged, details);
    }
}

#[tokio::test]
async fn the_role_that_a_member_has_already_is_no_change() {
    for (by, role) in [(as_role(Admin), Member), (as_role(Owner), Owner)] {
        let (result, store) = set(role, finding(by, Some(membership(GRACE, role)))).await;
        assert_eq!(result.unwrap().added, None);
        assert!(store.events().is_empty());
    }
}

#[tokio::test]
async fn nobody_grants_above_their_own_role_or_takes_it_from_there() {
    for (by, role, missing) in [
        (as_role(Member), Member, "members:manage"),
        (as_role(Member), Owner, "members:manage"),
        (as_role(Admin), Owner, "owners:manage"),
    ] {
        let (result, store) = set(role, locking(Some(by))).await;
        assert!(matches!(result, Err(Error::Forbidden(lacks)) if lacks == missing), "{role:?}");
        assert!(store.committed().is_empty(), "{role:?}");
    }
    for expected in [ExpectedVersion::Any, ExpectedVersion::OneOf(vec![9])] {
        let found = finding(as_role(Admin), Some(membership(GRACE, Owner)));
        let (result, store) = set_version(Admin, expected, FakeStore::with(found)).await;
        assert!(matches!(result, Err(Error::Forbidden("owners:manage"))));
        assert!(store.committed().is_empty());
    }
}

#[tokio::test]
async fn the_last_owner_is_not_demoted() {
    for by in [as_role(Owner), as_platform_admin()] {
        let mut repositories = finding(by, Some(membership(GRACE, Owner)));
        expect_owners(&mut repositories, Owner, 1);
        let (result, store) = set(Member, repositories).await;
        assert!(matches!(result, Err(Error::LastOwner)));
        assert!(store.committed().is_empty());
    }
}

#[tokio::test]
async fn only_the_version_that_was_seen_is_changed() {
    let seen = ExpectedVersion::OneOf(vec![1]);
    let store = FakeStore::with(changing(as_role(Admin), Member, Admin, 1));
    let (result, _) = set_version(Admin, seen.clone(), store).await;
    assert!(result.is_ok());

    let present = Membership { version: 2, ..membership(GRACE, Member) };
    for present in [None, Some(present)] {
        let store = FakeStore::with(finding(as_role(Admin), present));
        let (result, store) = set_version(Admin, seen.clone(), store).await;
        assert!(matches!(result, Err(Error::VersionMismatch)), "{present:?}");
        assert!(store.committed().is_empty(), "{present:?}");
    }
}

#[tokio::test]
async fn nobody_is_added_who_may_not_sign_in() {
    let deactivated = User { status: UserStatus::Deactivated, ..grace() };
    for found in [None, Some(deactivated)] {
        let (result, store) = set(Member, locking_user(as_role(Admin), found)).await;
        assert!(matches!(result, Err(Error::NotFound)));
        assert!(store.committed().is_empty());
    }
}

#[tokio::test]
async fn a_full_organization_takes_nobody() {
    let full = Quota { resource: quota::Resource::Users, limit: Some(10), used: 10 };
    let mut repositories = locking_user(as_role(Owner), Some(grace()));
    repositories.memberships.expect_insert().return_once(move |_, _| Ok(Addition::NoRoom(full)));
    let (result, store) = set(Member, repositories).await;
    assert!(matches!(result, Err(Error::QuotaExceeded(quota)) if quota == full));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn who_may_not_know_of_it_or_finds_it_suspended_changes_nothing() {
    let (result, store) = set(Member, locking(None)).await;
    assert!(matches!(result, Err(Error::NotFound)));
    assert!(store.committed().is_empty());

    let suspended = || Organization { status: OrganizationStatus::Suspended, ..acme() };
    for by in
        [access(suspended(), Owner, UserRole::User), access(suspended(), None, UserRole::Admin)]
    {
        let (result, store) = set(Member, locking(Some(by))).await;
        assert!(matches!(result, Err(Error::OrganizationSuspended)));
        assert!(store.committed().is_empty());
    }
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    let additions = || adding(as_role(Admin), Admin, grace());
    let changes = || changing(as_role(Admin), Member, Admin, 1);
    for failure in Failure::ALL {
        for prepare in [additions as fn() -> Repositories, changes] {
            let prepared = (failure != Failure::Begin).then(prepare);
            let store = FakeStore::with_each(prepared).failing_at(failure);
            let (result, store) = set_version(Admin, ExpectedVersion::Any, store).await;
            assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
            assert!(store.committed().is_empty(), "{failure:?}");
        }
    }
}

#[tokio::test]
async fn an_addition_that_cannot_be_made_is_not_recorded() {
    let outcomes: [fn() -> Result<Addition, StoreError>; 2] =
        [|| Ok(Addition::AlreadyThere), || Err(StoreError::Failed("disk full".to_owned()))];
    for outcome in outcomes {
        let mut repositories = locking_user(as_role(Owner), Some(grace()));
        repositories.memberships.expect_insert().return_once(move |_, _| outcome());
        let (result, store) = set(Member, repositories).await;
        assert!(matches!(result, Err(Error::Internal(_))));
        assert!(store.committed().is_empty());
    }
}
