//! A PostgreSQL server that a test may break.

use super::{
    backends,
    cluster::{self, Cluster, Origin},
};
use crate::Backend;

/// A PostgreSQL server of one test's own, gone when it is dropped. Unlike the
/// one that tests share, it keeps what it acknowledged when it crashes.
pub struct PostgresServer {
    cluster: Cluster,
}

impl PostgresServer {
    /// Starts one; none where PostgreSQL is not installed, as [`backends`] says.
    ///
    /// # Panics
    ///
    /// When it does not start, and where `backends` does.
    #[must_use]
    pub fn start() -> Option<Self> {
        if !backends().contains(&Backend::Postgres) {
            return None;
        }
        let binaries = cluster::binaries()?;
        Some(Self { cluster: Cluster::start(&binaries, Origin::Durable) })
    }

    /// Starts another one, which is a standby of this one by streaming
    /// replication.
    ///
    /// # Panics
    ///
    /// When it does not start.
    #[must_use]
    pub fn standby(&self) -> Self {
        Self { cluster: Cluster::start(self.cluster.binaries(), Origin::CopyOf(&self.cluster)) }
    }

    /// Where it listens, as `HOST:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.cluster.address()
    }

    /// Ends it in the middle of whatever it does, as a crash would.
    ///
    /// # Panics
    ///
    /// When it does not end.
    pub fn stop_hard(&self) {
        self.cluster.control(&["stop", "--mode=immediate"]);
    }

    /// Starts it again, and waits until it answers.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn start_again(&self) {
        self.cluster.control(&["start"]);
    }

    /// Makes a standby take writes, and waits until it does.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub fn promote(&self) {
        self.cluster.control(&["promote"]);
    }
}
