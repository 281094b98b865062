//! Changing organizations: what is written, and what stands in the way.

use std::{collections::BTreeMap, sync::Arc};

use guildhall_domain::{
    Action, AuditActor, Metadata, Organization, OrganizationProfile, OrganizationRole,
    OrganizationSettings, OrganizationStatus, Resource, UserRole,
};

use super::OrganizationPatch;
use crate::{
    Access, Error, ExpectedVersion, Patch, UseCases,
    ports::{Change, StoreError},
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, access, at, caller, locking,
        organization, origin,
    },
};

use OrganizationRole::{Admin, Member, Owner};

fn pairs(pairs: &[(&str, &str)]) -> Metadata {
    let owned = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    owned.collect::<BTreeMap<_, _>>().try_into().unwrap()
}

/// `Acme` in its third version.
fn acme() -> Organization {
    Organization {
        external_id: Some("crm-7".parse().unwrap()),
        metadata: pairs(&[("plan", "gold"), ("region", "eu")]),
        version: 3,
        ..organization(7, "Acme", Some("acme.com"))
    }
}

/// A unit of work of an admin in `Acme` in which nobody has what it asks for.
fn unopposed() -> Repositories {
    let mut repositories = locking(Some(access(acme(), Admin, UserRole::User)));
    repositories.organizations.expect_find_by_name().returning(|_| Ok(None));
    repositories.organizations.expect_domain_is_taken().returning(|_| Ok(false));
    repositories.organizations.expect_external_id_is_taken().returning(|_| Ok(false));
    repositories
}

/// The same, in which `Acme` becomes that, a minute after the epoch.
fn updating(after: Organization) -> Repositories {
    let mut repositories = unopposed();
    let after = Organization { version: 4, updated_at: at(60), ..after };
    repositories
        .organizations
        .expect_update()
        .withf(move |scope, organization| {
            scope.organization() == acme().id
                && organization.name.as_str() == after.name.as_str()
                && *organization == after
        })
        .times(1)
        .return_once(|_, _| Ok(Change::Made));
    repositories
}

fn over(store: FakeStore) -> (UseCases, Arc<FakeStore>) {
    let store = Arc::new(store);
    let clock = FixedClock(at(60));
    let ports = TestPorts { store: store.clone(), clock, ..TestPorts::default() };
    (ports.into_use_cases(), store)
}

async fn patch_version(
    expected: ExpectedVersion,
    patch: OrganizationPatch,
    store: FakeStore,
) -> (Result<Access, Error>, Arc<FakeStore>) {
    let (use_cases, store) = over(store);
    let change = &use_cases.change_organization;
    (change.patch(&caller(UserRole::User), acme().id, &expected, patch).await, store)
}

async fn patch(
    patch: OrganizationPatch,
    repositories: Repositories,
) -> (Result<Access, Error>, Arc<FakeStore>) {
    patch_version(ExpectedVersion::Any, patch, FakeStore::with(repositories)).await
}

fn renamed(name: &str) -> OrganizationPatch {
    OrganizationPatch { name: Some(name.parse().unwrap()), ..OrganizationPatch::default() }
}

#[tokio::test]
async fn a_patch_changes_what_it_names() {
    let merge = BTreeMap::from([
        ("plan".to_owned(), Some("platinum".to_owned())),
        ("region".to_owned(), None),
    ]);
    let cases = [
        (renamed("Apex"), Organization { name: "Apex".parse().unwrap(), ..acme() }, "name"),
        // Names are compared in any case, but shown as they were given.
        (renamed("ACME"), Organization { name: "ACME".parse().unwrap(), ..acme() }, "name"),
        (
            OrganizationPatch { domain: Patch::Clear, ..OrganizationPatch::default() },
            Organization { domain: None, ..acme() },
            "domain",
        ),
        (
            OrganizationPatch {
                external_id: Patch::Set("crm-8".parse().unwrap()),
                ..OrganizationPatch::default()
            },
            Organization { external_id: Some("crm-8".parse().unwrap()), ..acme() },
            "external_id",
        ),
        (
            OrganizationPatch { metadata: Patch::Set(merge), ..OrganizationPatch::default() },
            Organization { metadata: pairs(&[("plan", "platinum")]), ..acme() },
            "metadata",
        ),
        (
            OrganizationPatch {
                metadata: Patch::Clear,
                auto_join: Some(false),
                ..OrganizationPatch::default()
            },
            Organization {
                metadata: Metadata::default(),
                settings: OrganizationSettings { auto_join: false },
                ..acme()
            },
            "metadata,settings",
        ),
    ];
    for (change, after, fields) in cases {
        let (result, store) = patch(change, updating(after.clone())).await;
        let changed = result.unwrap();
        assert_eq!(changed.role(), Some(Admin));
        let changed = changed.organization();
        assert_eq!((changed.version, changed.updated_at), (4, at(60)), "{fields}");
        assert_eq!(changed.name.as_str(), after.name.as_str());
        assert_eq!(store.committed(), [[Action::OrganizationUpdated]], "{fields}");
        let event = &store.events()[0];
        assert_eq!(event.organization, Some(acme().id));
        assert_eq!(event.resource, Resource::Organization(acme().id));
        assert_eq!(event.actor, AuditActor::user(&caller(UserRole::User).user));
        assert_eq!((&event.origin, event.occurred_at), (&origin(), at(60)));
        assert_eq!(event.details["fields"], fields);
    }
}

