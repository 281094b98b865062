//! Making a backup.

use std::path::Path;

use super::{
    BackupError,
    check::{Contents, check},
    snapshot::Snapshot,
};
use crate::{database_url::DatabaseUrl, sqlite_file};

/// Writes a backup of an SQLite database to a new file, while servers go on
/// using it: all that was committed when it began, in one file that is readable
/// for nobody else, checked and on the disk. Returns what is in it and how many
/// bytes it has. Blocks; while it runs, the write-ahead log only grows.
///
/// # Errors
///
/// [`BackupError`]; there is no file then.
pub fn back_up(url: &DatabaseUrl, file: &Path) -> Result<(Contents, u64), BackupError> {
    let database = url.sqlite_path().ok_or(BackupError::NotSqlite)?;
    if file.symlink_metadata().is_ok() {
        return Err(BackupError::Exists { path: file.to_owned() });
    }
    let snapshot = Snapshot::take(database, sqlite_file::folder(file))?;
    let contents = check(snapshot.path(), database)?;
    let bytes = snapshot.bytes()?;
    snapshot.publish(file)?;
    Ok((contents, bytes))
}
