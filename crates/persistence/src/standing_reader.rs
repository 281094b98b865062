//! A reader of an SQLite file that stays.
//!
//! SQLite locks a part of the file while anybody in the process reads: whoever is the first
//! takes the lock and whoever is the last gives it back, by a system call each, under a
//! mutex for which the others wait. While one stays, the others are only counted.
//!
//! **Invariant:** none stays while the connection that it belongs to, the one that writes,
//! is in a transaction or empties the log. A checkpoint goes no further than the oldest
//! reader, and the log does not begin anew while anybody reads from it. For the same reason
//! none stays for longer than [`LOOK_EVERY`] where another process writes.

use std::{
    error::Error,
    mem,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use diesel::{ConnectionError, QueryResult, SqliteConnection, connection::SimpleConnection};

use crate::connection::{Purpose, SqliteSynchronous, data_version, establish_sqlite};

/// How long nobody has written when it begins. Between transactions that follow each other
/// more closely it would cost them more than it saves others.
const PAUSE: Duration = Duration::from_millis(10);

/// How often it looks whether another process has written.
const LOOK_EVERY: Duration = Duration::from_millis(250);

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
            .spawn(move || for_thread.look_when_due());
        if let Err(error) = spawned {
            tracing::debug!(%error, "nobody stays reading");
        }
        Self { shared }
    }

    /// Lets it read soon, unless it is told to step aside meanwhile.
    pub(crate) fn stand(&self) {
        let mut state = self.shared.state();
        let due = Instant::now() + PAUSE;
        state.due = Some(due);
        // Who writes again and again wakes it once for a pause.
        if state.alarm.is_none_or(|alarm| due < alarm) {
            state.alarm = Some(due);
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
    /// SQLite's count of the changes of others at the last look, if its own connection has
    /// not written since, which is one of the others.
    version: Option<i64>,
    /// When to look next, unless its connection writes.
    due: Option<Instant>,
    /// When the thread wakes, if it does by itself.
    alarm: Option<Instant>,
    is_over: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that panics is done under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until it is over.
    fn look_when_due(&self) {
        let mut state = self.state();
        while !state.is_over {
            let now = Instant::now();
            state.alarm = state.due;
            state = match state.due {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(due) if now < due => {
                    let woken = self.changed.wait_timeout(state, due - now);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
                Some(_) if state.connection.is_none() => {
                    // Nobody who writes waits for that.
                    drop(state);
                    let connected = connect(&self.path);
                    let mut state = self.state();
                    match connected {
                        Ok(_) if state.is_over => {}
                        Ok(connection) => state.connection = Some(connection),
                        Err(error) => state.give_up(&error),
                    }
                    state
                }
                Some(_) => {
                    state.look();
                    state
                }
            };
        }
    }
}

impl State {
    /// Reads what is there now, from now on, unless others have written since the last look.
    /// It is for speed alone: where it fails, nobody stands until somebody has written again.
    fn look(&mut self) {
        match self.read_on() {
            Ok(stands) => {
                self.stands = stands;
                self.due = Some(Instant::now() + LOOK_EVERY);
            }
            Err(error) => self.give_up(&error),
        }
    }

    fn give_up(&mut self, error: &dyn Error) {
        tracing::debug!(%error, "nobody stays reading");
        *self = Self { is_over: self.is_over, ..Self::default() };
    }

    fn read_on(&mut self) -> QueryResult<bool> {
        let Some(connection) = &mut self.connection else { return Ok(false) };
        let begin = if self.stands { "COMMIT; BEGIN" } else { "BEGIN" };
        connection.batch_execute(begin)?;
        // It is the first read that begins.
        let version = data_version(connection)?;
        let is_quiet = self.version.replace(version).is_none_or(|last| last == version);
        if !is_quiet {
            connection.batch_execute("COMMIT")?;
        }
        Ok(is_quiet)
    }

    fn step_aside(&mut self) {
        self.due = None;
        self.version = None;
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
