//! What the database says, in the words of the application; and why a database
//! cannot be opened, in sentences for the operator.

use std::{
    io,
    path::{Path, PathBuf},
};

use diesel::result::{ConnectionError, DatabaseErrorKind, Error};
use guildhall_application::ports::StoreError;

use crate::database_url::DatabaseUrl;

/// Why a database cannot be opened or migrated.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file holds something else.
    #[error(
        "`{}` is not an SQLite database; it was left as it is. Name another file in DATABASE_URL, \
         or restore this one from a backup", path.display()
    )]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder is missing or cannot be written.
    #[error(
        "the SQLite database `{}` cannot be opened: {reason}. Guildhall must be able to write the \
         file and the folder that it lies in, and there must be room on the disk", path.display()
    )]
    Inaccessible {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// Somebody else restores the file, or uses it while it is to be restored.
    #[error(
        "the SQLite database `{}` is held by another process: a server or a command that uses it, \
         or `guildhall restore`, which must have it to itself. End the one or wait for the other",
        path.display()
    )]
    Held {
        /// The file.
        path: PathBuf,
    },
    /// Another process keeps the lock.
    #[error(
        "the database `{url}` is locked by another process: {reason}. End that process, or wait \
         until it is done"
    )]
    Locked {
        /// Which database, without the password.
        url: String,
        /// What the database says.
        reason: String,
    },
    /// There is no room on the disk.
    #[error("the disk of the database `{url}` is full: {reason}. Make room on it")]
    Full {
        /// Which database, without the password.
        url: String,
        /// What the database says.
        reason: String,
    },
    /// PostgreSQL does not answer, or does not let Guildhall in.
    #[error("PostgreSQL at `{url}` cannot be reached: {reason}")]
    Unreachable {
        /// Where, without the password.
        url: String,
        /// What libpq or the server says.
        reason: String,
    },
    /// A newer Guildhall migrated the database.
    #[error(
        "the database `{url}` was migrated by a newer version of Guildhall: this one does not know \
         its migration {version}. Run that version or a later one, or restore a backup made before"
    )]
    NewerSchema {
        /// Which database, without the password.
        url: String,
        /// The first migration that is not known.
        version: String,
    },
    /// The database lacks migrations.
    #[error(
        "the database `{url}` lacks {} migration(s), of which the first is {}. Run `guildhall \
         migrate`", pending.len(), pending.first().map_or("unknown", String::as_str)
    )]
    NotMigrated {
        /// Which database, without the password.
        url: String,
        /// The names of the missing migrations.
        pending: Vec<String>,
    },
    /// Something else.
    #[error("the database `{url}` cannot be used: {reason}")]
    Other {
        /// Which database, without the password.
        url: String,
        /// What the database says.
        reason: String,
    },
}

/// What the system says of the file of an SQLite database.
pub(crate) fn inaccessible(path: &Path, error: &io::Error) -> OpenError {
    OpenError::Inaccessible { path: path.to_owned(), reason: error.to_string() }
}

/// Why there is no connection, for the operator.
pub(crate) fn open_error(url: &DatabaseUrl, error: ConnectionError) -> OpenError {
    let reason = url.mask(&error.to_string());
    match (url.sqlite_path(), error) {
        (Some(path), _) if reason.contains("not a database") => {
            OpenError::NotADatabase { path: path.to_owned() }
        }
        (None, ConnectionError::BadConnection(_)) => {
            OpenError::Unreachable { url: url.to_string(), reason }
        }
        _ => unusable(url, reason),
    }
}

/// Why a database is of no use by what it says, for the operator.
pub(crate) fn unusable(url: &DatabaseUrl, reason: String) -> OpenError {
    let (kind, path, url) = (ErrorKind::by_message(&reason), url.sqlite_path(), url.to_string());
    match (kind, path) {
        (ErrorKind::Full, _) => OpenError::Full { url, reason },
        (ErrorKind::Contention, _) => OpenError::Locked { url, reason },
        (ErrorKind::ConnectionLost, Some(path)) => {
            OpenError::Inaccessible { path: path.to_owned(), reason }
        }
        _ => OpenError::Other { url, reason },
    }
}

/// An error of a statement, as the application sees it. Diesel's errors hold
/// no bound values, so nothing secret is in the message.
pub(crate) fn store_error(error: &Error) -> StoreError {
    match ErrorKind::of(error) {
        ErrorKind::ConnectionLost | ErrorKind::Contention | ErrorKind::Full => {
            StoreError::Unavailable(error.to_string())
        }
        ErrorKind::Failed => StoreError::Failed(error.to_string()),
    }
}

/// What an error of a statement means for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The connection is of no more use, though another may be.
    ConnectionLost,
    /// The same statement may work later.
    Contention,
    /// It may work when there is room on the disk.
    Full,
    /// It would fail again.
    Failed,
}

/// Diesel passes on neither SQLSTATE nor the codes of SQLite, so the message has
/// to do.
const BY_MESSAGE: [(ErrorKind, &[&str]); 3] = [
    (
        ErrorKind::ConnectionLost,
        &[
            // SQLite remembers that a file could only be read, and where it was.
            "attempt to write a readonly database",
            "disk I/O error",
            "unable to open database file",
        ],
    ),
    (
        ErrorKind::Contention,
        &[
            "database is locked",
            "database table is locked",
            "database schema is locked",
            "locking protocol",
            "deadlock detected",
            "due to lock timeout",
            "due to statement timeout",
            "due to user request",
            "due to conflict with recovery",
            "idle-in-transaction timeout",
            "could not obtain lock",
        ],
    ),
    (ErrorKind::Full, &["database or disk is full", "No space left on device"]),
];

impl ErrorKind {
    /// The kind of an error.
    pub(crate) fn of(error: &Error) -> Self {
        use DatabaseErrorKind::{
            ClosedConnection, ReadOnlyTransaction, SerializationFailure, UnableToSendCommand,
            Unknown,
        };
        match error {
            // A commit that failed may have ended the transaction by itself.
            Error::RollbackErrorOnCommit { commit_error, .. } => Self::of(commit_error),
            Error::BrokenTransactionManager => Self::ConnectionLost,
            Error::DatabaseError(kind, information) => match kind {
                // A read-only transaction means that the server was demoted to a standby.
                ClosedConnection | UnableToSendCommand | ReadOnlyTransaction => {
                    Self::ConnectionLost
                }
                SerializationFailure => Self::Contention,
                Unknown => Self::by_message(information.message()),
                _ => Self::Failed,
            },
            _ => Self::Failed,
        }
    }

    fn by_message(message: &str) -> Self {
        let said = |phrases: &[&str]| phrases.iter().any(|phrase| message.contains(phrase));
        let known = BY_MESSAGE.iter().find(|(_, phrases)| said(phrases));
        known.map_or(Self::Failed, |(kind, _)| *kind)
    }
}

/// Whether the connection is of no more use, though another may be.
pub(crate) fn is_connection_loss(error: &Error) -> bool {
    ErrorKind::of(error) == ErrorKind::ConnectionLost
}

/// A blocking task that panicked, or that the runtime no longer ran.
pub(crate) fn task_error(error: &tokio::task::JoinError) -> StoreError {
    if error.is_panic() {
        StoreError::Failed("a statement panicked".to_owned())
    } else {
        StoreError::Unavailable("the runtime is shutting down".to_owned())
    }
}
