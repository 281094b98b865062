//! A slow statement is in the log, under its request's id and without values.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

use std::{
    io,
    sync::{Mutex, OnceLock},
    time::Duration,
};

use guildhall_application::{
    ports::{Insertion, Store, UserQueries},
    testing::{password_hash, user},
};
use guildhall_domain::UserRole;
use guildhall_persistence::{
    Backend, DieselStore, StoreOptions,
    testing::{TestDatabase, backends},
};
use tokio::sync::MutexGuard;
use tracing::Instrument;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Captures the log of one test at a time.
async fn capture() -> MutexGuard<'static, ()> {
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    static STARTED: OnceLock<()> = OnceLock::new();
    let turn = TURN.lock().await;
    STARTED.get_or_init(|| tracing_subscriber::fmt().with_writer(|| Log).with_ansi(false).init());
    LOG.lock().unwrap().clear();
    turn
}

fn logged() -> Vec<String> {
    let log = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    log.lines().filter(|line| line.contains("a statement was slow")).map(str::to_owned).collect()
}

fn open(backend: Backend, slow_statement: Option<Duration>) -> (TestDatabase, DieselStore) {
    let database = TestDatabase::new(backend);
    let options = StoreOptions { slow_statement, ..StoreOptions::default() };
    let store = DieselStore::open(database.url(), options).unwrap();
    (database, store)
}

const EMAIL: &str = "ada@secret-company.com";
const HASH: &str = "$argon2id$a-secret-hash";

/// Writes and reads, as a request would.
async fn request(store: &DieselStore) {
    let span = tracing::error_span!("request", request_id = "req-1");
    let work = async {
        let ada = user(1, EMAIL, UserRole::User);
        let mut work = store.begin().await.unwrap();
        let inserted = work.users().insert(&ada, &password_hash(HASH)).await.unwrap();
        assert_eq!(inserted, Insertion::Inserted);
        work.commit().await.unwrap();
        assert!(store.by_email(&ada.email).await.unwrap().is_some());
    };
    work.instrument(span).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_statement_is_logged_without_values_under_its_requests_id() {
    for backend in backends() {
        let _turn = capture().await;
        let (_database, store) = open(backend, Some(Duration::ZERO));
        request(&store).await;
        let lines = logged();
        assert_eq!(store.slow_statements(), lines.len() as u64);
        let quote = match backend {
            Backend::Sqlite => '`',
            Backend::Postgres => '"',
        };
        for statement in ["BEGIN", "INSERT INTO", "SELECT", "COMMIT"] {
            let is_it = |line: &&String| line.contains(&format!("statement=\"{statement}"));
            let line = lines.iter().find(is_it).unwrap_or_else(|| panic!("{statement}: {lines:?}"));
            assert!(line.contains("request_id=\"req-1\""), "{line}");
            assert!(line.contains("duration_ms=") && line.contains("WARN"), "{line}");
        }
        let insert = lines.iter().find(|line| line.contains("INSERT INTO")).unwrap();
        let insert = insert.replace('\\', "");
        assert!(insert.contains(&format!("{quote}users{quote}")), "{insert}");
        if backend == Backend::Postgres {
            assert!(lines.concat().contains("guildhall.actor = '…'"), "{lines:#?}");
        }
        let id = user(1, EMAIL, UserRole::User).id.as_uuid().to_string();
        for secret in ["secret", "binds", "system", &id, &id.replace('-', "")] {
            assert!(!lines.concat().contains(secret), "{secret}: {lines:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_below_the_threshold_is_not() {
    for backend in backends() {
        for threshold in [None, Some(Duration::from_mins(10))] {
            let _turn = capture().await;
            let (_database, store) = open(backend, threshold);
            request(&store).await;
            assert!(logged().is_empty(), "{:?}", logged());
            assert_eq!(store.slow_statements(), 0);
        }
    }
}
