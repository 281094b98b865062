//! Managing organizations: what a lock shows and keeps, what an update writes,
//! what becomes of a deleted one.

use std::{collections::BTreeMap, time::Duration};

use guildhall_domain::{
    Organization, OrganizationRole, OrganizationSettings, OrganizationStatus, Permission, Quotas,
};
use tokio::time;

use super::{
    StoreUnderTest,
    support::{admin, at, id, organization, user, viewer},
};
use crate::{
    Access, Scope,
    ports::{Change, Insertion},
};

/// Writes an organization as it is now, and commits.
pub(super) async fn change(store: &StoreUnderTest, organization: &Organization) {
    let mut work = store.begin().await;
    let scope = Scope::of_entrant(organization);
    let outcome = work.organizations().update(&scope, organization).await.unwrap();
    assert_eq!(outcome, Change::Made, "{organization:?}");
    work.commit().await.unwrap();
}

/// Deletes an organization, and commits.
pub(super) async fn delete(store: &StoreUnderTest, organization: &Organization, micros: i64) {
    change(store, &Organization { deleted_at: Some(at(micros)), ..organization.clone() }).await;
}

/// An organization with every field filled in.
fn full(name: &str) -> Organization {
    let pairs = [
        ("plan", "gold"),
        ("empty", ""),
        ("👩‍👩‍👧‍👦", "👩🏽‍🚀 \u{10FFFF}"),
        ("ключ \"%_\\'", "\" \\ ' {\"json\": [null]} \\u0000"),
        ("שלום", "\u{202E}backwards\u{2069} \u{FEFF}\u{FFFD}"),
        ("decomposed", "e\u{301} is not \u{E9}"),
        ("controls", "\u{1}\t\r\n\u{7F}\u{85}\u{2028}"),
    ];
    let pairs: BTreeMap<_, _> =
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Organization {
        domain: Some("bücher.example".parse().unwrap()),
        external_id: Some("crm/№ 7 🦀".parse().unwrap()),
        metadata: pairs.try_into().unwrap(),
        settings: OrganizationSettings { auto_join: false },
        status: OrganizationStatus::Suspended,
        quotas: Quotas { users: Some(u32::MAX), workspaces: Some(0), invitations: Some(7) },
        updated_at: at(1_000_001),
        deleted_at: Some(at(1_000_002)),
        version: i64::MAX.cast_unsigned(),
        ..organization(name, at(0))
    }
}

/// To a stranger nothing, to a member their role, to a platform admin
/// everything; and a deleted organization only to who asks for a deleted one.
pub async fn a_lock_shows_what_the_viewer_is(store: StoreUnderTest) {
    let (acme, gone) = (organization("Acme", at(0)), organization("Gone", at(1)));
    let (ada, bob, eve) = (user("ada@acme.com"), user("bob@acme.com"), user("eve@other.com"));
    let (root, both) = (admin("root@example.com"), admin("both@example.com"));
    store.add_organizations(&[acme.clone(), gone.clone()]).await;
    store.add_users(&[&ada, &bob, &eve, &root, &both].map(Clone::clone)).await;
    let (member, manager) = (OrganizationRole::Member, OrganizationRole::Admin);
    for organization in [&acme, &gone] {
        let members = [(&ada, member), (&bob, manager), (&both, member)];
        store.add_members(organization, &members).await;
    }
    delete(&store, &gone, 9).await;
    for (user, expected) in [
        (&ada, Some(Some(member))),
        (&bob, Some(Some(manager))),
        (&eve, None),
        (&root, Some(None)),
        (&both, Some(Some(member))),
    ] {
        let (eyes, who) = (viewer(user), user.email.as_str());
        let mut work = store.begin().await;
        let found = work.organizations().lock(eyes, acme.id).await.unwrap();
        assert_eq!(found, store.organizations.access(eyes, acme.id).await.unwrap(), "{who}");
        assert_eq!(found.as_ref().map(Access::role), expected, "{who}");
        assert!(found.is_none_or(|access| access.organization().users_count == 3));
        let found = work.organizations().lock_deleted(eyes, gone.id).await.unwrap();
        assert_eq!(found.as_ref().map(Access::role), expected, "{who}");
        assert!(found.is_none_or(|access| access.organization().deleted_at == Some(at(9))));

        assert_eq!(work.organizations().lock(eyes, gone.id).await.unwrap(), None, "{who}");
        assert_eq!(work.organizations().lock_deleted(eyes, acme.id).await.unwrap(), None, "{who}");
        assert_eq!(work.organizations().lock(eyes, id()).await.unwrap(), None, "{who}");
        assert_eq!(work.organizations().lock_deleted(eyes, id()).await.unwrap(), None, "{who}");
        assert_eq!(store.organizations.access(eyes, gone.id).await.unwrap(), None, "{who}");
    }
}

