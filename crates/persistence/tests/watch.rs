//! What can be watched of the store is what happens in it.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

use std::time::Duration;

use guildhall_application::{
    ports::{Maintenance, OrganizationQueries, Store, StoreError},
    testing::at,
};
use guildhall_persistence::{
    Backend, DatabaseErrors, DieselStore, PoolState, StoreOptions,
    testing::{TestDatabase, backends},
};
use tokio::time::{sleep, timeout};

/// A store with one connection to write on.
fn open(backend: Backend, acquire_timeout: Duration) -> (TestDatabase, DieselStore) {
    let database = TestDatabase::new(backend);
    let options = StoreOptions { max_connections: 1, acquire_timeout, ..Default::default() };
    let store = DieselStore::open(database.url(), options).unwrap();
    (database, store)
}

/// The pool that units of work are on.
fn writers(store: &DieselStore) -> PoolState {
    *store.pool_states().last().unwrap()
}

async fn until(what: impl Fn() -> bool) {
    let seen = async {
        while !what() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_mins(1), seen).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pools_tell_who_has_a_connection_and_who_waits() {
    for backend in backends() {
        let (_database, store) = open(backend, Duration::from_mins(1));
        let names: Vec<_> = store.pool_states().iter().map(|pool| pool.name).collect();
        match backend {
            Backend::Sqlite => assert_eq!(names, ["readers", "writer"]),
            Backend::Postgres => assert_eq!(names, ["all"]),
        }
        let idle = writers(&store);
        assert_eq!((idle.size, idle.in_use, idle.waiting, idle.taken), (1, 0, 0, 0));

        let work = store.begin().await.unwrap();
        let busy = writers(&store);
        assert_eq!((busy.in_use, busy.waiting, busy.taken), (1, 0, 1));
        assert_eq!(busy.waited, Duration::ZERO, "nobody has waited");

        let waiting = tokio::spawn({
            let store = store.clone();
            async move { store.begin().await.map(drop) }
        });
        until(|| writers(&store).waiting == 1).await;
        sleep(Duration::from_millis(20)).await;
        drop(work);
        waiting.await.unwrap().unwrap();
        until(|| writers(&store).in_use == 0).await;
        let after = writers(&store);
        assert_eq!((after.waiting, after.taken, after.timeouts), (0, 2, 0));
        assert!(after.waited >= Duration::from_millis(20), "{after:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_up_waiting_waits_no_more() {
    for backend in backends() {
        let (_database, store) = open(backend, Duration::from_mins(1));
        let _work = store.begin().await.unwrap();
        assert!(timeout(Duration::from_millis(20), store.begin()).await.is_err());
        let cancelled = writers(&store);
        assert_eq!((cancelled.waiting, cancelled.taken, cancelled.timeouts), (0, 1, 0));
        assert!(cancelled.waited >= Duration::from_millis(20), "{cancelled:?}");

        let (_database, store) = open(backend, Duration::from_millis(20));
        let _work = store.begin().await.unwrap();
        assert!(store.begin().await.is_err());
        let refused = writers(&store);
        assert_eq!((refused.waiting, refused.taken, refused.timeouts), (0, 1, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_the_queue_full_is_refused_at_once() {
    for backend in backends() {
        let database = TestDatabase::new(backend);
        let acquire_timeout = Duration::from_mins(1);
        let options =
            StoreOptions { max_connections: 1, acquire_timeout, queue: 2, ..Default::default() };
        let store = DieselStore::open(database.url(), options).unwrap();
        let work = store.begin().await.unwrap();
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.begin().await.map(drop) })
            })
            .collect();
        until(|| writers(&store).waiting == 2).await;
        for _ in 0..3 {
            let refusal = store.begin().await.err().unwrap();
            assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal}");
        }
        let full = writers(&store);
        assert_eq!((full.waiting, full.refused, full.timeouts), (2, 3, 0));
        drop(work);
        for waiting in waiting {
            waiting.await.unwrap().unwrap();
        }
        store.begin().await.unwrap().commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_counted_by_kind() {
    for backend in backends() {
        let (database, store) = open(backend, Duration::from_millis(300));
        store.ping().await.unwrap();
        assert_eq!(store.errors(), DatabaseErrors::default());
        database.execute("DROP TABLE mail_queue");
        assert!(store.mail_is_due(at(0)).await.is_err());
        assert_eq!(store.errors(), DatabaseErrors { failed: 1, ..Default::default() });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_lost_counts_though_another_did_it() {
    if !backends().contains(&Backend::Postgres) {
        return;
    }
    let (database, store) = open(Backend::Postgres, Duration::from_millis(300));
    store.ping().await.unwrap();
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    assert!(!store.any_exists().await.unwrap());
    assert_eq!(store.errors(), DatabaseErrors { connection_lost: 1, ..Default::default() });

    drop(database);
    assert!(store.ping().await.is_err());
    let errors = store.errors();
    assert!(errors.unreachable >= 1 && errors.connection_lost == 2, "{errors:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_another_is_contention() {
    let (database, store) = open(Backend::Sqlite, Duration::from_mins(1));
    let other = DieselStore::open(database.url(), StoreOptions::default()).unwrap();
    let [mut locking, mut waiting] = [other.begin().await.unwrap(), store.begin().await.unwrap()];
    // A transaction begins with its first statement.
    assert!(!locking.organizations().any_exists().await.unwrap());
    assert!(waiting.organizations().any_exists().await.is_err());
    assert_eq!(store.errors(), DatabaseErrors { contention: 1, ..Default::default() });
}
