//! Seen from another connection, which can tell by how far a checkpoint gets.

use std::{fs, sync::Arc, thread};

use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query, sql_types::Integer};
use r2d2::ManageConnection;

use super::*;
use crate::{
    Backend,
    connection::on_backend,
    connections::{Connector, Shared},
    slot::Slot,
    testing::TestDatabase,
    watch::ErrorCounters,
};

/// A connection that writes, as a pool makes it.
fn writer(database: &TestDatabase) -> Slot {
    let connector = Connector {
        url: database.url().clone(),
        purpose: Purpose::Write,
        synchronous: SqliteSynchronous::Normal,
        errors: Arc::new(ErrorCounters::default()),
        slow: None,
        shared: Arc::new(Shared::default()),
    };
    connector.connect().unwrap()
}

/// Waits until somebody stays reading, as is due when nobody has written for a moment.
fn wait_for_reader(slot: &Slot) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !slot.has_standing_reader() {
        assert!(Instant::now() < deadline, "nobody stands");
        thread::sleep(Duration::from_millis(1));
    }
}

fn write(slot: &mut Slot, bytes: u32) {
    let statement = format!("INSERT INTO filler VALUES (zeroblob({bytes}))");
    slot.run(|connection| on_backend!(connection, |c| c.batch_execute(&statement))).unwrap();
}

/// Another process, which waits for nobody.
struct Other(SqliteConnection);

impl Other {
    fn of(database: &TestDatabase) -> Self {
        let path = database.url().sqlite_path().unwrap();
        let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        connection.batch_execute("CREATE TABLE filler (bytes BLOB)").unwrap();
        Self(connection)
    }

    /// Writes, and tells whether somebody who reads what was there before keeps that from
    /// the file.
    fn is_held_up(&mut self) -> bool {
        self.0.batch_execute("INSERT INTO filler VALUES ('')").unwrap();
        self.lags()
    }

    fn lags(&mut self) -> bool {
        let Frames { log, checkpointed } =
            sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result(&mut self.0).unwrap();
        checkpointed < log
    }
}

/// A connection with a reader that stays, and another process that is held up by it.
fn held_up_by_a_reader(database: &TestDatabase) -> (Slot, Other) {
    let mut other = Other::of(database);
    let mut slot = writer(database);
    slot.begin().unwrap();
    slot.commit(None).unwrap();
    wait_for_reader(&slot);
    assert!(other.is_held_up());
    (slot, other)
}

/// What is in the log, and how much of it is in the file too.
#[derive(QueryableByName)]
struct Frames {
    #[diesel(sql_type = Integer)]
    log: i32,
    #[diesel(sql_type = Integer)]
    checkpointed: i32,
}

#[test]
fn it_stands_between_transactions_and_in_nobodys_way() {
    let database = TestDatabase::new(Backend::Sqlite);
    let mut other = Other::of(&database);
    let mut slot = writer(&database);
    assert!(!other.is_held_up(), "nobody has written yet");

    slot.begin().unwrap();
    write(&mut slot, 1);
    slot.commit(None).unwrap();
    wait_for_reader(&slot);
    assert!(other.is_held_up(), "it stands after a commit");
    slot.begin().unwrap();
    assert!(!other.lags(), "it is gone in a transaction");
    slot.roll_back().unwrap();
    wait_for_reader(&slot);
    assert!(other.is_held_up(), "it stands after a roll-back");
    slot.scrub();
    wait_for_reader(&slot);
    assert!(other.is_held_up(), "it stands after the log was emptied");
    drop(slot);
    assert!(!other.is_held_up(), "it ends with its connection");
}

#[test]
fn it_stands_also_behind_transactions_that_follow_each_other_at_once() {
    let database = TestDatabase::new(Backend::Sqlite);
    let mut slot = writer(&database);
    for _ in 0..100 {
        slot.begin().unwrap();
        slot.commit(None).unwrap();
    }
    wait_for_reader(&slot);
}

#[test]
fn it_is_gone_for_as_long_as_others_write() {
    let database = TestDatabase::new(Backend::Sqlite);
    let (slot, mut other) = held_up_by_a_reader(&database);
    // It looks meanwhile, and finds something each time.
    let deadline = Instant::now() + Duration::from_mins(1);
    let mut free_since = None;
    while free_since.is_none_or(|since: Instant| since.elapsed() < LOOK_EVERY * 3) {
        assert!(Instant::now() < deadline, "it comes back again and again");
        free_since =
            if other.is_held_up() { None } else { free_since.or_else(|| Some(Instant::now())) };
        thread::sleep(LOOK_EVERY / 50);
    }
    wait_for_reader(&slot);
    assert!(other.is_held_up());
}

#[test]
fn it_reads_no_older_state_than_others_for_long() {
    let database = TestDatabase::new(Backend::Sqlite);
    let (_slot, mut other) = held_up_by_a_reader(&database);
    let deadline = Instant::now() + Duration::from_mins(1);
    while other.lags() {
        assert!(Instant::now() < deadline, "it never looked");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_log_is_emptied_and_does_not_grow_without_end() {
    let database = TestDatabase::new(Backend::Sqlite);
    let _other = Other::of(&database);
    let mut slot = writer(&database);
    let path = database.url().sqlite_path().unwrap().to_str().unwrap().to_owned();
    let length = || fs::metadata(format!("{path}-wal")).unwrap().len();
    let mut longest = 0;
    for _ in 0..200 {
        slot.begin().unwrap();
        write(&mut slot, 100_000);
        slot.commit(None).unwrap();
        wait_for_reader(&slot);
        longest = longest.max(length());
    }
    // A thousand pages and what a transaction writes, where 20 MB were written.
    assert!((4_000_000..5_000_000).contains(&longest), "{longest}");
    slot.scrub();
    assert_eq!(length(), 0);
}

#[test]
fn where_it_cannot_read_nobody_stands() {
    let database = TestDatabase::new(Backend::Sqlite);
    let path = database.url().sqlite_path().unwrap();
    let reader = StandingReader::new(path.join("nowhere"));
    reader.stand();
    let deadline = Instant::now() + Duration::from_mins(1);
    while reader.shared.state().due.is_some() {
        assert!(Instant::now() < deadline, "it is tried again and again");
        thread::sleep(Duration::from_millis(1));
    }
    assert!(!reader.stands());
    reader.step_aside();
}

#[test]
fn the_log_is_not_emptied_while_somebody_goes_on_reading() {
    let database = TestDatabase::new(Backend::Sqlite);
    let mut other = Other::of(&database);
    let mut slot = writer(&database);
    other.0.batch_execute("BEGIN; SELECT * FROM filler").unwrap();
    slot.begin().unwrap();
    write(&mut slot, 1);
    slot.commit(None).unwrap();
    slot.scrub();
    let path = database.url().sqlite_path().unwrap().to_str().unwrap().to_owned();
    let length = || fs::metadata(format!("{path}-wal")).unwrap().len();
    assert!(length() > 0);
    other.0.batch_execute("COMMIT").unwrap();
    slot.scrub();
    assert_eq!(length(), 0);
    // Other processes that write are waited for as before.
    other.0.batch_execute("BEGIN IMMEDIATE").unwrap();
    let ended = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        other.0.batch_execute("COMMIT").unwrap();
    });
    slot.begin().unwrap();
    slot.roll_back().unwrap();
    ended.join().unwrap();
}
