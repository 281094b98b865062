//! Creating organizations: who may, for whom, and what stands in the way.

use std::{collections::BTreeMap, sync::Arc};

use guildhall_domain::{
    Action, AuditActor, Membership, MembershipSource, Metadata, OrganizationRole, Quota, Resource,
    User, UserRole, UserStatus, quota,
};

use super::{CreateOrganizationCommand, OwnerReference};
use crate::{
    Access, Error,
    idempotency::{Outcome, RequestFingerprint},
    ports::{Addition, Claim, Insertion, StoreError},
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, account_with_password, answer, at,
        caller, done, organization, origin, password_hash, repeatable, unrepeated, user,
    },
};

use UserRole::{Admin, User as Plain};

fn ada() -> User {
    caller(Plain).user
}

fn grace() -> User {
    user(5, "grace@acme.com", Plain)
}

fn command(owner: Option<OwnerReference>) -> CreateOrganizationCommand {
    let pairs = BTreeMap::from([("plan".to_owned(), "gold".to_owned())]);
    CreateOrganizationCommand {
        name: "Acme".parse().unwrap(),
        domain: Some("acme.com".parse().unwrap()),
        external_id: Some("crm-7".parse().unwrap()),
        metadata: Metadata::try_from(pairs).unwrap(),
        owner,
    }
}

fn grace_by_id() -> OwnerReference {
    OwnerReference::Id(grace().id)
}

/// A unit of work in which the organization of [`command`] is inserted, a
/// minute after the epoch.
fn inserting(insertion: Insertion) -> Repositories {
    let mut repositories = Repositories::default();
    repositories
        .organizations
        .expect_insert()
        .withf(|organization| {
            let CreateOrganizationCommand { name, domain, external_id, metadata, .. } =
                command(None);
            organization.name.as_str() == name.as_str()
                && organization.domain == domain
                && organization.external_id == external_id
                && organization.metadata == metadata
                && organization.created_at == at(60)
        })
        .times(1)
        .return_once(move |_| Ok(insertion));
    repositories
}

/// A unit of work in which the account of the owner-to-be is looked for.
fn looking(owner: Option<User>) -> Repositories {
    let mut repositories = Repositories::default();
    let found = owner.map(|user| (user, password_hash("stored")));
    repositories.users.expect_lock().times(1).return_once(move |_| Ok(found));
    repositories
}

/// One in which it is found, and the organization inserted.
fn finding(owner: User, insertion: Insertion) -> Repositories {
    let Repositories { users, .. } = looking(Some(owner));
    Repositories { users, ..inserting(insertion) }
}

/// The same, in which they become the owner.
fn admitting(owner: User) -> Repositories {
    let (id, is_homeless) = (owner.id, owner.home.is_none());
    let mut repositories = finding(owner, Insertion::Inserted);
    let home = organization(8, "Home", None);
    repositories.organizations.expect_find().returning(move |_| Ok(Some(home.clone())));
    repositories
        .memberships
        .expect_insert()
        .withf(move |scope, membership| {
            let expected = Membership {
                organization: scope.organization(),
                user: id,
                role: OrganizationRole::Owner,
                source: MembershipSource::Administrator,
                joined_at: at(60),
                version: 1,
            };
            *membership == expected
        })
        .times(1)
        .return_once(|_, _| Ok(Addition::Added));
    repositories
        .users
        .expect_update()
        .withf(move |user| user.id == id && user.home.is_some() && user.updated_at == at(60))
        .times(usize::from(is_homeless))
        .returning(|_| Ok(()));
    repositories
}

fn ports(self_service: bool) -> TestPorts {
    let mut ports = TestPorts { clock: FixedClock(at(60)), ..TestPorts::default() };
    ports.settings.self_service = self_service;
    ports
}

async fn create(
    mut ports: TestPorts,
    role: UserRole,
    command: CreateOrganizationCommand,
    store: FakeStore,
) -> (Result<Access, Error>, FakeStore) {
    let store = Arc::new(store);
    ports.store = store.clone();
    let use_cases = ports.into_use_cases();
    let result = use_cases.create_organization.execute(&caller(role), command, unrepeated()).await;
    drop(use_cases);
    (result.map(done), Arc::into_inner(store).unwrap())
}

