//! Registering: into which organization, as what, and that nothing remains of
//! a registration that was refused.

mod invited;

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use guildhall_domain::{
    Action, AuditActor, AutoJoin, MembershipSource, Organization, OrganizationRole,
    RegistrationMode, Resource, User, UserRole,
};

use super::{Entrance, RegisterCommand};
use crate::{
    Error,
    auth::SignedIn,
    ports::{AccessToken, Addition, HashingError, Insertion, Installation, Refusal, StoreError},
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, account_with_password, at,
        new_password, organization, origin, password_hash, session, token_hash, user,
    },
};

const PASSWORD: &str = "correct horse battery staple";

fn command(organization: Option<&str>) -> RegisterCommand {
    RegisterCommand {
        email: "ada@acme.com".parse().unwrap(),
        password: new_password(PASSWORD),
        name: "Ada Lovelace".parse().unwrap(),
        entrance: organization
            .map_or(Entrance::Default, |name| Entrance::Named(name.parse().unwrap())),
    }
}

/// An hour after the epoch, with an address that is free and a hasher that works.
fn ports() -> TestPorts {
    let mut ports = TestPorts { clock: FixedClock(at(3600)), ..TestPorts::default() };
    ports.users.expect_by_email().times(1).return_once(|_| Ok(None));
    ports
        .hasher
        .expect_hash()
        .withf(|password| password.expose() == PASSWORD)
        .times(1)
        .return_once(|_| Ok(password_hash("hashed")));
    ports.tokens.expect_issue().returning(|| (AccessToken::new("token".into()), token_hash(7)));
    ports
}

/// A unit of work in which the account is added and gets a session.
fn inserting() -> Repositories {
    let mut repositories = Repositories::default();
    repositories
        .users
        .expect_insert()
        .withf(|user, password| {
            user.email.as_str() == "ada@acme.com"
                && user.role == UserRole::User
                && (user.home, user.last_sign_in_at) == (None, Some(at(3600)))
                && *password == password_hash("hashed")
        })
        .times(1)
        .return_once(|_, _| Ok(Insertion::Inserted));
    repositories
        .sessions
        .expect_insert()
        .withf(|session, token| session.origin == origin() && *token == token_hash(7))
        .times(1)
        .return_once(|_, _| Ok(()));
    repositories
}

/// A unit of work in which the account becomes a member.
fn entering(role: OrganizationRole) -> Repositories {
    let mut repositories = inserting();
    repositories
        .memberships
        .expect_insert()
        .withf(move |_, membership| {
            membership.role == role && membership.source == MembershipSource::Registration
        })
        .times(1)
        .return_once(|_, _| Ok(Addition::Added));
    repositories
        .users
        .expect_update()
        .withf(|user| user.home.is_some())
        .times(1)
        .return_once(|_| Ok(()));
    repositories
}

fn expect_founding(repositories: &mut Repositories) {
    repositories.organizations.expect_domain_is_taken().return_once(|_| Ok(false));
    repositories.organizations.expect_insert().times(1).return_once(|_| Ok(Insertion::Inserted));
}

/// Founding `Acme`, which nobody holds.
fn founding() -> Repositories {
    let mut repositories = entering(OrganizationRole::Owner);
    repositories.organizations.expect_find_by_name().return_once(|_| Ok(None));
    expect_founding(&mut repositories);
    repositories
}

fn expect_installation(repositories: &mut Repositories, default: Option<&Organization>) {
    let default_organization = default.map(|organization| organization.id);
    let installation = Installation { installed_at: at(0), default_organization };
    repositories.installation.expect_lock().times(1).return_once(move || Ok(installation));
}

async fn register(
    mut ports: TestPorts,
    store: FakeStore,
    command: RegisterCommand,
) -> (Result<SignedIn, Error>, FakeStore) {
    let store = Arc::new(store);
    ports.store = store.clone();
    let result = ports.into_use_cases().register.execute(&origin(), command).await;
    (result, Arc::into_inner(store).unwrap())
}

const FOUNDED: [Action; 3] =
    [Action::UserRegistered, Action::OrganizationCreated, Action::MemberAdded];
const JOINED: [Action; 2] = [Action::UserRegistered, Action::MemberAdded];

#[tokio::test]
async fn whoever_names_a_new_organization_owns_it() {
    let store = FakeStore::with(founding());
    let (result, store) = register(ports(), store, command(Some("Acme"))).await;
    let signed_in = result.unwrap();
    assert_eq!(signed_in.token.expose(), "token");
    assert_eq!(signed_in.expires_in, TimeDelta::days(7));
    assert_eq!(signed_in.account.organization.as_deref(), Some("Acme"));
    assert_eq!(store.committed(), [FOUNDED]);
    let (user, events) = (&signed_in.account.user, store.events());
    assert_eq!((events[0].resource, events[0].organization), (Resource::User(user.id), None));
    // The ids count up: the user's is the first, the session's the second.
    assert_eq!(events[0].details["session"], session(1001, user.id).id.to_string());
    assert_eq!(events[1].organization, user.home);
    assert_eq!(events[2].details["role"], "owner");
    for event in events {
        assert_eq!(event.actor, AuditActor::user(user));
        assert_eq!((event.origin, event.occurred_at), (origin(), at(3600)));
    }
}

