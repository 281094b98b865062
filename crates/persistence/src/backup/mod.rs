//! Backups of an SQLite database, made while servers use it, and putting one in
//! its place. PostgreSQL has programs of its own for both.
//!
//! **Invariant:** what gets the name that was asked for is whole, checked, and on
//! the disk. Until then it lies under another name, which is removed if anything
//! fails.

mod check;
mod create;
mod restore;
mod snapshot;

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::error::OpenError;

pub use check::Contents;
pub use create::back_up;
pub use restore::{Restored, restore};

/// Why there is no backup, or why it was not restored. The database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// PostgreSQL.
    #[error("only an SQLite database is backed up and restored like this")]
    NotSqlite,
    /// A file that would have been lost.
    #[error("`{}` exists, and was left as it is", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A file is no SQLite database, or one of another program.
    #[error("`{}` is not a database of Guildhall", path.display())]
    NotGuildhall {
        /// The file.
        path: PathBuf,
    },
    /// A database does not agree with itself.
    #[error("the copy of `{}` is damaged, as that file must be: {findings}", path.display())]
    Damaged {
        /// The file that was copied.
        path: PathBuf,
        /// What is wrong.
        findings: String,
    },
    /// A file cannot be read or written.
    #[error("`{}`: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system or SQLite says.
        reason: String,
    },
    /// The database cannot be opened, or not by this version.
    #[error(transparent)]
    Database(#[from] OpenError),
}

/// What the system says of a file.
fn file_error(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    move |error| BackupError::File { path: path.to_owned(), reason: error.to_string() }
}

/// What SQLite says of a file.
fn statement_error(path: &Path) -> impl Fn(diesel::result::Error) -> BackupError {
    move |error| BackupError::File { path: path.to_owned(), reason: error.to_string() }
}
