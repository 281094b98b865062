//! A copy of an SQLite database as it was at one moment, under a name that
//! nobody looks for.

use std::{
    fs::{self, File},
    path::Path,
};

use diesel::{
    Connection, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_query,
    sql_types::Text,
};
use tempfile::NamedTempFile;

use super::{BackupError, file_error, statement_error};
use crate::sqlite_file;

/// A copy that is removed unless it gets a name.
pub(super) struct Snapshot {
    file: NamedTempFile,
}

impl Snapshot {
    /// Copies all that was committed, while others go on writing. The copy is
    /// one file, without free space, in `folder`, readable for nobody else.
    pub(super) fn take(source: &Path, folder: &Path) -> Result<Self, BackupError> {
        let mut connection = open(source)?;
        let file =
            tempfile::Builder::new().prefix(".guildhall-").suffix(".tmp").tempfile_in(folder);
        let file = file.map_err(file_error(folder))?;
        // Not a URI, whatever it is called.
        let path = Path::new(".").join(file.path());
        let path = path.to_str().ok_or_else(|| not_unicode(folder))?;
        sql_query("VACUUM INTO ?")
            .bind::<Text, _>(path)
            .execute(&mut connection)
            .map_err(statement_error(source))?;
        Ok(Self { file })
    }

    /// Where it lies for now.
    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// How long it is.
    pub(super) fn bytes(&self) -> Result<u64, BackupError> {
        let metadata = fs::metadata(self.path()).map_err(file_error(self.path()))?;
        Ok(metadata.len())
    }

    /// Gives it its name, which nobody has.
    pub(super) fn publish(self, path: &Path) -> Result<(), BackupError> {
        self.sync()?;
        self.file.persist_noclobber(path).map_err(|error| match error.error.kind() {
            std::io::ErrorKind::AlreadyExists => BackupError::Exists { path: path.to_owned() },
            _ => file_error(path)(error.error),
        })?;
        sync_folder(path)
    }

    /// Gives it the name of a file that it takes the place of.
    pub(super) fn replace(self, path: &Path) -> Result<(), BackupError> {
        self.sync()?;
        self.file.persist(path).map_err(|error| file_error(path)(error.error))?;
        sync_folder(path)
    }

    /// SQLite does not wait for the disk when it makes a copy, and the file was
    /// written by way of its path.
    fn sync(&self) -> Result<(), BackupError> {
        let file = File::open(self.path()).and_then(|file| file.sync_all());
        file.map_err(file_error(self.path()))
    }
}

fn sync_folder(path: &Path) -> Result<(), BackupError> {
    let folder = sqlite_file::folder(path);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(file_error(folder))
}

/// Opens a database to read it, whatever journal it keeps; makes none.
pub(super) fn open(path: &Path) -> Result<SqliteConnection, BackupError> {
    fs::metadata(path).map_err(file_error(path))?;
    if sqlite_file::holds_something_else(path) {
        return Err(BackupError::NotGuildhall { path: path.to_owned() });
    }
    let text = Path::new(".").join(path);
    let text = text.to_str().ok_or_else(|| not_unicode(path))?;
    let text = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let connection = SqliteConnection::establish(&format!("file:{text}?mode=ro"));
    let mut connection = connection
        .map_err(|error| BackupError::File { path: path.to_owned(), reason: error.to_string() })?;
    connection.batch_execute("PRAGMA busy_timeout = 5000").map_err(statement_error(path))?;
    Ok(connection)
}

fn not_unicode(path: &Path) -> BackupError {
    BackupError::File { path: path.to_owned(), reason: "the path is not in Unicode".to_owned() }
}
