//! What can be watched of the store, counted where it happens and told in plain
//! numbers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use crate::error::ErrorKind;

/// A pool of connections: how it is, and what it has done since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    /// What it is for: `readers` and `writer` on SQLite, and on PostgreSQL one
    /// that is for `all`.
    pub name: &'static str,
    /// The most connections that it may have.
    pub size: usize,
    /// Connections that are in use.
    pub in_use: usize,
    /// Requests that wait for one.
    pub waiting: usize,
    /// How often one was handed out.
    pub taken: u64,
    /// How long requests have waited for one, all in all.
    pub waited: Duration,
    /// How often one waited until its time was over.
    pub timeouts: u64,
    /// How often one was refused because too many waited.
    pub refused: u64,
}

/// Errors of the database since the store was opened, by their kind. Those that
/// were got over by another connection count too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DatabaseErrors {
    /// No connection could be made.
    pub unreachable: u64,
    /// A connection was lost.
    pub connection_lost: u64,
    /// A lock, a deadlock or a time limit of the database; the same may work
    /// later.
    pub contention: u64,
    /// There was no room on the disk.
    pub full: u64,
    /// Anything else.
    pub failed: u64,
}

/// Counts for a [`PoolState`].
#[derive(Debug, Default)]
pub(crate) struct PoolCounters {
    waiting: AtomicUsize,
    taken: AtomicU64,
    waited_micros: AtomicU64,
    timeouts: AtomicU64,
    refused: AtomicU64,
}

impl PoolCounters {
    /// Begins a wait, which ends when what is returned is dropped; or counts a
    /// refusal if so many wait already.
    pub(crate) fn wait(self: &Arc<Self>, queue: usize) -> Option<Wait> {
        let next = |waiting| (waiting < queue).then_some(waiting + 1);
        if self.waiting.fetch_update(Relaxed, Relaxed, next).is_err() {
            self.refused.fetch_add(1, Relaxed);
            return None;
        }
        Some(Wait { counters: Arc::clone(self), since: Instant::now() })
    }

    /// Counts a connection that was handed out.
    pub(crate) fn taken(&self) {
        self.taken.fetch_add(1, Relaxed);
    }

    /// Counts a wait that was too long.
    pub(crate) fn timed_out(&self) {
        self.timeouts.fetch_add(1, Relaxed);
    }

    /// The state of the pool that counts here.
    pub(crate) fn state(&self, name: &'static str, size: usize, idle: usize) -> PoolState {
        PoolState {
            name,
            size,
            in_use: size.saturating_sub(idle),
            waiting: self.waiting.load(Relaxed),
            taken: self.taken.load(Relaxed),
            waited: Duration::from_micros(self.waited_micros.load(Relaxed)),
            timeouts: self.timeouts.load(Relaxed),
            refused: self.refused.load(Relaxed),
        }
    }
}

/// Somebody who waits for a connection, or no longer does: whose request was
/// cancelled too.
pub(crate) struct Wait {
    counters: Arc<PoolCounters>,
    since: Instant,
}

impl Drop for Wait {
    fn drop(&mut self) {
        let micros = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.counters.waited_micros.fetch_add(micros, Relaxed);
        self.counters.waiting.fetch_sub(1, Relaxed);
    }
}

/// Counts for [`DatabaseErrors`], shared by all connections of a store.
#[derive(Debug, Default)]
pub(crate) struct ErrorCounters {
    unreachable: AtomicU64,
    connection_lost: AtomicU64,
    contention: AtomicU64,
    full: AtomicU64,
    failed: AtomicU64,
}

impl ErrorCounters {
    /// Counts a connection that could not be made.
    pub(crate) fn unreachable(&self) {
        self.unreachable.fetch_add(1, Relaxed);
    }

    /// Counts an error of a statement.
    pub(crate) fn count(&self, error: &diesel::result::Error) {
        let counter = match ErrorKind::of(error) {
            ErrorKind::ConnectionLost => &self.connection_lost,
            ErrorKind::Contention => &self.contention,
            ErrorKind::Full => &self.full,
            ErrorKind::Failed => &self.failed,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// The counts so far.
    pub(crate) fn so_far(&self) -> DatabaseErrors {
        DatabaseErrors {
            unreachable: self.unreachable.load(Relaxed),
            connection_lost: self.connection_lost.load(Relaxed),
            contention: self.contention.load(Relaxed),
            full: self.full.load(Relaxed),
            failed: self.failed.load(Relaxed),
        }
    }
}
