//! Who uses a database keeps its file from being replaced.

use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use guildhall_persistence::{
    Backend, BackupError, DieselStore, OpenError, StoreOptions, back_up, restore,
    testing::TestDatabase,
};

#[test]
fn a_file_that_is_used_is_not_replaced() {
    let database = TestDatabase::new(Backend::Sqlite);
    let folder = tempfile::tempdir().unwrap();
    let (backup, aside) = (folder.path().join("backup.db"), folder.path().join("former.db"));
    back_up(database.url(), &backup).unwrap();
    let is_refused = || {
        let refusal = restore(database.url(), &backup, Some(&aside)).unwrap_err();
        assert!(matches!(refusal, BackupError::Database(OpenError::Held { .. })), "{refusal}");
        assert!(!aside.exists());
    };

    // No connection is open.
    let store = DieselStore::open(database.url(), StoreOptions::default()).unwrap();
    is_refused();
    drop(store);

    // A program that knows nothing of our lock.
    let file = database.url().sqlite_path().unwrap().to_str().unwrap();
    let mut shell = SqliteConnection::establish(file).unwrap();
    shell.batch_execute("SELECT * FROM users").unwrap();
    is_refused();
    drop(shell);

    restore(database.url(), &backup, Some(&aside)).unwrap();
    assert!(aside.exists());
    // What is kept is never written over either.
    let refusal = restore(database.url(), &backup, Some(&aside)).unwrap_err();
    assert!(matches!(refusal, BackupError::Exists { path } if path == aside));
}
