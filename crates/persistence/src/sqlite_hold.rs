//! Who uses the file of an SQLite database. Servers and commands share it; who
//! puts another file in its place has it alone. SQLite's own locks do not tell: a
//! server may have no connection open for a moment.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use crate::{
    error::{OpenError, inaccessible},
    sqlite_file,
};

/// A share in a database file, or all of it, until it is dropped or its process
/// ends. What is locked is a file beside it, which stays.
pub(crate) struct Hold {
    lock: File,
}

impl Drop for Hold {
    /// A child that this process is just starting has the file open too, until it is another
    /// program: to close it here does not suffice.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

impl Hold {
    /// A share, which others may have too. The folder must exist.
    pub(crate) fn shared(database: &Path) -> Result<Self, OpenError> {
        if sqlite_file::holds_something_else(database) {
            return Err(OpenError::NotADatabase { path: database.to_owned() });
        }
        Self::take(database, File::try_lock_shared)
    }

    /// All of it. The folder must exist.
    pub(crate) fn exclusive(database: &Path) -> Result<Self, OpenError> {
        Self::take(database, File::try_lock)
    }

    /// The file that is locked.
    pub(crate) fn file(database: &Path) -> PathBuf {
        sqlite_file::companion(&sqlite_file::behind_links(database), "-lock")
    }

    fn take(
        database: &Path,
        lock: impl FnOnce(&File) -> Result<(), TryLockError>,
    ) -> Result<Self, OpenError> {
        let failed = |error: io::Error| inaccessible(database, &error);
        if database.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        let mut options = sqlite_file::for_the_owner_alone();
        let file = options.create(true).open(Self::file(database)).map_err(failed)?;
        match lock(&file) {
            Ok(()) => Ok(Self { lock: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Held { path: database.to_owned() }),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DatabaseUrl, DieselStore, StoreOptions, migrate};

    #[test]
    fn a_database_is_shared_or_held_alone() {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::sqlite(&folder.path().join("guildhall.db"));
        let path = url.sqlite_path().unwrap();
        migrate(&url).unwrap();
        let is_held = |refused: Option<OpenError>| matches!(refused, Some(OpenError::Held { .. }));

        let store = DieselStore::open(&url, StoreOptions::default()).unwrap();
        let another = store.clone();
        migrate(&url).unwrap();
        assert!(is_held(Hold::exclusive(path).err()));
        drop(store);
        assert!(is_held(Hold::exclusive(path).err()), "a clone still uses it");
        drop(another);

        let alone = Hold::exclusive(path).unwrap();
        assert!(is_held(migrate(&url).err()));
        assert!(is_held(DieselStore::open(&url, StoreOptions::default()).err()));
        drop(alone);
        DieselStore::open(&url, StoreOptions::default()).unwrap();
    }

    #[test]
    fn it_is_over_for_whoever_has_the_file_open_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guildhall.db");
        let alone = Hold::exclusive(&path).unwrap();
        let _inherited = alone.lock.try_clone().unwrap();
        drop(alone);
        Hold::exclusive(&path).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_the_same_hold() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("guildhall.db"), folder.path().join("link.db"));
        migrate(&DatabaseUrl::sqlite(&path)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let _alone = Hold::exclusive(&path).unwrap();
        assert!(matches!(migrate(&DatabaseUrl::sqlite(&link)), Err(OpenError::Held { .. })));
    }
}
