//! Connections that are kept open, handed out to blocking threads and taken
//! back.
//!
//! **Invariant:** nobody asks r2d2 for a connection without a permit, and there
//! are as many permits as connections. Otherwise those who wait would fill the
//! blocking threads that those who hold a connection need to give it back.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use diesel::{QueryResult, result::ConnectionError};
use guildhall_application::ports::StoreError;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time,
};

use crate::{
    blocking::blocking,
    connection::{DbConnection, Purpose, Slot, SqliteSynchronous},
    database_url::DatabaseUrl,
    error::{is_connection_loss, store_error},
    slow_statements::SlowStatements,
    tenancy::Tenancy,
    transaction::Transaction,
    watch::{ErrorCounters, PoolCounters, PoolState},
};

/// Makes connections for r2d2.
pub(crate) struct Manager {
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
}

/// A connection could not be made; without the password.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ConnectFailure(String);

impl r2d2::ManageConnection for Manager {
    type Connection = Slot;
    type Error = ConnectFailure;

    fn connect(&self) -> Result<Slot, ConnectFailure> {
        DbConnection::establish_bound(&self.url, self.purpose, self.synchronous)
            .map(|mut connection| {
                if let Some((threshold, counter)) = &self.slow {
                    connection.watch(SlowStatements::new(*threshold, Arc::clone(counter)));
                }
                Slot::new(connection, Arc::clone(&self.errors))
            })
            .map_err(|error: ConnectionError| {
                self.errors.unreachable();
                ConnectFailure(self.url.mask(&error.to_string()))
            })
    }

    fn is_valid(&self, slot: &mut Slot) -> Result<(), ConnectFailure> {
        slot.ping().map_err(|error| ConnectFailure(error.to_string()))
    }

    fn has_broken(&self, slot: &mut Slot) -> bool {
        slot.is_spent()
    }
}

#[derive(Debug)]
struct LogFailure;

impl r2d2::HandleError<ConnectFailure> for LogFailure {
    fn handle_error(&self, error: ConnectFailure) {
        tracing::warn!(%error, "no connection to the database");
    }
}

/// A connection that goes back to its pool when it is dropped, and the permit
/// to have it, which is given back after it.
pub(crate) struct Lease {
    slot: r2d2::PooledConnection<Manager>,
    permit: OwnedSemaphorePermit,
}

impl Lease {
    /// The connection.
    pub(crate) fn slot(&mut self) -> &mut Slot {
        &mut self.slot
    }
}

/// A pool of connections to one database for one purpose.
#[derive(Clone)]
pub(crate) struct Pool {
    connections: r2d2::Pool<Manager>,
    permits: Arc<Semaphore>,
    acquire_timeout: Duration,
    name: &'static str,
    counters: Arc<PoolCounters>,
}

impl Pool {
    /// A pool that connects when it is first asked to.
    pub(crate) fn new(
        name: &'static str,
        manager: Manager,
        size: u32,
        acquire_timeout: Duration,
    ) -> Self {
        let size = size.max(1);
        let connections = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .connection_timeout(acquire_timeout)
            .error_handler(Box::new(LogFailure))
            .build_unchecked(manager);
        let permits = Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(1)));
        Self { connections, permits, acquire_timeout, name, counters: Arc::default() }
    }

    /// How it is, and what it has done so far.
    pub(crate) fn state(&self) -> PoolState {
        let size = usize::try_from(self.connections.max_size()).unwrap_or(usize::MAX);
        self.counters.state(self.name, size, self.permits.available_permits())
    }

    /// Runs a query outside of any transaction. When its connection turns out
    /// to be lost, it is run once more on one that answers.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        tenancy: Tenancy,
        query: impl Fn(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = self.permit().await?;
        let pool = self.clone();
        blocking("database.read", move || {
            let mut lease = pool.lease(permit)?;
            match lease.slot.read(tenancy, &query) {
                Err(error) if is_connection_loss(&error) => pool
                    .replace(lease, Slot::ping)?
                    .slot
                    .read(tenancy, &query)
                    .map_err(|error| store_error(&error)),
                result => result.map_err(|error| store_error(&error)),
            }
        })
        .await
    }

    /// Whether another process has changed the SQLite file since this was asked last,
    /// or since the connection was made. Of the connection that writes alone: others see
    /// its changes as those of others.
    pub(crate) async fn was_changed_elsewhere(&self) -> Result<bool, StoreError> {
        let permit = self.permit().await?;
        let pool = self.clone();
        blocking("database.read", move || {
            let mut lease = pool.lease(permit)?;
            lease.slot.was_changed_elsewhere().map_err(|error| store_error(&error))
        })
        .await
    }

    /// Begins a transaction on a connection that answers.
    pub(crate) async fn begin(&self) -> Result<Transaction, StoreError> {
        let permit = self.permit().await?;
        let pool = self.clone();
        blocking("database.begin", move || {
            let mut lease = pool.lease(permit)?;
            match lease.slot.begin() {
                Ok(()) => {}
                Err(error) if is_connection_loss(&error) => {
                    lease = pool.replace(lease, Slot::begin)?;
                }
                Err(error) => return Err(store_error(&error)),
            }
            Ok(Transaction::new(lease))
        })
        .await
    }

    /// Waits for the right to have a connection.
    async fn permit(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let permit = match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.wait().await?,
        };
        self.counters.taken();
        Ok(permit)
    }

    async fn wait(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let _wait = self.counters.wait();
        let acquire = Arc::clone(&self.permits).acquire_owned();
        match time::timeout(self.acquire_timeout, acquire).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(StoreError::Unavailable("the pool is closed".to_owned())),
            Err(_) => {
                self.counters.timed_out();
                Err(StoreError::Unavailable(format!(
                    "all connections were in use for {:?}",
                    self.acquire_timeout
                )))
            }
        }
    }

    fn lease(&self, permit: OwnedSemaphorePermit) -> Result<Lease, StoreError> {
        let slot =
            self.connections.get().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Lease { slot, permit })
    }

    /// Gives back a lost connection and takes others until `first_use` works
    /// on one. All that were idle may be lost too, when the server was
    /// restarted.
    fn replace(
        &self,
        lost: Lease,
        first_use: impl Fn(&mut Slot) -> QueryResult<()>,
    ) -> Result<Lease, StoreError> {
        let Lease { slot, mut permit } = lost;
        drop(slot);
        let mut left = self.connections.max_size();
        loop {
            let mut lease = self.lease(permit)?;
            match first_use(&mut lease.slot) {
                Ok(()) => return Ok(lease),
                Err(error) if is_connection_loss(&error) && left > 0 => left -= 1,
                Err(error) => return Err(store_error(&error)),
            }
            permit = lease.permit;
        }
    }
}
