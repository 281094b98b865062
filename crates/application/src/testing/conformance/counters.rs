//! The counters of an organization are what its rows add up to.

use futures_util::future::join_all;
use guildhall_domain::OrganizationRole;

use super::{
    StoreUnderTest,
    support::{at, membership, organization, user, workspaces},
};
use crate::{Scope, ports::Addition};

/// Fifty who join at once are fifty.
pub async fn concurrent_members_are_all_counted(store: StoreUnderTest) {
    let acme = organization("Acme", at(0));
    store.add_organizations(std::slice::from_ref(&acme)).await;
    let tasks = (0..50).map(|number| {
        let (store, acme) = (store.clone(), acme.clone());
        tokio::spawn(async move {
            let user = user(&format!("user{number}@acme.com"));
            store.add_users(std::slice::from_ref(&user)).await;
            store.add_members(&acme, &[(&user, OrganizationRole::Member)]).await;
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    assert_eq!(counts(&store).await, (50, 0));
    assert_eq!(store.maintenance.counter_drift().await.unwrap(), []);
}

/// Joining twice conflicts and counts once; a roll-back counts nothing.
pub async fn a_member_is_counted_once(store: StoreUnderTest) {
    let (acme, ada, bob) = (organization("Acme", at(0)), user("ada@acme.com"), user("b@acme.com"));
    store.add_organizations(std::slice::from_ref(&acme)).await;
    store.add_users(&[ada.clone(), bob.clone()]).await;
    let mut work = store.begin().await;
    let member = membership(&acme, &ada, OrganizationRole::Member);
    let scope = Scope::of_entrant(&acme);
    assert_eq!(work.memberships().insert(&scope, &member).await.unwrap(), Addition::Added);
    assert_eq!(work.memberships().insert(&scope, &member).await.unwrap(), Addition::AlreadyThere);
    work.commit().await.unwrap();
    let mut work = store.begin().await;
    let other = membership(&acme, &bob, OrganizationRole::Member);
    assert_eq!(work.memberships().insert(&scope, &other).await.unwrap(), Addition::Added);
    drop(work);
    assert_eq!(counts(&store).await, (1, 0));
}

/// However many are allocated in one call or in several.
pub async fn workspaces_are_counted(store: StoreUnderTest) {
    let acme = organization("Acme", at(0));
    store.add_organizations(std::slice::from_ref(&acme)).await;
    let mut work = store.begin().await;
    for count in [5, 0, 1, 1500] {
        let workspaces = workspaces(&acme, count);
        let added = work.workspaces().insert(&Scope::of_entrant(&acme), &workspaces).await;
        assert_eq!(added.unwrap(), Addition::Added);
    }
    let stored = work.organizations().find(acme.id).await.unwrap().unwrap();
    assert_eq!(stored.workspaces_count, 1506);
    work.commit().await.unwrap();
    assert_eq!(counts(&store).await, (0, 1506));
    assert_eq!(store.maintenance.counter_drift().await.unwrap(), []);
}

/// Nothing has drifted where nobody interfered.
pub async fn without_drift_none_is_found(store: StoreUnderTest) {
    assert_eq!(store.maintenance.counter_drift().await.unwrap(), []);
    store.add_organizations(&[organization("Empty", at(0))]).await;
    assert_eq!(store.maintenance.counter_drift().await.unwrap(), []);
}

async fn counts(store: &StoreUnderTest) -> (u32, u32) {
    let list = store.list(&store.add_admin().await).await;
    let only = list.first().unwrap();
    (only.users_count, only.workspaces_count)
}
