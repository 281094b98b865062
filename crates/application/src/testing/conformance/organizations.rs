//! Organizations: unique, unchanged by the store, in order, and shown to nobody
//! who may not know of them.

use std::{collections::HashSet, time::Duration};

use guildhall_domain::{DomainName, Organization, OrganizationId, OrganizationRole, User};
use tokio::time;

use super::{
    StoreUnderTest,
    support::{EVERYTHING, admin, at, id, organization, user, viewer},
};
use crate::{
    PageRequest,
    ports::{Insertion, OrganizationSummary},
};

fn domain(name: &str) -> DomainName {
    name.parse().unwrap()
}

/// A name in another spelling and a domain that is taken conflict, and leave
/// the unit of work usable.
pub async fn names_and_domains_are_unique(store: StoreUnderTest) {
    let acme =
        Organization { domain: Some(domain("acme.com")), ..organization("Straße 1", at(0)) };
    let same_name = organization("STRASSE 1", at(0));
    let same_domain =
        Organization { domain: Some(domain("ACME.com")), ..organization("Other", at(0)) };
    let mut work = store.begin().await;
    for (organization, outcome) in [
        (&acme, Insertion::Inserted),
        (&same_name, Insertion::Conflict),
        (&same_domain, Insertion::Conflict),
        (&organization("No domain", at(0)), Insertion::Inserted),
        (&organization("No domain either", at(0)), Insertion::Inserted),
    ] {
        assert_eq!(work.organizations().insert(organization).await.unwrap(), outcome);
    }
    assert!(work.organizations().domain_is_taken(&domain("acme.com")).await.unwrap());
    assert!(!work.organizations().domain_is_taken(&domain("acme.org")).await.unwrap());
    work.commit().await.unwrap();
    assert_eq!(store.all_names().await, ["No domain", "No domain either", "Straße 1"]);
}

/// Of two who add the same at once, the second waits and conflicts.
pub async fn concurrent_twins_conflict(store: StoreUnderTest) {
    let (twin, names) = twins(&store, true).await;
    assert_eq!(twin, Insertion::Conflict);
    assert_eq!(names, ["Acme", "Witness"]);
}

/// When the first does not commit after all, the second succeeds.
pub async fn a_twin_that_was_rolled_back_is_no_conflict(store: StoreUnderTest) {
    let (twin, names) = twins(&store, false).await;
    assert_eq!(twin, Insertion::Inserted);
    assert_eq!(names, ["ACME", "Witness"]);
}

async fn twins(store: &StoreUnderTest, first_commits: bool) -> (Insertion, Vec<String>) {
    let mut first = store.begin().await;
    let outcome = first.organizations().insert(&organization("Acme", at(0))).await.unwrap();
    assert_eq!(outcome, Insertion::Inserted);
    let second = tokio::spawn({
        let store = store.clone();
        async move {
            let mut work = store.begin().await;
            let outcome = work.organizations().insert(&organization("ACME", at(1))).await.unwrap();
            let _ = work.organizations().insert(&organization("Witness", at(2))).await.unwrap();
            work.commit().await.unwrap();
            outcome
        }
    });
    time::sleep(Duration::from_millis(100)).await;
    assert!(!second.is_finished(), "it must wait for the first");
    if first_commits {
        first.commit().await.unwrap();
    } else {
        drop(first);
    }
    (second.await.unwrap(), store.all_names().await)
}

/// Microseconds and every script come back as they were.
pub async fn times_and_texts_survive(store: StoreUnderTest) {
    let names = [
        "👩‍👩‍👧‍👦 & Co",
        "דוגמה בע״מ",
        "شركة المثال",
        "例え株式会社",
        "Z\u{327}\u{308}al\u{334}go",
        "O'Brien \"%_\\; DROP TABLE users; --",
        "𝕬𝖈𝖒𝖊 \u{10FFFD}",
    ];
    let originals: Vec<_> = (123_457..)
        .zip(names)
        .map(|(micros, name)| Organization {
            domain: Some(domain(&format!("bücher{micros}.example"))),
            updated_at: at(micros + 1_000_001),
            ..organization(name, at(micros))
        })
        .collect();
    store.add_organizations(&originals).await;
    let eyes = viewer(&store.add_admin().await);
    for original in &originals {
        let access = store.organizations.access(eyes, original.id).await.unwrap().unwrap();
        assert_eq!(access.organization(), original);
        assert_eq!(access.organization().name.as_str(), original.name.as_str());
    }
}