/// Creates with the rights of a platform admin.
async fn create_by_admin(
    owner: Option<OwnerReference>,
    repositories: Repositories,
) -> (Result<Access, Error>, FakeStore) {
    create(ports(false), Admin, command(owner), FakeStore::with(repositories)).await
}

fn assert_owner_refused(result: &Result<Access, Error>) {
    assert!(matches!(result, Err(Error::Invalid(faults)) if faults[0].pointer == "/owner"));
}

#[tokio::test]
async fn who_creates_an_organization_owns_it() {
    for (self_service, role) in [(false, Admin), (true, Admin), (true, Plain)] {
        let store = FakeStore::with(admitting(ada()));
        let (result, store) = create(ports(self_service), role, command(None), store).await;
        let access = result.unwrap();
        assert_eq!(access.role(), Some(OrganizationRole::Owner));
        assert_eq!(access.organization().users_count, 1);
        assert_eq!(access.organization().version, 1);
        assert_eq!(store.committed(), [[Action::OrganizationCreated, Action::MemberAdded]]);
        let [created, added] = &store.events()[..] else { panic!("two events") };
        let id = access.organization().id;
        assert_eq!(created.resource, Resource::Organization(id));
        assert_eq!(created.details["name"], "Acme");
        assert_eq!(created.details["domain"], "acme.com");
        assert_eq!(added.resource, Resource::User(ada().id));
        assert_eq!(added.details["role"], "owner");
        assert_eq!(added.details["source"], "administrator");
        for event in [created, added] {
            assert_eq!(event.organization, Some(id));
            assert_eq!(event.actor, AuditActor::user(&ada()));
            assert_eq!((&event.origin, event.occurred_at), (&origin(), at(60)));
        }
    }
}

#[tokio::test]
async fn a_platform_admin_creates_for_others() {
    let by_email = || OwnerReference::Email("grace@acme.com".parse().unwrap());
    for owner in [grace_by_id(), by_email()] {
        let mut ports = ports(false);
        if matches!(owner, OwnerReference::Email(_)) {
            let account = account_with_password(grace(), "stored");
            ports
                .users
                .expect_by_email()
                .withf(|email| email.key() == "grace@acme.com")
                .times(1)
                .return_once(move |_| Ok(Some(account)));
        }
        let store = FakeStore::with(admitting(grace()));
        let (result, store) = create(ports, Admin, command(Some(owner)), store).await;
        assert_eq!(result.unwrap().role(), None);
        assert_eq!(store.events()[0].actor, AuditActor::user(&ada()));
        assert_eq!(store.events()[1].resource, Resource::User(grace().id));
    }
}

#[tokio::test]
async fn who_has_a_home_keeps_it() {
    let settled = User { home: Some(organization(8, "Home", None).id), ..grace() };
    let (result, store) = create_by_admin(Some(grace_by_id()), admitting(settled)).await;
    assert!(result.is_ok());
    assert_eq!(store.committed().len(), 1);
}

#[tokio::test]
async fn others_create_only_for_themselves_and_where_they_may() {
    let own = || OwnerReference::Id(ada().id);
    for (self_service, owner) in [(false, None), (false, Some(own())), (true, Some(own()))] {
        let case = format!("{self_service} {owner:?}");
        let (result, store) =
            create(ports(self_service), Plain, command(owner), FakeStore::default()).await;
        assert!(matches!(result, Err(Error::Forbidden(_))), "{case}");
        assert_eq!(store.begun(), 0, "{case}");
    }
}

#[tokio::test]
async fn a_domain_that_is_not_ones_own_is_refused() {
    for (role, domain) in [(Plain, "other.com"), (Admin, "gmail.com")] {
        let command =
            CreateOrganizationCommand { domain: Some(domain.parse().unwrap()), ..command(None) };
        let (result, store) = create(ports(true), role, command, FakeStore::default()).await;
        assert!(matches!(result, Err(Error::Invalid(faults)) if faults[0].pointer == "/domain"));
        assert_eq!(store.begun(), 0, "{domain}");
    }
}