#[tokio::test]
async fn whoever_names_none_founds_the_default_organization() {
    let mut repositories = entering(OrganizationRole::Owner);
    expect_installation(&mut repositories, None);
    expect_founding(&mut repositories);
    repositories.installation.expect_set_default_organization().times(1).return_once(|_| Ok(()));
    repositories
        .workspaces
        .expect_insert()
        .withf(|_, workspaces| workspaces.len() == 5)
        .times(1)
        .return_once(|_, _| Ok(Addition::Added));
    let (result, store) = register(ports(), FakeStore::with(repositories), command(None)).await;
    let organization = result.unwrap().account.organization;
    assert_eq!(organization.as_deref(), Some("Default Organization"));
    let [registered, created, added] = FOUNDED;
    assert_eq!(store.committed(), [[registered, created, Action::WorkspacesAllocated, added]]);
}

#[tokio::test]
async fn whoever_names_none_joins_the_default_organization_whatever_the_address() {
    let mut repositories = entering(OrganizationRole::Member);
    let default = organization(9, "Default Organization", Some("neogenesys.com"));
    expect_installation(&mut repositories, Some(&default));
    let id = default.id;
    repositories.organizations.expect_find().return_once(move |_| Ok(Some(default)));
    let mut ports = ports();
    ports.settings.auto_join = AutoJoin::Off;
    let (result, store) = register(ports, FakeStore::with(repositories), command(None)).await;
    assert_eq!(result.unwrap().account.user.home, Some(id));
    assert_eq!(store.committed(), [JOINED]);
}

#[tokio::test]
async fn an_address_of_its_domain_joins_an_existing_organization() {
    let mut repositories = entering(OrganizationRole::Member);
    let acme = organization(9, "ACME", Some("acme.com"));
    repositories.organizations.expect_find_by_name().return_once(move |_| Ok(Some(acme)));
    let store = FakeStore::with(repositories);
    let (result, store) = register(ports(), store, command(Some("Acme"))).await;
    assert_eq!(result.unwrap().account.organization.as_deref(), Some("ACME"));
    assert_eq!(store.committed(), [JOINED]);
}

#[tokio::test]
async fn the_organization_of_a_stranger_is_a_conflict_that_leaves_nothing() {
    for (auto_join, domain) in [
        (AutoJoin::EmailDomain, Some("example.org")),
        (AutoJoin::EmailDomain, None),
        (AutoJoin::VerifiedDomain, Some("acme.com")),
        (AutoJoin::Off, Some("acme.com")),
    ] {
        let mut repositories = inserting();
        let theirs = organization(9, "Acme", domain);
        repositories.organizations.expect_find_by_name().return_once(move |_| Ok(Some(theirs)));
        let mut ports = ports();
        ports.settings.auto_join = auto_join;
        let store = FakeStore::with(repositories);
        let (result, store) = register(ports, store, command(Some("Acme"))).await;
        let case = format!("{auto_join:?} {domain:?}");
        assert!(matches!(result, Err(Error::OrganizationNameTaken)), "{case}");
        assert!(store.committed().is_empty(), "{case}");
    }
}

#[tokio::test]
async fn a_name_that_was_taken_meanwhile_is_joined_or_refused() {
    for (domain, joins) in [("acme.com", true), ("example.org", false)] {
        let mut repositories = if joins { entering(OrganizationRole::Member) } else { inserting() };
        repositories.organizations.expect_find_by_name().times(1).return_once(|_| Ok(None));
        repositories.organizations.expect_domain_is_taken().return_once(|_| Ok(false));
        repositories
            .organizations
            .expect_insert()
            .times(1)
            .return_once(|_| Ok(Insertion::Conflict));
        let quicker = organization(9, "Acme", Some(domain));
        repositories
            .organizations
            .expect_find_by_name()
            .times(1)
            .return_once(move |_| Ok(Some(quicker)));
        let store = FakeStore::with(repositories);
        let (result, store) = register(ports(), store, command(Some("Acme"))).await;
        if joins {
            assert!(result.is_ok());
            assert_eq!(store.committed(), [JOINED]);
        } else {
            assert!(matches!(result, Err(Error::OrganizationNameTaken)));
            assert!(store.committed().is_empty());
        }
    }
}