/// By id, and by name in any spelling.
pub async fn are_found_by_id_and_by_name(store: StoreUnderTest) {
    let acme = organization("Acme", at(7));
    store.add_organizations(std::slice::from_ref(&acme)).await;
    let mut work = store.begin().await;
    assert_eq!(work.organizations().find(acme.id).await.unwrap().as_ref(), Some(&acme));
    assert_eq!(work.organizations().find(id()).await.unwrap(), None);
    let by_name = work.organizations().find_by_name(&"aCME".parse().unwrap()).await.unwrap();
    assert_eq!(by_name.as_ref(), Some(&acme));
    assert_eq!(by_name.unwrap().name.as_str(), "Acme");
    let nobody = work.organizations().find_by_name(&"Acm".parse().unwrap()).await.unwrap();
    assert_eq!(nobody, None);
}

/// By creation, and by id where that is the same.
pub async fn are_listed_newest_first(store: StoreUnderTest) {
    let organizations: Vec<_> =
        (0..30).map(|number| organization(&format!("Acme {number}"), at(number / 5))).collect();
    store.add_organizations(&organizations).await;
    let mut expected: Vec<_> = organizations.iter().map(|o| (o.created_at, o.id)).collect();
    expected.sort_unstable();
    expected.reverse();
    let listed = store.list(&store.add_admin().await).await;
    assert_eq!(listed.iter().map(|o| (o.created_at, o.id)).collect::<Vec<_>>(), expected);

    let ada = user("ada@acme.com");
    store.add_users(std::slice::from_ref(&ada)).await;
    for organization in &organizations {
        store.add_members(organization, &[(&ada, OrganizationRole::Member)]).await;
    }
    let listed = store.list(&ada).await;
    assert_eq!(listed.iter().map(|o| (o.created_at, o.id)).collect::<Vec<_>>(), expected);
}

/// Page after page, each row that was there comes once, while others are added.
pub async fn pages_are_complete_while_rows_are_added(store: StoreUnderTest) {
    let organizations: Vec<_> =
        (0..60).map(|number| organization(&format!("Acme {number}"), at(number / 20))).collect();
    store.add_organizations(&organizations).await;
    let eyes = viewer(&store.add_admin().await);
    let mut seen: Vec<(_, OrganizationId)> = Vec::new();
    let mut page = PageRequest { after: None, limit: 7 };
    loop {
        let rows = store.organizations.accessible_to(eyes, page).await.unwrap();
        assert!(rows.len() <= 7);
        seen.extend(rows.iter().map(|row| (row.created_at, row.id)));
        let Some(last) = rows.last() else { break };
        page.after = Some(last.cursor());
        let newer = organization(&format!("Newer {}", seen.len()), at(100));
        let between = organization(&format!("Between {}", seen.len()), at(1));
        store.add_organizations(&[newer, between]).await;
    }
    assert!(seen.iter().rev().is_sorted(), "newest first across pages");
    let distinct: HashSet<_> = seen.iter().map(|(_, id)| *id).collect();
    assert_eq!(distinct.len(), seen.len(), "no row comes twice");
    assert!(organizations.iter().all(|o| distinct.contains(&o.id)), "none is left out");
}

/// What one is no member of does not exist, unless one is a platform admin.
pub async fn a_member_sees_only_their_own(store: StoreUnderTest) {
    let (acme, other) = (organization("Acme", at(0)), organization("Other", at(1)));
    let (ada, bob, root) = (user("ada@acme.com"), user("bob@other.com"), admin("root@example.com"));
    store.add_organizations(&[acme.clone(), other.clone()]).await;
    store.add_users(&[ada.clone(), bob.clone(), root.clone()]).await;
    store.add_members(&acme, &[(&ada, OrganizationRole::Owner)]).await;
    store.add_members(&other, &[(&bob, OrganizationRole::Admin)]).await;

    let names = async |user: &User| {
        store.list(user).await.into_iter().map(|row| row.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&ada).await, ["Acme"]);
    assert_eq!(names(&bob).await, ["Other"]);
    assert_eq!(names(&user("newcomer@acme.com")).await, [""; 0]);
    assert_eq!(names(&root).await, ["Other", "Acme"]);
    let behind = PageRequest {
        after: store.list(&ada).await.last().map(OrganizationSummary::cursor),
        ..EVERYTHING
    };
    let rest = store.organizations.accessible_to(viewer(&ada), behind).await.unwrap();
    assert_eq!(rest, []);

    let get = async |user: &User, id| store.organizations.access(viewer(user), id).await.unwrap();
    let own = get(&ada, acme.id).await.unwrap();
    assert_eq!((own.organization().id, own.role()), (acme.id, Some(OrganizationRole::Owner)));
    assert_eq!(get(&bob, other.id).await.unwrap().role(), Some(OrganizationRole::Admin));
    assert_eq!(get(&ada, other.id).await, None, "not hers to know of");
    assert_eq!(get(&ada, id()).await, None, "absent");
    assert_eq!(get(&root, other.id).await.unwrap().role(), None);
    assert_eq!(get(&root, id()).await, None);
}
