//! A reader of an SQLite file that stays.
//!
//! SQLite locks a part of the file while anybody in the process reads: whoever is the first
//! takes the lock and whoever is the last gives it back, by a system call each, under a
//! mutex for which the others wait. While one stays, the others are only counted.
//!
//! **Invariant:** none stays while the connection that it belongs to, the one that writes,
//! is in a transaction or empties the log. A checkpoint goes no further than the oldest
//! reader, and the log does not begin anew while anybody reads from it.

use std::{
    mem,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use diesel::{ConnectionError, SqliteConnection, connection::SimpleConnection};

use crate::connection::{Purpose, SqliteSynchronous, establish_sqlite};

/// Between transactions that follow each other more closely, nobody stands: it costs them
/// more than it saves others.
const PAUSE: Duration = Duration::from_millis(10);

/// A connection that reads without end, or could.
pub(crate) struct StandingReader {
    path: PathBuf,
    /// Made when it is first needed.
    connection: Option<SqliteConnection>,
    stands: bool,
    /// When the last transaction ended.
    free_since: Instant,
    /// Whether the one now began right after it.
    is_hurried: bool,
}

impl StandingReader {
    /// One of that file, which does not read yet.
    pub(crate) fn new(path: PathBuf) -> Self {
        let free_since = Instant::now();
        Self { path, connection: None, stands: false, free_since, is_hurried: false }
    }

    /// Reads what is there now, from now on. It is for speed alone: where it fails, nobody
    /// stands.
    pub(crate) fn stand(&mut self) {
        self.free_since = Instant::now();
        if self.stands || self.is_hurried {
            return;
        }
        match self.begin() {
            Ok(()) => self.stands = true,
            Err(error) => {
                tracing::debug!(%error, "nobody stays reading");
                self.connection = None;
            }
        }
    }

    /// Ends its reading.
    pub(crate) fn step_aside(&mut self) {
        self.is_hurried = self.free_since.elapsed() < PAUSE;
        if !mem::take(&mut self.stands) {
            return;
        }
        let ended = self.connection.as_mut().map(|connection| connection.batch_execute("COMMIT"));
        if let Some(Err(error)) = ended {
            tracing::debug!(%error, "a reader is ended with its connection");
            self.connection = None;
        }
    }

    fn begin(&mut self) -> Result<(), ConnectionError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(connect(&self.path)?),
        };
        // It is the first read that begins.
        connection
            .batch_execute("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1")
            .map_err(ConnectionError::CouldntSetupConfiguration)
    }
}

/// A connection that waits for nobody.
fn connect(path: &Path) -> Result<SqliteConnection, ConnectionError> {
    let mut connection = establish_sqlite(path, Purpose::Read, SqliteSynchronous::default())?;
    connection
        .batch_execute("PRAGMA busy_timeout = 0")
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

#[cfg(test)]
mod tests;