#[tokio::test]
async fn nobody_owns_what_is_created_for_nobody() {
    let mut ports = ports(false);
    ports.users.expect_by_email().return_once(|_| Ok(None));
    let stranger = OwnerReference::Email("nobody@acme.com".parse().unwrap());
    let (result, store) = create(ports, Admin, command(Some(stranger)), FakeStore::default()).await;
    assert_owner_refused(&result);
    assert!(store.committed().is_empty());

    let deactivated = User { status: UserStatus::Deactivated, ..grace() };
    for owner in [None, Some(deactivated)] {
        let (result, store) = create_by_admin(Some(grace_by_id()), looking(owner)).await;
        assert_owner_refused(&result);
        assert!(store.committed().is_empty());
    }
}

/// A unit of work in which the insertion conflicts, with what is taken by
/// others: the name, the domain, the external id.
fn conflicting(name: bool, domain: bool, external_id: bool) -> Repositories {
    let mut repositories = finding(ada(), Insertion::Conflict);
    let holder = name.then(|| organization(9, "ACME", None));
    repositories.organizations.expect_find_by_name().return_once(move |_| Ok(holder));
    repositories.organizations.expect_domain_is_taken().return_once(move |_| Ok(domain));
    repositories.organizations.expect_external_id_is_taken().return_once(move |_| Ok(external_id));
    repositories
}

#[tokio::test]
async fn what_others_have_is_named() {
    let refused = async |name, domain, external_id| {
        let (result, store) = create_by_admin(None, conflicting(name, domain, external_id)).await;
        assert!(store.committed().is_empty());
        result.unwrap_err()
    };
    assert!(matches!(refused(true, true, true).await, Error::OrganizationNameTaken));
    assert!(matches!(refused(false, true, true).await, Error::DomainTaken));
    assert!(matches!(refused(false, false, true).await, Error::ExternalIdTaken));
    assert!(matches!(refused(false, false, false).await, Error::StoreUnavailable(_)));
}

#[tokio::test]
async fn an_organization_without_its_owner_is_not_kept() {
    const FULL: Quota = Quota { resource: quota::Resource::Users, limit: Some(0), used: 0 };
    let outcomes: [fn() -> Result<Addition, StoreError>; 3] = [
        || Ok(Addition::AlreadyThere),
        || Ok(Addition::NoRoom(FULL)),
        || Err(StoreError::Failed("disk full".to_owned())),
    ];
    for outcome in outcomes {
        let mut repositories = finding(ada(), Insertion::Inserted);
        repositories.memberships.expect_insert().return_once(move |_, _| outcome());
        let (result, store) = create_by_admin(None, repositories).await;
        assert!(matches!(result, Err(Error::Internal(_))));
        assert!(store.committed().is_empty());
    }
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    for failure in Failure::ALL {
        let prepared = match failure {
            Failure::Begin => None,
            Failure::Append => Some(finding(ada(), Insertion::Inserted)),
            Failure::Commit => Some(admitting(ada())),
        };
        let store = FakeStore::with_each(prepared).failing_at(failure);
        let (result, store) = create(ports(false), Admin, command(None), store).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
}

#[tokio::test]
async fn a_repetition_creates_nothing() {
    for is_first in [true, false] {
        let mut repositories = if is_first { admitting(ada()) } else { Repositories::default() };
        let answered = Claim::Answered(RequestFingerprint([1; 32]), answer());
        let claim = if is_first { Claim::First } else { answered };
        let requests = &mut repositories.answered_requests;
        requests.expect_claim().times(1).return_once(|_, _, _, _, _| Ok(claim));
        requests
            .expect_keep()
            .withf(|_, _, kept| *kept == answer())
            .times(usize::from(is_first))
            .return_once(|_, _, _| Ok(()));
        let store = Arc::new(FakeStore::with(repositories));
        let create = TestPorts { store: store.clone(), ..ports(false) };
        let create = create.into_use_cases().create_organization;
        let outcome = create.execute(&caller(Admin), command(None), repeatable(1)).await;
        match outcome.unwrap() {
            Outcome::Done(_) => assert!(is_first),
            Outcome::Repeated(repeated) => assert!(!is_first && repeated == answer()),
        }
        assert_eq!(store.committed().len(), usize::from(is_first));
    }
}
