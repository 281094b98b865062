//! Units of work: all or nothing, one at a time where they must be, and never
//! in each other's way for good.

use std::{future, time::Duration};

use futures_util::future::join_all;
use guildhall_domain::OrganizationRole;
use tokio::time;

use super::{
    StoreUnderTest,
    support::{at, id, membership, organization, password, user},
};
use crate::{Scope, ports::Insertion};

/// A commit makes everything visible to everybody.
pub async fn what_was_committed_is_visible(store: StoreUnderTest) {
    assert!(!store.organizations.any_exists().await.unwrap());
    let mut work = store.begin().await;
    assert!(!work.organizations().any_exists().await.unwrap());
    let _ = work.organizations().insert(&organization("Acme", at(0))).await.unwrap();
    assert!(work.organizations().any_exists().await.unwrap(), "it sees what it wrote");
    assert!(!store.organizations.any_exists().await.unwrap(), "nobody else does yet");
    work.commit().await.unwrap();
    assert!(store.organizations.any_exists().await.unwrap());
}

/// A unit of work that is dropped leaves nothing, however often.
pub async fn what_was_dropped_is_rolled_back(store: StoreUnderTest) {
    for _ in 0..30 {
        let mut work = store.begin().await;
        let outcome = work.organizations().insert(&organization("Acme", at(0))).await.unwrap();
        assert_eq!(outcome, Insertion::Inserted, "the one before left nothing");
    }
    assert!(!store.organizations.any_exists().await.unwrap());
}

/// A request that is cancelled, at whatever point, leaves nothing and keeps no
/// connection.
pub async fn what_was_cancelled_is_rolled_back(store: StoreUnderTest) {
    for step in 0..40 {
        let store = store.clone();
        let request = async move {
            let mut work = store.begin().await;
            for number in 0..5 {
                let organization = organization(&format!("Acme {number}"), at(0));
                let _ = work.organizations().insert(&organization).await.unwrap();
            }
            future::pending::<()>().await;
        };
        assert!(time::timeout(Duration::from_micros(step * 100), request).await.is_err());
    }
    store.add_organizations(&[organization("Acme 0", at(0))]).await;
    assert_eq!(store.all_names().await, ["Acme 0"]);
}

/// After a failure nothing more is taken, and nothing is kept.
pub async fn a_failed_statement_ends_the_unit_of_work(store: StoreUnderTest) {
    let acme = organization("Acme", at(0));
    let stranger = user("stranger@acme.com");
    let mut work = store.begin().await;
    let _ = work.organizations().insert(&acme).await.unwrap();
    let nobody = membership(&acme, &stranger, OrganizationRole::Member);
    assert!(
        work.memberships().insert(&Scope::of_entrant(&acme), &nobody).await.is_err(),
        "there is no such user"
    );
    assert!(work.organizations().any_exists().await.is_err());
    assert!(work.commit().await.is_err());
    assert!(!store.organizations.any_exists().await.unwrap());
}

/// Many more units of work than connections make progress.
pub async fn two_hundred_at_once_all_finish(store: StoreUnderTest) {
    let tasks = (0..200).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut work = store.begin().await;
            let organization = organization(&format!("Acme {number}"), at(number));
            let outcome = work.organizations().insert(&organization).await.unwrap();
            assert_eq!(outcome, Insertion::Inserted);
            if number % 2 == 0 {
                work.commit().await.unwrap();
            }
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    assert_eq!(store.all_names().await.len(), 100);
}

/// Fifty who would each create what they do not find create it once.
pub async fn the_installation_is_locked_by_one_at_a_time(store: StoreUnderTest) {
    let tasks = (0..50).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut work = store.begin().await;
            let installation = work.installation().lock().await.unwrap();
            if let Some(existing) = installation.default_organization {
                return existing;
            }
            assert!(!work.organizations().any_exists().await.unwrap());
            let created = organization(&format!("Acme {number}"), at(0));
            let _ = work.organizations().insert(&created).await.unwrap();
            work.installation().set_default_organization(created.id).await.unwrap();
            work.commit().await.unwrap();
            created.id
        })
    });
    let ids: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    assert!(ids.iter().all(|id| Some(id) == ids.first()), "{ids:?}");
    assert_eq!(store.all_names().await.len(), 1);
}

/// Twenty who each read, add one and write lose none.
pub async fn a_user_is_locked_by_one_at_a_time(store: StoreUnderTest) {
    let mut ada = user("ada@acme.com");
    ada.name = "0".parse().unwrap();
    store.add_users(std::slice::from_ref(&ada)).await;
    let tasks = (0..20).map(|_| {
        let (store, id) = (store.clone(), ada.id);
        tokio::spawn(async move {
            let mut work = store.begin().await;
            let (mut user, hash) = work.users().lock(id).await.unwrap().unwrap();
            assert!(hash == password());
            let number: u32 = user.name.as_str().parse().unwrap();
            user.name = (number + 1).to_string().parse().unwrap();
            work.users().update(&user).await.unwrap();
            work.commit().await.unwrap();
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    let mut work = store.begin().await;
    let (user, _) = work.users().lock(ada.id).await.unwrap().unwrap();
    assert_eq!(user.name.as_str(), "20");
    assert!(work.users().lock(id()).await.unwrap().is_none());
}