#[tokio::test]
async fn a_replacement_replaces_everything() {
    let profile = OrganizationProfile {
        name: "Apex".parse().unwrap(),
        domain: None,
        external_id: None,
        metadata: pairs(&[("plan", "gold")]),
        settings: OrganizationSettings { auto_join: false },
    };
    let mut after = acme();
    after.set_profile(profile.clone());
    let (use_cases, store) = over(FakeStore::with(updating(after)));
    let result = use_cases
        .change_organization
        .replace(&caller(UserRole::User), acme().id, &ExpectedVersion::Any, profile.clone())
        .await;
    assert_eq!(result.unwrap().organization().profile(), profile);
    let fields = &store.events()[0].details["fields"];
    assert_eq!(fields, "name,domain,external_id,metadata,settings");
}

#[tokio::test]
async fn what_changes_nothing_writes_nothing() {
    let same = OrganizationPatch {
        name: Some(acme().name),
        domain: Patch::Set(acme().domain.unwrap()),
        auto_join: Some(true),
        ..OrganizationPatch::default()
    };
    for change in [OrganizationPatch::default(), same] {
        let found = locking(Some(access(acme(), Admin, UserRole::User)));
        let (result, store) = patch(change, found).await;
        assert_eq!(*result.unwrap().organization(), acme());
        assert!(store.committed().is_empty());
    }
}

#[tokio::test]
async fn only_the_version_that_was_seen_is_changed() {
    for (seen, passes) in [(vec![3], true), (vec![1, 3], true), (vec![2], false), (vec![], false)] {
        let prepared = if passes {
            updating(Organization { domain: None, ..acme() })
        } else {
            locking(Some(access(acme(), Admin, UserRole::User)))
        };
        let change = OrganizationPatch { domain: Patch::Clear, ..OrganizationPatch::default() };
        let expected = ExpectedVersion::OneOf(seen.clone());
        let (result, store) = patch_version(expected, change, FakeStore::with(prepared)).await;
        assert_eq!(store.committed().len(), usize::from(passes), "{seen:?}");
        match result {
            Ok(_) => assert!(passes, "{seen:?}"),
            Err(error) => assert!(matches!(error, Error::VersionMismatch), "{error:?}"),
        }
    }
}

#[tokio::test]
async fn who_may_not_change_it_changes_nothing() {
    let (result, store) = patch(renamed("Apex"), locking(None)).await;
    assert!(matches!(result, Err(Error::NotFound)));
    assert!(store.committed().is_empty());

    // The version is nothing to those who may not change it.
    let as_member = access(acme(), Member, UserRole::User);
    let store = FakeStore::with(locking(Some(as_member)));
    let unseen = ExpectedVersion::OneOf(vec![1]);
    let (result, store) = patch_version(unseen, renamed("Apex"), store).await;
    assert!(matches!(result, Err(Error::Forbidden("organization:update"))));
    assert!(store.committed().is_empty());

    let suspended = || Organization { status: OrganizationStatus::Suspended, ..acme() };
    for (role, user) in [
        (Some(Owner), UserRole::User),
        (Some(Admin), UserRole::User),
        (Some(Member), UserRole::User),
        (None, UserRole::Admin),
    ] {
        let found = locking(Some(access(suspended(), role, user)));
        let (result, store) = patch(renamed("Apex"), found).await;
        assert!(matches!(result, Err(Error::OrganizationSuspended)), "{role:?}");
        assert!(store.committed().is_empty(), "{role:?}");
    }
}