/// Who locks the same organization waits, and then sees what was changed.
pub async fn a_lock_keeps_others_waiting(store: StoreUnderTest) {
    let (acme, root) = (organization("Acme", at(0)), store.add_admin().await);
    store.add_organizations(std::slice::from_ref(&acme)).await;
    let mut work = store.begin().await;
    let access = work.organizations().lock(viewer(&root), acme.id).await.unwrap().unwrap();
    let second = tokio::spawn({
        let (store, root, id) = (store.clone(), root.clone(), acme.id);
        async move {
            let mut work = store.begin().await;
            work.organizations().lock(viewer(&root), id).await.unwrap().unwrap()
        }
    });
    time::sleep(Duration::from_millis(100)).await;
    assert!(!second.is_finished(), "it must wait for the first");
    let scope = access.require(Permission::UpdateOrganization).unwrap();
    let suspended = Organization { status: OrganizationStatus::Suspended, version: 2, ..acme };
    let outcome = work.organizations().update(&scope, &suspended).await.unwrap();
    assert_eq!(outcome, Change::Made);
    work.commit().await.unwrap();
    assert_eq!(second.await.unwrap().organization(), &suspended);
}

/// Whoever it is about to take in, be it suspended; locked as for others.
pub async fn an_entrant_locks_what_is_not_deleted(store: StoreUnderTest) {
    let (acme, gone) = (organization("Acme", at(0)), organization("Gone", at(1)));
    store.add_organizations(&[acme.clone(), gone.clone()]).await;
    delete(&store, &gone, 9).await;
    let suspended = Organization { status: OrganizationStatus::Suspended, ..acme.clone() };
    let mut work = store.begin().await;
    assert_eq!(work.organizations().lock_for_entrant(gone.id).await.unwrap(), None);
    assert_eq!(work.organizations().lock_for_entrant(id()).await.unwrap(), None);
    let found = work.organizations().lock_for_entrant(acme.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&acme));
    let second = tokio::spawn({
        let (store, id) = (store.clone(), acme.id);
        async move { store.begin().await.organizations().lock_for_entrant(id).await.unwrap() }
    });
    time::sleep(Duration::from_millis(100)).await;
    assert!(!second.is_finished(), "it must wait for the first");
    let scope = Scope::of_entrant(&acme);
    let outcome = work.organizations().update(&scope, &suspended).await.unwrap();
    assert_eq!(outcome, Change::Made);
    work.commit().await.unwrap();
    assert_eq!(second.await.unwrap(), Some(suspended));
}

/// Only the default organization is forgotten as that, and stays marked as one.
pub async fn the_default_organization_is_forgotten(store: StoreUnderTest) {
    let (acme, other) = (organization("Acme", at(0)), organization("Other", at(1)));
    let root = store.add_admin().await;
    store.add_organizations(&[acme.clone(), other.clone()]).await;
    let mut work = store.begin().await;
    work.installation().set_default_organization(acme.id).await.unwrap();
    work.commit().await.unwrap();
    let is_default = async |organization: &Organization| {
        let mut work = store.begin().await;
        let locked = work.organizations().lock(viewer(&root), organization.id).await.unwrap();
        let found = store.organizations.access(viewer(&root), organization.id).await.unwrap();
        assert_eq!(locked, found);
        found.unwrap().organization().is_default
    };
    for (forgotten, remains) in [(&other, true), (&acme, false), (&acme, false)] {
        let mut work = store.begin().await;
        let scope = Scope::of_entrant(forgotten);
        work.installation().forget_default_organization(&scope).await.unwrap();
        let default = work.installation().lock().await.unwrap().default_organization;
        assert_eq!(default, remains.then_some(acme.id));
        work.commit().await.unwrap();
        assert!(is_default(&acme).await && !is_default(&other).await);
    }
}

