//! How organizations come to be while others found theirs.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditActor, AuditEvent, DomainName, MembershipSource, Organization, OrganizationName,
    OrganizationRole, Resource, User, UserRole,
};

use super::{Admission, Founder};
use crate::{
    Error,
    ports::{Addition, Insertion, Installation, Store, StoreError, UnitOfWork},
    testing::{FakeStore, Repositories, SequentialIds, at, organization, origin, settings, user},
};

use Insertion::{Conflict, Inserted};

fn ada() -> User {
    user(1, "ada@acme.com", UserRole::User)
}

fn acme() -> OrganizationName {
    "Acme".parse().unwrap()
}

fn founder() -> Founder {
    Founder { ids: Arc::new(SequentialIds::default()), settings: Arc::new(settings()) }
}

/// The next round of looking: what has the name.
fn expect_name_held_by(
    repositories: &mut Repositories,
    name: &'static str,
    holder: Option<Organization>,
) {
    repositories
        .organizations
        .expect_find_by_name()
        .withf(move |wanted| wanted.as_str() == name)
        .times(1)
        .return_once(move |_| Ok(holder));
}

/// The next round of founding: whether the domain is taken before, and what
/// becomes of the insertion of that organization.
fn expect_founding(
    repositories: &mut Repositories,
    domain: &'static str,
    domain_is_taken: bool,
    name: &'static str,
    outcome: Insertion,
) {
    repositories
        .organizations
        .expect_domain_is_taken()
        .withf(move |wanted| wanted.as_str() == domain)
        .times(1)
        .return_once(move |_| Ok(domain_is_taken));
    let stored = (!domain_is_taken).then_some(domain);
    repositories
        .organizations
        .expect_insert()
        .withf(move |organization| {
            organization.name.as_str() == name
                && organization.domain.as_ref().map(DomainName::as_str) == stored
                && organization.created_at == at(60)
        })
        .times(1)
        .return_once(move |_| Ok(outcome));
}

fn expect_installation(repositories: &mut Repositories, default: Option<&Organization>) {
    let default_organization = default.map(|organization| organization.id);
    let installation = Installation { installed_at: at(0), default_organization };
    repositories.installation.expect_lock().times(1).return_once(move || Ok(installation));
}

/// That the default organization gets its five workspaces.
fn expect_allocation(repositories: &mut Repositories) {
    repositories.installation.expect_set_default_organization().times(1).return_once(|_| Ok(()));
    repositories
        .workspaces
        .expect_insert()
        .withf(|scope, workspaces| {
            let names: Vec<_> = workspaces.iter().map(|each| each.name.as_str()).collect();
            names == ["Workspace 1", "Workspace 2", "Workspace 3", "Workspace 4", "Workspace 5"]
                && workspaces.iter().all(|each| each.organization == scope.organization())
        })
        .times(1)
        .return_once(|_, _| Ok(Addition::Added));
}

/// Runs one step in a unit of work and commits it, as its caller would.
async fn found_or_find(
    repositories: Repositories,
    founder_: &User,
) -> (Result<Admission, Error>, Vec<AuditEvent>) {
    let store = FakeStore::with(repositories);
    let mut work = store.begin().await.unwrap();
    let admission = founder().found_or_find(&mut *work, founder_, &acme(), &origin(), at(60)).await;
    work.commit().await.unwrap();
    (admission, store.events())
}

async fn default_organization(
    repositories: Repositories,
) -> (Result<Admission, Error>, Vec<AuditEvent>) {
    let store = FakeStore::with(repositories);
    let mut work = store.begin().await.unwrap();
    let admission = founder().default_organization(&mut *work, &ada(), &origin(), at(60)).await;
    work.commit().await.unwrap();
    (admission, store.events())
}

fn founded(admission: Result<Admission, Error>) -> Organization {
    match admission.unwrap() {
        Admission::Founded(organization) => organization,
        Admission::Default(_) | Admission::Existing(_) => panic!("nothing was founded"),
    }
}

#[tokio::test]
async fn a_free_name_is_founded_with_the_domain_of_the_founder() {
    let mut repositories = Repositories::default();
    expect_name_held_by(&mut repositories, "Acme", None);
    expect_founding(&mut repositories, "acme.com", false, "Acme", Inserted);
    let (admission, events) = found_or_find(repositories, &ada()).await;
    let organization = founded(admission);
    assert_eq!(organization.domain.unwrap().as_str(), "acme.com");
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!(event.action, Action::OrganizationCreated);
    assert_eq!(event.organization, Some(organization.id));
    assert_eq!(event.resource, Resource::Organization(organization.id));
    assert_eq!(event.actor, AuditActor::user(&ada()));
    assert_eq!((&event.details["name"][..], &event.details["domain"][..]), ("Acme", "acme.com"));
}

