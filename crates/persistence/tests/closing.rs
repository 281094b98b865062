//! A store that is closed leaves nothing open and nothing lying about.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

use std::{fs, time::Duration};

use diesel::{Connection, PgConnection, RunQueryDsl, dsl::sql, select, sql_types::BigInt};
use guildhall_application::{
    ports::{Maintenance, Store, StoreError},
    testing::at,
};
use guildhall_domain::{ServingPeriod, ServingPeriodId};
use guildhall_persistence::{
    Backend, DieselStore, StoreOptions,
    testing::{TestDatabase, backends},
};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

/// Has as many connections opened as it may.
async fn use_all_connections(store: &DieselStore) {
    let id = ServingPeriodId::new(Uuid::from_u128(1));
    let period = ServingPeriod { id, started_at: at(0), last_seen_at: at(0) };
    store.heartbeat(&period).await.unwrap();
    let pings: Vec<_> = (0..64)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.ping().await })
        })
        .collect();
    for ping in pings {
        ping.await.unwrap().unwrap();
    }
}

/// The files in the folder of the database.
fn files(database: &TestDatabase) -> Vec<String> {
    let folder = database.url().sqlite_path().unwrap().parent().unwrap();
    let names = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// The connections to the database, this one left out.
fn connections(database: &TestDatabase) -> i64 {
    let mut observer = PgConnection::establish(&database.url_text()).unwrap();
    let others = "(SELECT count(*) FROM pg_stat_activity \
                  WHERE datname = current_database() AND pid <> pg_backend_pid())";
    select(sql::<BigInt>(others)).get_result(&mut observer).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn its_connections_are_closed_though_clones_of_it_live() {
    for backend in backends() {
        let database = TestDatabase::new(backend);
        let store = DieselStore::open(database.url(), StoreOptions::default()).unwrap();
        let clone = store.clone();
        use_all_connections(&clone).await;
        match backend {
            Backend::Sqlite => {
                assert!(files(&database).contains(&"guildhall.db-wal".to_owned()));
                store.close().await.unwrap();
                assert_eq!(files(&database), ["guildhall.db", "guildhall.db-lock"]);
            }
            Backend::Postgres => {
                assert_ne!(connections(&database), 0);
                store.close().await.unwrap();
                let all_ended = async {
                    while connections(&database) > 0 {
                        sleep(Duration::from_millis(5)).await;
                    }
                };
                timeout(Duration::from_mins(1), all_ended).await.unwrap();
            }
        }
        for refusal in [clone.ping().await.err(), clone.begin().await.err()] {
            assert!(matches!(refusal, Some(StoreError::Unavailable(_))), "{refusal:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_is_waited_for() {
    for backend in backends() {
        let database = TestDatabase::new(backend);
        let store = DieselStore::open(database.url(), StoreOptions::default()).unwrap();
        let work = store.begin().await.unwrap();
        let closing = tokio::spawn({
            let store = store.clone();
            async move { store.close().await }
        });
        sleep(Duration::from_millis(50)).await;
        assert!(!closing.is_finished());
        work.commit().await.unwrap();
        closing.await.unwrap().unwrap();
    }
}
