//! What the pools do when there are not enough connections, or dead ones.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

use std::time::{Duration, Instant};

use guildhall_application::{
    ports::{
        Insertion, Maintenance, OrganizationQueries, SessionQueries, SessionUse, Store, StoreError,
        UnitOfWork,
    },
    testing::{account_with_session, at, password_hash, token_hash, user},
};
use guildhall_domain::{ServingPeriod, ServingPeriodId, Session, SessionId, UserRole};
use guildhall_persistence::{
    Backend, DieselStore, StoreOptions, migrate,
    testing::{PostgresServer, TestDatabase, backends},
};
use tokio::task::JoinSet;
use uuid::Uuid;

const KILL_OTHERS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid()";

/// A unit of work whose transaction has begun, which it does with the first statement.
async fn begun(store: &DieselStore) -> Result<Box<dyn UnitOfWork>, StoreError> {
    let mut work = store.begin().await?;
    work.organizations().any_exists().await?;
    Ok(work)
}

/// Opens as many connections as the pool may have.
async fn warm_up(store: &DieselStore) {
    let mut works = Vec::new();
    for _ in 0..StoreOptions::default().max_connections {
        works.push(begun(store).await.unwrap());
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

/// Something to write.
fn period() -> ServingPeriod {
    let id = ServingPeriodId::new(Uuid::from_u128(1));
    ServingPeriod { id, started_at: at(0), last_seen_at: at(15) }
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
    let mut at_work = begun(&store).await.unwrap();
    let at_commit = begun(&store).await.unwrap();
    let idle = begun(&store).await.unwrap();
    database.execute(KILL_OTHERS);
    let refusal = at_work.organizations().any_exists().await.unwrap_err();
    assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal}");
    let refusal = at_commit.commit().await.unwrap_err();
    assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal}");
    drop((at_work, idle));
    warm_up(&store).await;
}

/// One that somebody is about to end is left out; the next use of it counts.
#[tokio::test(flavor = "multi_thread")]
async fn uses_of_sessions_are_written_without_waiting() {
    let Some((_database, store)) = postgres() else { return };
    let ada = user(1, "ada@acme.com", UserRole::User);
    let begun = account_with_session(ada.clone()).session;
    let [ending, other] =
        [1, 2].map(|id| Session { id: SessionId::new(Uuid::from_u128(id)), ..begun.clone() });
    let mut work = store.begin().await.unwrap();
    let inserted = work.users().insert(&ada, &password_hash("hash")).await.unwrap();
    assert_eq!(inserted, Insertion::Inserted);
    work.sessions().insert(&ending, &token_hash(1)).await.unwrap();
    work.sessions().insert(&other, &token_hash(2)).await.unwrap();
    work.commit().await.unwrap();

    let mut ender = store.begin().await.unwrap();
    assert!(ender.sessions().remove(ada.id, ending.id).await.unwrap());
    let uses = [&ending, &other]
        .map(|session| SessionUse { last_used_at: at(100), ..SessionUse::from(session) });
    let mut work = store.begin().await.unwrap();
    work.sessions().record_uses(&uses).await.unwrap();
    work.commit().await.unwrap();
    drop(ender);
    let last_use = async |number| {
        let found = store.by_token(&token_hash(number)).await.unwrap().unwrap();
        found.session.last_used_at
    };
    assert_eq!((last_use(1).await, last_use(2).await), (begun.last_used_at, at(100)));
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
        assert!(begun.elapsed() < StoreOptions::default().acquire_timeout);
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
                let refusal = begun(&store).await.err().unwrap();
                assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal}");
            }
        }
    }
}

/// Whoever waited for a connection here would wait for an hour.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_of_the_server_is_known_at_once_and_so_is_its_end() {
    let Some(postgres) = PostgresServer::start() else { return };
    let url = format!("postgres://guildhall@{}/postgres", postgres.address()).parse().unwrap();
    migrate(&url).unwrap();
    let acquire_timeout = Duration::from_hours(1);
    let options = StoreOptions { acquire_timeout, ..Default::default() };
    let store = DieselStore::open(&url, options).unwrap();
    for _ in 0..3 {
        warm_up(&store).await;
        let at_work = begun(&store).await.unwrap();
        postgres.stop_hard();
        let refusal = at_work.commit().await.unwrap_err();
        assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal}");
        let mut requests = JoinSet::new();
        for _ in 0..100 {
            let (reader, writer) = (store.clone(), store.clone());
            requests.spawn(async move { reader.ping().await.err() });
            requests.spawn(async move { begun(&writer).await.err() });
        }
        for refusal in requests.join_all().await {
            assert!(matches!(refusal, Some(StoreError::Unavailable(_))), "{refusal:?}");
        }
        postgres.start_again();
        // It is tried again twice a second.
        while let Err(refusal) = store.ping().await {
            assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        begun(&store).await.unwrap().commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_written_again_when_it_is_no_longer_protected() {
    let database = TestDatabase::new(Backend::Sqlite);
    let store = DieselStore::open(database.url(), StoreOptions::default()).unwrap();
    let Some(protection) = database.write_protection() else { return };
    for _ in 0..3 {
        let refusal = store.heartbeat(&period()).await.unwrap_err();
        assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal}");
        assert!(!store.any_exists().await.unwrap(), "reads are answered");
    }
    drop(protection);
    store.heartbeat(&period()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_more_writes_is_left() {
    let Some((database, store)) = postgres() else { return };
    let name = database.text("current_database()").unwrap();
    let alter = format!("ALTER DATABASE {name} SET default_transaction_read_only");
    database.execute(&format!("{alter} = on"));
    database.execute(KILL_OTHERS);
    for _ in 0..3 {
        let refusal = store.heartbeat(&period()).await.unwrap_err();
        assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal}");
    }
    database.execute(&format!("BEGIN READ WRITE; {alter} = off; COMMIT"));
    store.heartbeat(&period()).await.unwrap();
}