#[tokio::test]
async fn a_public_mail_domain_becomes_nobodys() {
    let mut repositories = Repositories::default();
    expect_name_held_by(&mut repositories, "Acme", None);
    repositories
        .organizations
        .expect_insert()
        .withf(|organization| organization.domain.is_none())
        .times(1)
        .return_once(|_| Ok(Inserted));
    let founder = user(1, "ada@gmail.com", UserRole::User);
    let (admission, events) = found_or_find(repositories, &founder).await;
    assert_eq!(founded(admission).domain, None);
    assert!(!events[0].details.contains_key("domain"));
}

#[tokio::test]
async fn the_domain_of_another_organization_stays_theirs() {
    let mut repositories = Repositories::default();
    expect_name_held_by(&mut repositories, "Acme", None);
    expect_founding(&mut repositories, "acme.com", true, "Acme", Inserted);
    let (admission, events) = found_or_find(repositories, &ada()).await;
    assert_eq!(founded(admission).domain, None);
    assert!(!events[0].details.contains_key("domain"));
}

#[tokio::test]
async fn a_name_that_somebody_holds_is_found() {
    let mut repositories = Repositories::default();
    let theirs = organization(9, "ACME", None);
    expect_name_held_by(&mut repositories, "Acme", Some(theirs.clone()));
    let (admission, events) = found_or_find(repositories, &ada()).await;
    assert!(matches!(admission, Ok(Admission::Existing(found)) if found == theirs));
    assert!(events.is_empty());
}

#[tokio::test]
async fn a_name_that_was_taken_meanwhile_is_found_in_the_next_round() {
    let mut repositories = Repositories::default();
    let theirs = organization(9, "Acme", Some("acme.com"));
    expect_name_held_by(&mut repositories, "Acme", None);
    expect_founding(&mut repositories, "acme.com", false, "Acme", Conflict);
    expect_name_held_by(&mut repositories, "Acme", Some(theirs.clone()));
    let (admission, events) = found_or_find(repositories, &ada()).await;
    assert!(matches!(admission, Ok(Admission::Existing(found)) if found == theirs));
    assert!(events.is_empty());
}

#[tokio::test]
async fn a_domain_that_was_taken_meanwhile_is_done_without() {
    let mut repositories = Repositories::default();
    expect_name_held_by(&mut repositories, "Acme", None);
    expect_founding(&mut repositories, "acme.com", false, "Acme", Conflict);
    expect_name_held_by(&mut repositories, "Acme", None);
    expect_founding(&mut repositories, "acme.com", true, "Acme", Inserted);
    let (admission, events) = found_or_find(repositories, &ada()).await;
    assert_eq!(founded(admission).domain, None);
    assert_eq!(events.len(), 1);
}

#[tokio::test]
async fn eight_lost_rounds_are_enough() {
    let mut repositories = Repositories::default();
    for _ in 0..8 {
        expect_name_held_by(&mut repositories, "Acme", None);
        expect_founding(&mut repositories, "acme.com", false, "Acme", Conflict);
    }
    let (admission, events) = found_or_find(repositories, &ada()).await;
    assert!(matches!(admission, Err(Error::StoreUnavailable(_))));
    assert!(events.is_empty());
}

#[tokio::test]
async fn the_default_organization_is_found_by_the_installation() {
    let mut repositories = Repositories::default();
    let default = organization(9, "Whatever", None);
    expect_installation(&mut repositories, Some(&default));
    let found = default.clone();
    repositories.organizations.expect_find().withf(move |id| *id == found.id).return_once({
        let found = default.clone();
        move |_| Ok(Some(found))
    });
    let (admission, events) = default_organization(repositories).await;
    assert!(matches!(admission, Ok(Admission::Default(found)) if found == default));
    assert!(events.is_empty());
}

#[tokio::test]
async fn a_default_organization_that_is_missing_is_a_fault() {
    let mut repositories = Repositories::default();
    expect_installation(&mut repositories, Some(&organization(9, "Whatever", None)));
    repositories.organizations.expect_find().return_once(|_| Ok(None));
    let (admission, _) = default_organization(repositories).await;
    assert!(matches!(admission, Err(Error::Internal(_))));
}

#[tokio::test]
async fn the_default_organization_follows_the_policy() {
    let mut repositories = Repositories::default();
    expect_installation(&mut repositories, None);
    expect_founding(&mut repositories, "neogenesys.com", false, "Default Organization", Inserted);
    expect_allocation(&mut repositories);
    let (admission, events) = default_organization(repositories).await;
    let organization = founded(admission);
    assert_eq!((organization.users_count, organization.workspaces_count), (0, 5));
    let actions: Vec<_> = events.iter().map(|event| event.action).collect();
    assert_eq!(actions, [Action::OrganizationCreated, Action::WorkspacesAllocated]);
    assert!(events.iter().all(|event| event.organization == Some(organization.id)));
    assert_eq!(events[1].details["count"], "5");
}

