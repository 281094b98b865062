//! Connections that are open and idle, which r2d2 keeps and makes.
//!
//! Who finds none idle waits for a new one, but not for one that cannot be made: while
//! the database cannot be reached, r2d2 tries again in the background, and everybody is
//! told so at once until it has made one.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use guildhall_application::ports::StoreError;

use crate::{
    connection::{DbConnection, Purpose, SqliteSynchronous},
    database_url::{Backend, DatabaseUrl},
    slot::{Counted, Slot},
    slow_statements::SlowStatements,
    standing_reader::StandingReader,
    watch::ErrorCounters,
};

/// r2d2 tries again at intervals that grow to half of what it takes for its timeout.
const TWICE_THE_INTERVAL: Duration = Duration::from_secs(1);

/// After which a connection to a server is made anew, which may be another one by then.
const LIFETIME: Duration = Duration::from_mins(30);

/// How often whoever waits for a new connection looks whether it cannot be made.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// An idle connection, or a new one; it goes back when it is dropped.
pub(crate) type Connected = r2d2::PooledConnection<Connector>;

/// Makes connections.
pub(crate) struct Connector {
    /// Where to.
    pub(crate) url: DatabaseUrl,
    /// What for.
    pub(crate) purpose: Purpose,
    /// How durably.
    pub(crate) synchronous: SqliteSynchronous,
    /// Where errors are counted.
    pub(crate) errors: Arc<ErrorCounters>,
    /// How long a statement may take before it is logged, if any is, and where
    /// that is counted.
    pub(crate) slow: Option<(Duration, Arc<AtomicU64>)>,
    /// What is known of all connections.
    pub(crate) shared: Arc<Shared>,
}

/// What is known of all connections of a pool.
#[derive(Default)]
pub(crate) struct Shared {
    /// How often one of the newest generation was lost. Where one was, those that are
    /// idle are given up too: most likely the server was restarted, or is no more the
    /// one that takes writes.
    generation: AtomicU32,
    making: Mutex<Making>,
    /// Those that are open, or being made.
    open: Arc<AtomicUsize>,
    /// Whether none is to be had any more.
    is_closed: AtomicBool,
}

/// How it goes with making connections.
#[derive(Default)]
struct Making {
    /// How many were made.
    made: u64,
    /// Why none can be made, while none can.
    outage: Option<String>,
}

impl Making {
    fn begin_outage(&mut self, reason: &str) {
        if self.outage.replace(reason.to_owned()).is_none() {
            tracing::warn!(error = reason, "no connection to the database");
        }
    }
}

impl Shared {
    fn making(&self) -> MutexGuard<'_, Making> {
        // Nothing that panics is done under the lock.
        self.making.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a connection answers, and leads to where new ones do.
    fn is_sound(&self, slot: &Slot) -> bool {
        !self.is_closed.load(SeqCst)
            && !slot.is_spent()
            && slot.generation() == self.generation.load(SeqCst)
    }

    /// One was made, and so others can be.
    fn made(&self) {
        let mut making = self.making();
        making.made += 1;
        if making.outage.take().is_some() {
            tracing::info!("the database is reached again");
        }
    }

    /// None was made for too long, unless one was since there were so many; how many there
    /// are. An outage that began behind the last connection that r2d2 was making would never
    /// end.
    fn begin_outage_unless_made_since(&self, made: u64) -> u64 {
        let mut making = self.making();
        if making.made == made {
            making.begin_outage("the server does not let anybody in");
        }
        making.made
    }
}

/// A connection could not be made; without the password.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ConnectFailure(String);

impl r2d2::ManageConnection for Connector {
    type Connection = Slot;
    type Error = ConnectFailure;

