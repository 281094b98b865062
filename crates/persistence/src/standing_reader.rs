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
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use diesel::{ConnectionError, SqliteConnection, connection::SimpleConnection};

use crate::connection::{Purpose, SqliteSynchronous, establish_sqlite};

/// How long nobody has written when it begins. Between transactions that follow each other
/// more closely it would cost them more than it saves others.
const PAUSE: Duration = Duration::from_millis(10);

/// A connection that reads without end, or could, and the thread that has it begin.
pub(crate) struct StandingReader {
    shared: Arc<Shared>,
}

impl StandingReader {
    /// One of that file, which does not read yet.
    pub(crate) fn new(path: PathBuf) -> Self {
        let shared = Arc::new(Shared { path, state: Mutex::default(), changed: Condvar::new() });
        let for_thread = Arc::clone(&shared);
        let spawned = thread::Builder::new()
            .name("standing-reader".to_owned())
            .spawn(move || for_thread.stand_when_due());
        if let Err(error) = spawned {
            tracing::debug!(%error, "nobody stays reading");
        }
        Self { shared }
    }

    /// Lets it read soon, unless it is told to step aside meanwhile.
    pub(crate) fn stand(&self) {
        let mut state = self.shared.state();
        state.free_since = Some(Instant::now());
        if mem::take(&mut state.thread_sleeps) {
            self.shared.changed.notify_one();
        }
    }

    /// Ends its reading.
    pub(crate) fn step_aside(&self) {
        self.shared.state().step_aside();
    }

    /// Whether it reads.
    #[cfg(test)]
    pub(crate) fn stands(&self) -> bool {
        self.shared.state().stands
    }
}

impl Drop for StandingReader {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.is_over = true;
        state.connection = None;
        self.shared.changed.notify_one();
    }
}

struct Shared {
    path: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Made when it is first needed.
    connection: Option<SqliteConnection>,
    stands: bool,
    /// Since when nobody writes, if nobody does, and it may read.
    free_since: Option<Instant>,
    /// Whether the thread must be woken. Who writes again and again does not wake it.
    thread_sleeps: bool,
    is_over: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // What panics under the lock has changed nothing yet.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until it is over.
    fn stand_when_due(&self) {
        let mut state = self.state();
        while !state.is_over {
            let due = state.free_since.filter(|_| !state.stands).map(|since| since + PAUSE);
            let now = Instant::now();
            state = match due {
                None => {
                    state.thread_sleeps = true;
                    self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
                }
                Some(due) if now < due => {
                    let woken = self.changed.wait_timeout(state, due - now);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
                Some(_) => {
                    state.stand(&self.path);
                    state
                }
            };
        }
    }
}

impl State {
    /// Reads what is there now, from now on. It is for speed alone: where it fails, nobody
    /// stands until somebody has written again.
    fn stand(&mut self, path: &Path) {
        match self.begin(path) {
            Ok(()) => self.stands = true,
            Err(error) => {
                tracing::debug!(%error, "nobody stays reading");
                self.connection = None;
                self.free_since = None;
            }
        }
    }

    fn begin(&mut self, path: &Path) -> Result<(), ConnectionError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(connect(path)?),
        };
        // It is the first read that begins.
        connection
            .batch_execute("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1")
            .map_err(ConnectionError::CouldntSetupConfiguration)
    }

    fn step_aside(&mut self) {
        self.free_since = None;
        if !mem::take(&mut self.stands) {
            return;
        }
        let ended = self.connection.as_mut().map(|connection| connection.batch_execute("COMMIT"));
        if let Some(Err(error)) = ended {
            tracing::debug!(%error, "a reader is ended with its connection");
            self.connection = None;
        }
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