#[tokio::test]
async fn a_name_without_end_to_its_contention_keeps_nothing() {
    let mut repositories = inserting();
    repositories.organizations.expect_find_by_name().returning(|_| Ok(None));
    repositories.organizations.expect_domain_is_taken().returning(|_| Ok(false));
    repositories.organizations.expect_insert().returning(|_| Ok(Insertion::Conflict));
    let store = FakeStore::with(repositories);
    let (result, store) = register(ports(), store, command(Some("Acme"))).await;
    assert!(matches!(result, Err(Error::StoreUnavailable(_))));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn a_registered_address_costs_no_hash() {
    let mut ports = TestPorts::default();
    let theirs = account_with_password(user(1, "ada@acme.com", UserRole::User), "stored");
    ports.users.expect_by_email().return_once(move |_| Ok(Some(theirs)));
    let (result, store) = register(ports, FakeStore::default(), command(None)).await;
    assert!(matches!(result, Err(Error::EmailTaken)));
    assert_eq!(store.begun(), 0);
}

#[tokio::test]
async fn an_address_that_was_taken_while_hashing_keeps_nothing() {
    let mut repositories = Repositories::default();
    repositories.users.expect_insert().return_once(|_, _| Ok(Insertion::Conflict));
    let (result, store) = register(ports(), FakeStore::with(repositories), command(None)).await;
    assert!(matches!(result, Err(Error::EmailTaken)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn the_address_is_no_password() {
    let command = RegisterCommand {
        email: "wolfgang.zwiebelkuchen@acme.com".parse().unwrap(),
        password: new_password("Wolfgang.Zwiebelkuchen@acme.com"),
        ..command(None)
    };
    let (result, store) = register(TestPorts::default(), FakeStore::default(), command).await;
    let Err(Error::Invalid(faults)) = result else { panic!("{result:?}") };
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].pointer, "/password");
    assert_eq!(store.begun(), 0);
}

#[tokio::test]
async fn closed_registration_says_what_would_open_it() {
    for (mode, organization, advice) in [
        (RegistrationMode::Named, None, "Name the organization"),
        (RegistrationMode::Invited, None, "by invitation only"),
        (RegistrationMode::Invited, Some("Acme"), "by invitation only"),
    ] {
        let mut ports = TestPorts::default();
        ports.settings.registration = mode;
        let (result, store) = register(ports, FakeStore::default(), command(organization)).await;
        let Err(Error::RegistrationClosed(reason)) = result else { panic!("{result:?}") };
        assert!(reason.contains(advice), "{mode:?}: {reason}");
        assert_eq!(store.begun(), 0);
    }
}

#[tokio::test]
async fn named_registration_admits_who_names_an_organization() {
    let mut ports = ports();
    ports.settings.registration = RegistrationMode::Named;
    let store = FakeStore::with(founding());
    let (result, store) = register(ports, store, command(Some("Acme"))).await;
    assert!(result.is_ok());
    assert_eq!(store.committed(), [FOUNDED]);
}

#[tokio::test]
async fn the_throttle_counts_addresses_and_comes_before_any_work() {
    let mut ports = TestPorts::default();
    ports
        .throttle
        .expect_admit()
        .withf(|address, account| *address == origin().ip_address && account.is_none())
        .times(1)
        .return_once(|_, _| Err(Refusal { retry_after: Duration::from_secs(9), is_first: true }));
    let (result, store) = register(ports, FakeStore::default(), command(None)).await;
    assert!(
        matches!(result, Err(Error::TooManyAttempts { retry_after }) if retry_after.as_secs() == 9)
    );
    assert_eq!(store.begun(), 0);
}

#[tokio::test]
async fn a_hasher_that_gives_up_leaves_no_trace() {
    let mut ports = TestPorts::default();
    ports.users.expect_by_email().return_once(|_| Ok(None));
    ports.hasher.expect_hash().return_once(|_| Err(HashingError::Overloaded));
    let (result, store) = register(ports, FakeStore::default(), command(None)).await;
    assert!(matches!(result, Err(Error::Overloaded)));
    assert_eq!(store.begun(), 0);
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    for failure in Failure::ALL {
        let prepared = match failure {
            Failure::Begin => None,
            Failure::Append => Some(inserting()),
            Failure::Commit => Some(founding()),
        };
        let store = FakeStore::with_each(prepared).failing_at(failure);
        let (result, store) = register(ports(), store, command(Some("Acme"))).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
}

#[tokio::test]
async fn a_failure_at_the_last_step_keeps_nothing() {
    let mut repositories = inserting();
    repositories.organizations.expect_find_by_name().return_once(|_| Ok(None));
    expect_founding(&mut repositories);
    repositories.memberships.expect_insert().return_once(|_, _| Ok(Addition::Added));
    let failed = || StoreError::Failed("disk full".to_owned());
    repositories.users.expect_update().return_once(move |_: &User| Err(failed()));
    let store = FakeStore::with(repositories);
    let (result, store) = register(ports(), store, command(Some("Acme"))).await;
    assert!(matches!(result, Err(Error::Internal(_))));
    assert!(store.committed().is_empty());
}
