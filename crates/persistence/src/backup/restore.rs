//! Putting a backup in the place of the database.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use diesel::{Connection, SqliteConnection, connection::SimpleConnection, result::Error};

use super::{
    BackupError,
    check::{Contents, check},
    file_error,
    snapshot::{self, Snapshot},
    statement_error,
};
use crate::{
    database_url::DatabaseUrl,
    error::{OpenError, inaccessible},
    migrations, sqlite_file,
    sqlite_hold::Hold,
};

/// What [`restore`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What is in the database now.
    pub contents: Contents,
    /// The migrations that the backup lacked, in order.
    pub migrated: Vec<String>,
    /// Where the former database lies, if there was one.
    pub kept: Option<PathBuf>,
}

/// What belongs to a database that was not ended in order.
const JOURNALS: [&str; 2] = ["-wal", "-journal"];

/// Puts a backup in the place of an SQLite database, brought to the schema of
/// this version and checked. The backup is only read. An existing database is
/// kept as `keep_as`; without that it is not touched. At every moment there is
/// the whole of one or of the other under the name. Blocks.
///
/// # Errors
///
/// [`BackupError`], among others when somebody uses the database, when there is
/// one and no `keep_as`, and when the backup is damaged or of a newer version.
/// The database is then as it was.
pub fn restore(
    url: &DatabaseUrl,
    backup: &Path,
    keep_as: Option<&Path>,
) -> Result<Restored, BackupError> {
    let database = url.sqlite_path().ok_or(BackupError::NotSqlite)?;
    let database = &sqlite_file::behind_links(database);
    if !migrations::is_known(snapshot::open(backup)?, &DatabaseUrl::sqlite(backup))? {
        return Err(BackupError::NotGuildhall { path: backup.to_owned() });
    }
    sqlite_file::create_folder(database).map_err(|error| inaccessible(database, &error))?;
    let _hold = Hold::exclusive(database)?;
    let is_there = fs::metadata(database).is_ok_and(|file| file.len() > 0);
    let keep_as = match (is_there, keep_as) {
        (false, _) => None,
        (true, Some(path)) => Some(path),
        (true, None) => return Err(BackupError::Exists { path: database.to_owned() }),
    };

    let snapshot = Snapshot::take(backup, sqlite_file::folder(database))?;
    let migrated = bring_up_to_date(snapshot.path())?;
    let contents = check(snapshot.path(), backup)?;
    let model = if is_there { database } else { sqlite_file::folder(database) };
    for file in [snapshot.path(), &Hold::file(database)] {
        give_to_owner_of(model, file).map_err(file_error(file))?;
    }
    match keep_as {
        Some(path) => set_aside(database, path)?,
        None => remove_journals(database)?,
    }
    snapshot.replace(database)?;
    Ok(Restored { contents, migrated, kept: keep_as.map(Path::to_owned) })
}

/// Migrates a file that nobody else knows of, and leaves all of it in that file.
fn bring_up_to_date(path: &Path) -> Result<Vec<String>, BackupError> {
    let report = migrations::migrate_held(&DatabaseUrl::sqlite(path))?;
    fold_journals(path).map_err(statement_error(path))?;
    Ok(report.applied)
}

/// Writes what is in the journals into the database and removes them. Fails
/// while anybody has the database open.
fn fold_journals(path: &Path) -> Result<(), Error> {
    let text = Path::new(".").join(path);
    let broken = |message: String| Error::QueryBuilderError(message.into());
    let text = text.to_str().ok_or_else(|| broken("the path is not in Unicode".to_owned()))?;
    let connection = SqliteConnection::establish(text);
    let mut connection = connection.map_err(|error| broken(error.to_string()))?;
    connection.batch_execute("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE; COMMIT")
}

/// Keeps the former database under another name as well, with all that was
/// committed to it.
fn set_aside(database: &Path, path: &Path) -> Result<(), BackupError> {
    if path.symlink_metadata().is_ok() {
        return Err(BackupError::Exists { path: path.to_owned() });
    }
    // SQLite would throw away the journals of what it cannot read.
    if !sqlite_file::holds_something_else(database)
        && let Err(error) = fold_journals(database)
        && error.to_string().contains("locked")
    {
        return Err(OpenError::Held { path: database.to_owned() }.into());
    }
    // Those of a damaged database are still there. Beside another one they would
    // damage it too.
    for suffix in JOURNALS {
        let (from, to) =
            (sqlite_file::companion(database, suffix), sqlite_file::companion(path, suffix));
        match fs::rename(&from, to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(file_error(&from)(error));
            }
            _ => {}
        }
    }
    remove_journals(database)?;
    // Where there are no links, there is a moment without a database.
    fs::hard_link(database, path).or_else(|_| fs::rename(database, path)).map_err(file_error(path))
}

fn remove_journals(database: &Path) -> Result<(), BackupError> {
    for suffix in JOURNALS.into_iter().chain(["-shm"]) {
        let journal = sqlite_file::companion(database, suffix);
        match fs::remove_file(&journal) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(file_error(&journal)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Gives a new file to the user whom the server runs as, when root restores.
#[cfg(unix)]
fn give_to_owner_of(model: &Path, file: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};
    let (model, own) = (fs::metadata(model)?, fs::metadata(file)?);
    if model.uid() == own.uid() {
        return Ok(());
    }
    chown(file, Some(model.uid()), Some(model.gid()))
}

#[cfg(not(unix))]
fn give_to_owner_of(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}