/// To something and back to nothing; but neither the counts nor the creation,
/// and nothing of another organization.
pub async fn an_update_writes_every_field(store: StoreUnderTest) {
    let (acme, other) = (organization("Acme", at(0)), organization("Other", at(5)));
    let root = viewer(&store.add_admin().await);
    store.add_organizations(&[acme.clone(), other.clone()]).await;
    let full = Organization { id: acme.id, ..full("ACME 🦀 \u{5D0}") };
    for expected in [full, acme] {
        let meddling = Organization {
            users_count: 9,
            workspaces_count: 9,
            created_at: at(77),
            ..expected.clone()
        };
        change(&store, &meddling).await;
        let mut work = store.begin().await;
        let found = work.organizations().find(expected.id).await.unwrap().unwrap();
        assert_eq!(found, expected);
        assert_eq!(found.name.as_str(), expected.name.as_str());
        let access = match expected.deleted_at {
            Some(_) => work.organizations().lock_deleted(root, expected.id).await.unwrap(),
            None => work.organizations().lock(root, expected.id).await.unwrap(),
        };
        assert_eq!(access.unwrap().organization(), &expected);
        let unchanged = work.organizations().find(other.id).await.unwrap().unwrap();
        assert_eq!(unchanged, other);
    }
}

/// Also all that an update writes may be there from the first.
pub async fn a_full_organization_survives(store: StoreUnderTest) {
    let full = full("Acme");
    store.add_organizations(std::slice::from_ref(&full)).await;
    let mut work = store.begin().await;
    assert_eq!(work.organizations().find(full.id).await.unwrap(), Some(full));
}

/// A name, a domain or an external id that another organization has, be it
/// deleted. The unit of work then ends; its own values conflict with nobody.
pub async fn a_change_to_what_is_taken_conflicts(store: StoreUnderTest) {
    let taken = full("Straße");
    let acme = Organization {
        domain: Some("acme.com".parse().unwrap()),
        external_id: Some("acme".parse().unwrap()),
        ..organization("Acme", at(1))
    };
    store.add_organizations(&[taken.clone(), acme.clone()]).await;
    for conflicting in [
        Organization { name: "STRASSE".parse().unwrap(), ..acme.clone() },
        Organization { domain: taken.domain.clone(), ..acme.clone() },
        Organization { external_id: taken.external_id.clone(), ..acme.clone() },
    ] {
        let mut work = store.begin().await;
        let bystander = organization("Bystander", at(2));
        assert_eq!(work.organizations().insert(&bystander).await.unwrap(), Insertion::Inserted);
        let scope = Scope::of_entrant(&acme);
        let outcome = work.organizations().update(&scope, &conflicting).await.unwrap();
        assert_eq!(outcome, Change::Conflict, "{conflicting:?}");
        assert!(work.commit().await.is_err(), "it is of no more use");

        let new = Organization { id: id(), ..conflicting };
        let fresh = Organization { name: "New".parse().unwrap(), domain: None, ..new.clone() };
        let mut work = store.begin().await;
        assert_eq!(work.organizations().insert(&new).await.unwrap(), Insertion::Conflict);
        let taken = work.organizations().insert(&fresh).await.unwrap();
        assert_eq!(taken, Insertion::Conflict, "by the external id alone");
        assert_eq!(work.organizations().find(acme.id).await.unwrap().unwrap(), acme);
    }
    change(&store, &Organization { name: "ACME".parse().unwrap(), version: 2, ..acme }).await;
    assert_eq!(store.all_names().await, ["ACME"]);
    let mut work = store.begin().await;
    for (external_id, is_taken) in [("acme", true), ("crm/№ 7 🦀", true), ("Acme", false)] {
        let external_id = external_id.parse().unwrap();
        assert_eq!(
            work.organizations().external_id_is_taken(&external_id).await.unwrap(),
            is_taken
        );
    }
}

/// Of two who take the same name at once, the second waits and conflicts.
pub async fn a_change_to_what_is_being_taken_waits(store: StoreUnderTest) {
    let (acme, other) = (organization("Acme", at(0)), organization("Other", at(1)));
    store.add_organizations(&[acme.clone(), other.clone()]).await;
    let rename = |organization: &Organization, name: &str| Organization {
        name: name.parse().unwrap(),
        ..organization.clone()
    };
    let (acme, other) = (rename(&acme, "Wanted"), rename(&other, "WANTED"));
    let mut first = store.begin().await;
    let outcome = first.organizations().update(&Scope::of_entrant(&acme), &acme).await.unwrap();
    assert_eq!(outcome, Change::Made);
    let second = tokio::spawn({
        let store = store.clone();
        async move {
            let mut work = store.begin().await;
            work.organizations().update(&Scope::of_entrant(&other), &other).await.unwrap()
        }
    });
    time::sleep(Duration::from_millis(100)).await;
    assert!(!second.is_finished(), "it must wait for the first");
    first.commit().await.unwrap();
    assert_eq!(second.await.unwrap(), Change::Conflict);
    assert_eq!(store.all_names().await, ["Other", "Wanted"]);
}
