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
    /// The file or its folder is missing or may not be written.
    #[error(
        "the SQLite database `{}` cannot be opened: {reason}. Guildhall must be able to write the \
         file and the folder that it lies in", path.display()
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
        (Some(path), _) => OpenError::Inaccessible { path: path.to_owned(), reason },
        (None, ConnectionError::BadConnection(_)) => {
            OpenError::Unreachable { url: url.to_string(), reason }
        }
        (None, _) => OpenError::Other { url: url.to_string(), reason },
    }
}

/// An error of a statement, as the application sees it. Diesel's errors hold
/// no bound values, so nothing secret is in the message.
pub(crate) fn store_error(error: &Error) -> StoreError {
    match ErrorKind::of(error) {
        ErrorKind::ConnectionLost | ErrorKind::Contention => {
            StoreError::Unavailable(error.to_string())
        }
        ErrorKind::Failed => StoreError::Failed(error.to_string()),
    }
}

/// What an error of a statement means for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The connection is of no more use.
    ConnectionLost,
    /// The same statement may work later.
    Contention,
    /// It would fail again.
    Failed,
}

impl ErrorKind {
    /// The kind of an error.
    pub(crate) fn of(error: &Error) -> Self {
        if is_connection_loss(error) {
            Self::ConnectionLost
        } else if is_contention(error) {
            Self::Contention
        } else {
            Self::Failed
        }
    }
}

/// Whether the connection is of no more use, though another may be. A
/// read-only transaction means that the server was demoted to a standby.
pub(crate) fn is_connection_loss(error: &Error) -> bool {
    matches!(
        error,
        Error::BrokenTransactionManager
            | Error::DatabaseError(
                DatabaseErrorKind::ClosedConnection
                    | DatabaseErrorKind::UnableToSendCommand
                    | DatabaseErrorKind::ReadOnlyTransaction,
                _
            )
    )
}

/// Whether the same statement may work later.
fn is_contention(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        // Diesel passes on no SQLSTATE, so the message has to do.
        Error::DatabaseError(_, information) => {
            let message = information.message();
            [
                "database is locked",
                "database table is locked",
                "database schema is locked",
                "deadlock detected",
                "due to lock timeout",
                "due to statement timeout",
                "due to user request",
                "idle-in-transaction timeout",
                "could not obtain lock",
            ]
            .iter()
            .any(|phrase| message.contains(phrase))
        }
        _ => false,
    }
}

/// A blocking task that panicked, or that the runtime no longer ran.
pub(crate) fn task_error(error: &tokio::task::JoinError) -> StoreError {
    if error.is_panic() {
        StoreError::Failed("a statement panicked".to_owned())
    } else {
        StoreError::Unavailable("the runtime is shutting down".to_owned())
    }
}