#[tokio::test]
async fn a_default_organization_whose_domain_is_taken_has_none() {
    let mut repositories = Repositories::default();
    expect_installation(&mut repositories, None);
    expect_founding(&mut repositories, "neogenesys.com", true, "Default Organization", Inserted);
    expect_allocation(&mut repositories);
    let (admission, _) = default_organization(repositories).await;
    assert_eq!(founded(admission).domain, None);
}

#[tokio::test]
async fn a_default_organization_whose_name_is_taken_gets_another() {
    let mut repositories = Repositories::default();
    expect_installation(&mut repositories, None);
    // Every other id is that of the organization which comes to nothing.
    for name in ["Default Organization", "Default Organization 000003e9"] {
        expect_founding(&mut repositories, "neogenesys.com", false, name, Conflict);
        expect_name_held_by(&mut repositories, name, Some(organization(9, name, None)));
    }
    let free = "Default Organization 000003eb";
    expect_founding(&mut repositories, "neogenesys.com", false, free, Inserted);
    expect_allocation(&mut repositories);
    let (admission, events) = default_organization(repositories).await;
    assert_eq!(founded(admission).name.as_str(), free);
    assert_eq!(events.len(), 2);
}

#[tokio::test]
async fn a_default_organization_keeps_its_name_when_its_domain_was_taken_meanwhile() {
    let mut repositories = Repositories::default();
    expect_installation(&mut repositories, None);
    let (domain, name) = ("neogenesys.com", "Default Organization");
    expect_founding(&mut repositories, domain, false, name, Conflict);
    expect_name_held_by(&mut repositories, name, None);
    expect_founding(&mut repositories, domain, true, name, Inserted);
    expect_allocation(&mut repositories);
    let (admission, events) = default_organization(repositories).await;
    let organization = founded(admission);
    assert_eq!((organization.name.as_str(), organization.domain), (name, None));
    assert_eq!(events.len(), 2);
}

#[tokio::test]
async fn eight_taken_default_names_are_enough() {
    let mut repositories = Repositories::default();
    expect_installation(&mut repositories, None);
    repositories.organizations.expect_domain_is_taken().times(8).returning(|_| Ok(false));
    repositories.organizations.expect_insert().times(8).returning(|_| Ok(Conflict));
    let theirs = organization(9, "Theirs", None);
    let find = repositories.organizations.expect_find_by_name().times(8);
    find.returning(move |_| Ok(Some(theirs.clone())));
    let (admission, events) = default_organization(repositories).await;
    assert!(matches!(admission, Err(Error::StoreUnavailable(_))));
    assert!(events.is_empty());
}

async fn add_member(outcome: Result<Addition, StoreError>) -> (Result<(), Error>, FakeStore) {
    let mut repositories = Repositories::default();
    repositories
        .memberships
        .expect_insert()
        .withf(|scope, membership| {
            membership.user == ada().id
                && membership.organization == scope.organization()
                && membership.organization == organization(9, "Acme", None).id
                && membership.role == OrganizationRole::Member
                && membership.source == MembershipSource::Registration
                && membership.joined_at == at(60)
        })
        .times(1)
        .return_once(move |_, _| outcome);
    let store = FakeStore::with(repositories);
    let mut work: Box<dyn UnitOfWork> = store.begin().await.unwrap();
    let (acme, role) = (organization(9, "Acme", None), OrganizationRole::Member);
    let source = MembershipSource::Registration;
    let result =
        founder().add_member(&mut *work, &ada(), &acme, role, source, &origin(), at(60)).await;
    work.commit().await.unwrap();
    (result, store)
}

#[tokio::test]
async fn a_new_member_is_recorded_in_the_trail_of_the_organization() {
    let (result, store) = add_member(Ok(Addition::Added)).await;
    assert!(result.is_ok());
    let events = store.events();
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!((event.action, event.resource), (Action::MemberAdded, Resource::User(ada().id)));
    assert_eq!(event.organization, Some(organization(9, "Acme", None).id));
    assert_eq!(
        (&event.details["role"][..], &event.details["source"][..]),
        ("member", "registration")
    );
}

#[tokio::test]
async fn a_member_is_not_added_twice() {
    let (result, store) = add_member(Ok(Addition::AlreadyThere)).await;
    assert!(matches!(result, Err(Error::Internal(_))));
    assert!(store.events().is_empty());
}

#[tokio::test]
async fn a_membership_that_cannot_be_stored_is_not_recorded() {
    let (result, store) = add_member(Err(StoreError::Unavailable("away".to_owned()))).await;
    assert!(matches!(result, Err(Error::StoreUnavailable(_))));
    assert!(store.events().is_empty());
}