    fn connect(&self) -> Result<Slot, ConnectFailure> {
        // Before it is looked whether it may be made.
        let counted = Counted::new(&self.shared.open);
        if self.shared.is_closed.load(SeqCst) {
            return Err(ConnectFailure("the pool is closed".to_owned()));
        }
        let generation = self.shared.generation.load(SeqCst);
        match DbConnection::establish_bound(&self.url, self.purpose, self.synchronous) {
            Ok(mut connection) => {
                if let Some((threshold, counter)) = &self.slow {
                    connection.watch(SlowStatements::new(*threshold, Arc::clone(counter)));
                }
                self.shared.made();
                let standing = match self.purpose {
                    Purpose::Write => {
                        self.url.sqlite_path().map(|path| StandingReader::new(path.to_owned()))
                    }
                    Purpose::Read => None,
                };
                Ok(Slot::new(connection, generation, standing, Arc::clone(&self.errors), counted))
            }
            Err(error) => {
                self.errors.unreachable();
                let reason = self.url.mask(&error.to_string());
                self.shared.making().begin_outage(&reason);
                Err(ConnectFailure(reason))
            }
        }
    }

    fn is_valid(&self, slot: &mut Slot) -> Result<(), ConnectFailure> {
        slot.ping().map_err(|error| ConnectFailure(error.to_string()))
    }

    fn has_broken(&self, slot: &mut Slot) -> bool {
        if slot.is_lost() {
            let (lost, next) = (slot.generation(), slot.generation().wrapping_add(1));
            // Of several that are lost at once, the first says so.
            let _ = self.shared.generation.compare_exchange(lost, next, SeqCst, SeqCst);
        }
        !self.shared.is_sound(slot)
    }
}

/// The connections of a pool.
pub(crate) struct Connections {
    pool: r2d2::Pool<Connector>,
    shared: Arc<Shared>,
    /// How long a new connection is waited for.
    patience: Duration,
}

impl Connections {
    /// None so far, and never more than that many.
    pub(crate) fn new(connector: Connector, most: u32, patience: Duration) -> Self {
        let shared = Arc::clone(&connector.shared);
        let lifetime = match connector.url.backend() {
            // A file does not move, and whoever opens it begins with an empty page cache.
            Backend::Sqlite => None,
            Backend::Postgres => Some(LIFETIME),
        };
        let pool = r2d2::Pool::builder()
            .max_size(most)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .max_lifetime(lifetime)
            .connection_timeout(TWICE_THE_INTERVAL)
            // The connector logs, once for each outage.
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(connector);
        Self { pool, shared, patience }
    }

    /// One that is idle, if any is.
    pub(crate) fn idle(&self) -> Option<Connected> {
        while let Some(idle) = self.pool.try_get() {
            // Others are closed, as they are dropped.
            if self.is_sound(&idle) {
                return Some(idle);
            }
        }
        None
    }

    /// Closes all, and makes none any more. Blocks while any is in use, or being made: r2d2
    /// makes one for whoever finds none idle, even where they get another one meanwhile.
    pub(crate) fn close(&self) {
        self.shared.is_closed.store(true, SeqCst);
        loop {
            // Of those that are idle, none is sound any more.
            drop(self.idle());
            if self.shared.open.load(SeqCst) == 0 {
                return;
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Whether a connection answers, and leads to where new ones do.
    pub(crate) fn is_sound(&self, connected: &Connected) -> bool {
        self.shared.is_sound(connected)
    }

    /// One that is idle, or a new one. Blocks.
    pub(crate) fn take(&self) -> Result<Connected, StoreError> {
        if let Some(idle) = self.idle() {
            return Ok(idle);
        }
        let mut made = self.shared.making().made;
        let mut begun = Instant::now();
        loop {
            if let Some(reason) = self.shared.making().outage.clone() {
                return Err(StoreError::Unavailable(reason));
            }
            if begun.elapsed() >= self.patience {
                // A server that does not even refuse keeps nobody else waiting.
                made = self.shared.begin_outage_unless_made_since(made);
                begun = Instant::now();
            } else if let Ok(connected) = self.pool.get_timeout(LOOK_EVERY) {
                return Ok(connected);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_does_not_begin_behind_a_connection_that_was_made() {
        let shared = Shared::default();
        let before = shared.making().made;
        shared.made();
        let since = shared.begin_outage_unless_made_since(before);
        assert_eq!(shared.making().outage, None);
        assert_eq!(shared.begin_outage_unless_made_since(since), since);
        assert!(shared.making().outage.is_some());
        shared.made();
        assert_eq!(shared.making().outage, None);
    }
}