#[tokio::test]
async fn metadata_stays_within_its_bounds() {
    let many = (0..=Metadata::MAX_KEYS).map(|n| (format!("key {n}"), Some(String::new())));
    let metadata = Patch::Set(many.collect());
    let change = OrganizationPatch { metadata, ..OrganizationPatch::default() };
    let (result, store) = patch(change, unopposed()).await;
    assert!(matches!(result, Err(Error::Invalid(faults)) if faults[0].pointer == "/metadata"));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn a_domain_of_others_is_kept_but_not_claimed() {
    let claim = |domain: &str| OrganizationPatch {
        domain: Patch::Set(domain.parse().unwrap()),
        ..OrganizationPatch::default()
    };
    let (result, store) = patch(claim("other.com"), unopposed()).await;
    assert!(matches!(result, Err(Error::Invalid(faults)) if faults[0].pointer == "/domain"));
    assert!(store.committed().is_empty());

    // A platform admin gave it another one; its own admin renames it.
    let given = Organization { domain: Some("other.com".parse().unwrap()), ..acme() };
    let mut repositories = locking(Some(access(given, Admin, UserRole::User)));
    repositories.organizations.expect_find_by_name().return_once(|_| Ok(None));
    repositories.organizations.expect_update().return_once(|_, _| Ok(Change::Made));
    let (result, store) = patch(
        OrganizationPatch { name: Some("Apex".parse().unwrap()), ..claim("other.com") },
        repositories,
    )
    .await;
    assert!(result.is_ok());
    assert_eq!(store.events()[0].details["fields"], "name");
}

#[tokio::test]
async fn what_others_have_is_named() {
    let change = || OrganizationPatch {
        external_id: Patch::Set("crm-8".parse().unwrap()),
        domain: Patch::Set("acme.com".parse().unwrap()),
        ..renamed("Apex")
    };
    let without_domain = Organization { domain: None, ..acme() };
    let refused = async |name: bool, domain: bool, external_id: bool| {
        let found = access(without_domain.clone(), Admin, UserRole::User);
        let mut repositories = locking(Some(found));
        let holder = name.then(|| organization(9, "APEX", None));
        let organizations = &mut repositories.organizations;
        organizations.expect_find_by_name().return_once(move |_| Ok(holder));
        organizations.expect_domain_is_taken().return_once(move |_| Ok(domain));
        organizations.expect_external_id_is_taken().return_once(move |_| Ok(external_id));
        if !(name || domain || external_id) {
            organizations.expect_update().times(1).return_once(|_, _| Ok(Change::Conflict));
        }
        let (result, store) = patch(change(), repositories).await;
        assert!(store.committed().is_empty());
        result.unwrap_err()
    };
    assert!(matches!(refused(true, true, true).await, Error::OrganizationNameTaken));
    assert!(matches!(refused(false, true, true).await, Error::DomainTaken));
    assert!(matches!(refused(false, false, true).await, Error::ExternalIdTaken));
    assert!(matches!(refused(false, false, false).await, Error::StoreUnavailable(_)));
}

#[tokio::test]
async fn what_it_has_itself_is_no_conflict() {
    let mut repositories = locking(Some(access(acme(), Admin, UserRole::User)));
    repositories.organizations.expect_find_by_name().return_once(|_| Ok(Some(acme())));
    repositories.organizations.expect_update().return_once(|_, _| Ok(Change::Made));
    let change = OrganizationPatch { auto_join: Some(false), ..OrganizationPatch::default() };
    let (result, store) = patch(change, repositories).await;
    assert!(result.is_ok());
    assert_eq!(store.committed(), [[Action::OrganizationUpdated]]);
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    for failure in Failure::ALL {
        let after = Organization { name: "Apex".parse().unwrap(), ..acme() };
        let prepared = (failure != Failure::Begin).then(|| updating(after));
        let store = FakeStore::with_each(prepared).failing_at(failure);
        let (result, store) = patch_version(ExpectedVersion::Any, renamed("Apex"), store).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
    let mut failing = unopposed();
    let failed = || StoreError::Failed("disk full".to_owned());
    failing.organizations.expect_update().return_once(move |_, _| Err(failed()));
    let (result, store) = patch(renamed("Apex"), failing).await;
    assert!(matches!(result, Err(Error::Internal(_))));
    assert!(store.committed().is_empty());
}
