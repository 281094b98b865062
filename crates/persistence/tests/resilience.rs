//! What the pools do when there are not enough connections, or dead ones.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

use std::time::{Duration, Instant};

use guildhall_application::ports::{Maintenance, OrganizationQueries, Store, StoreError};
use guildhall_persistence::{
    Backend, DieselStore, StoreOptions,
    testing::{TestDatabase, backends},
};

const KILL_OTHERS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid()";

/// Opens as many connections as the pool may have.
async fn warm_up(store: &DieselStore) {
    let mut works = Vec::new();
    for _ in 0..StoreOptions::default().max_connections {
        works.push(store.begin().await.unwrap());
    }
    drop(works);
    store.ping().await.unwrap();
}

fn postgres() -> Option<(TestDatabase, DieselStore)> {
    backends().contains(&Backend::Postgres).then(|| {
        let database = TestDatabase::new(Backend::Postgres);
        let store = DieselStore::open(database.url(), StoreOptions::default()).unwrap();
        (database, store)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_outlive_their_connections() {
    let Some((database, store)) = postgres() else { return };
    for _ in 0..3 {
        warm_up(&store).await;
        database.execute(KILL_OTHERS);
        for _ in 0..20 {
            assert!(!store.any_exists().await.unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn units_of_work_begin_on_connections_that_live() {
    let Some((database, store)) = postgres() else { return };
    for _ in 0..3 {
        warm_up(&store).await;
        database.execute(KILL_OTHERS);
        for _ in 0..20 {
            let mut work = store.begin().await.unwrap();
            assert!(!work.organizations().any_exists().await.unwrap());
            work.commit().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_of_work_whose_connection_dies_is_unavailable() {
    let Some((database, store)) = postgres() else { return };
    let mut at_work = store.begin().await.unwrap();
    let at_commit = store.begin().await.unwrap();
    let idle = store.begin().await.unwrap();
    database.execute(KILL_OTHERS);
    let refusal = at_work.organizations().any_exists().await.unwrap_err();
    assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal}");
    let refusal = at_commit.commit().await.unwrap_err();
    assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal}");
    drop((at_work, idle));
    warm_up(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_connection_ends() {
    for backend in backends() {
        let database = TestDatabase::new(backend);
        let acquire_timeout = Duration::from_millis(200);
        let options = StoreOptions { max_connections: 1, acquire_timeout, ..Default::default() };
        let store = DieselStore::open(database.url(), options).unwrap();
        let work = store.begin().await.unwrap();
        let begun = Instant::now();
        let refusal = store.begin().await.err().unwrap();
        assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal}");
        assert!(begun.elapsed() < Duration::from_secs(2));
        drop(work);
        store.begin().await.unwrap().commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_is_unavailable() {
    for backend in backends() {
        let database = TestDatabase::new(backend);
        let acquire_timeout = Duration::from_millis(300);
        let options = StoreOptions { acquire_timeout, ..Default::default() };
        let store = DieselStore::open(database.url(), options).unwrap();
        store.ping().await.unwrap();
        if backend == Backend::Postgres {
            drop(database);
            for _ in 0..3 {
                let refusal = store.ping().await.unwrap_err();
                assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal}");
                let refusal = store.begin().await.err().unwrap();
                assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal}");
            }
        }
    }
}
