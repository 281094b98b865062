//! Connections that are kept open, handed out to blocking threads and taken
//! back.
//!
//! **Invariant:** nobody asks r2d2 for a connection without a permit, and there
//! are as many permits as connections. Otherwise those who wait would fill the
//! blocking threads that those who hold a connection need to give it back. On such a
//! thread, only the workers of [`LookUpQueue`](crate::look_up_queue::LookUpQueue) wait for
//! a permit, and they are few.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use diesel::QueryResult;
use guildhall_application::ports::StoreError;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time,
};

use crate::{
    blocking::{blocking, in_place},
    connection::DbConnection,
    connections::{Connected, Connections, Connector},
    error::{is_connection_loss, store_error},
    pace::Pace,
    slot::Slot,
    tenancy::Tenancy,
    transaction::Transaction,
    watch::{PoolCounters, PoolState, Wait},
};

/// A connection that goes back to its pool when it is dropped, and the permit
/// to have it, which is given back after it.
pub(crate) struct Lease {
    slot: Connected,
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
    connections: Arc<Connections>,
    size: usize,
    permits: Arc<Semaphore>,
    bounds: WaitBounds,
    name: &'static str,
    counters: Arc<PoolCounters>,
    /// Where short reads may be run in place.
    pace: Option<Arc<Pace>>,
}

/// How requests may wait for a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WaitBounds {
    /// How long.
    pub(crate) timeout: Duration,
    /// How many at a time; more are refused at once.
    pub(crate) queue: usize,
}

impl Pool {
    /// A pool that connects when it is first asked to.
    pub(crate) fn new(
        name: &'static str,
        connector: Connector,
        size: u32,
        bounds: WaitBounds,
    ) -> Self {
        let most = size.max(1);
        let size = usize::try_from(most).unwrap_or(1);
        Self {
            connections: Arc::new(Connections::new(connector, most, bounds.timeout)),
            size,
            permits: Arc::new(Semaphore::new(size)),
            bounds,
            name,
            counters: Arc::default(),
            pace: None,
        }
    }

    /// The same, whose short reads are run in place while they are quick.
    pub(crate) fn looking_up_in_place(self) -> Self {
        Self { pace: Some(Arc::new(Pace::new())), ..self }
    }

    /// How it is, and what it has done so far.
    pub(crate) fn state(&self) -> PoolState {
        self.counters.state(self.name, self.size, self.permits.available_permits())
    }

    /// Runs a query outside of any transaction. When its connection turns out
    /// to be lost, it is run once more on one that answers.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        tenancy: Tenancy,
        query: impl Fn(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = self.permit().await?;
        self.read_apart(permit, tenancy, query).await
    }

    /// The same, of a query that an index answers at once.
    pub(crate) async fn look_up<T: Send + 'static>(
        &self,
        tenancy: Tenancy,
        query: impl Fn(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = self.permit().await?;
        let started = Instant::now();
        let pace = self.pace.as_ref().filter(|pace| pace.is_quick(started));
        let Some((pace, slot)) = pace.zip(self.connections.idle()) else {
            return self.read_apart(permit, tenancy, query).await;
        };
        let mut lease = Lease { slot, permit };
        let result = in_place("database.read", || lease.slot.read(tenancy, &query));
        let now = Instant::now();
        pace.took(now - started, now);
        match result {
            Err(error) if is_connection_loss(&error) => {
                let Lease { slot, permit } = lease;
                drop(slot);
                self.read_apart(permit, tenancy, query).await
            }
            result => result.map_err(|error| store_error(&error)),
        }
    }

    /// Reads on a blocking thread.
    async fn read_apart<T: Send + 'static>(
        &self,
        permit: OwnedSemaphorePermit,
        tenancy: Tenancy,
        query: impl Fn(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let pool = self.clone();
        blocking("database.read", move || pool.read_on(pool.lease(permit)?, tenancy, query).1).await
    }

    /// Runs a query outside of any transaction, once more on another connection when this
    /// one turns out to be lost, and returns the one that it had last. Blocks.
    pub(crate) fn read_on<T>(
        &self,
        mut lease: Lease,
        tenancy: Tenancy,
        query: impl Fn(&mut DbConnection) -> QueryResult<T>,
    ) -> (Option<Lease>, Result<T, StoreError>) {
        let mut result = lease.slot.read(tenancy, &query);
        if result.as_ref().is_err_and(is_connection_loss) {
            lease = match self.renew(lease) {
                Ok(lease) => lease,
                Err(error) => return (None, Err(error)),
            };
            result = lease.slot.read(tenancy, &query);
        }
        (Some(lease), result.map_err(|error| store_error(&error)))
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

    /// A transaction, which begins with its first statement.
    pub(crate) async fn begin(&self) -> Result<Transaction, StoreError> {
        let permit = self.permit().await?;
        Ok(Transaction::new(self.clone(), permit))
    }

    /// Begins a transaction on a connection that answers. Blocks.
    pub(crate) fn begin_on(&self, permit: OwnedSemaphorePermit) -> Result<Lease, StoreError> {
        let mut lease = self.lease(permit)?;
        let mut begun = lease.slot.begin();
        if begun.as_ref().is_err_and(is_connection_loss) {
            lease = self.renew(lease)?;
            begun = lease.slot.begin();
        }
        begun.map(|()| lease).map_err(|error| store_error(&error))
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

    /// How many connections it may have.
    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    /// Whether a connection may be used again without being given back: nobody can be
    /// waiting for it, it still answers, and it leads to where new ones do.
    pub(crate) fn may_keep(&self, lease: &Lease) -> bool {
        self.permits.available_permits() > 0 && self.connections.is_sound(&lease.slot)
    }

    /// How long a connection is waited for.
    pub(crate) const fn timeout(&self) -> Duration {
        self.bounds.timeout
    }

    /// Counts a wait that was too long.
    pub(crate) fn count_timeout(&self) {
        self.counters.timed_out();
    }

    /// Begins to wait for a connection, unless too many do already.
    pub(crate) fn begin_wait(&self) -> Result<Wait, StoreError> {
        let queue = self.bounds.queue;
        self.counters.wait(queue).ok_or_else(|| {
            StoreError::Unavailable(format!("{queue} requests were waiting for a connection"))
        })
    }

    async fn wait(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let _wait = self.begin_wait()?;
        let timeout = self.timeout();
        let acquire = Arc::clone(&self.permits).acquire_owned();
        match time::timeout(timeout, acquire).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(closed()),
            Err(_) => {
                self.count_timeout();
                Err(StoreError::Unavailable(format!("all connections were in use for {timeout:?}")))
            }
        }
    }

    fn lease(&self, permit: OwnedSemaphorePermit) -> Result<Lease, StoreError> {
        Ok(Lease { slot: self.connections.take()?, permit })
    }

    /// A connection for a blocking thread of the runtime, behind all who waited before.
    /// Blocks for as long as that takes.
    pub(crate) fn lease_in_turn(&self) -> Result<Lease, StoreError> {
        let acquire = Arc::clone(&self.permits).acquire_owned();
        let permit = Handle::current().block_on(acquire).map_err(|_| closed())?;
        self.counters.taken();
        self.lease(permit)
    }

    /// Closes all connections, once everybody has given theirs back, and hands out none
    /// any more.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        let all = u32::try_from(self.size).unwrap_or(u32::MAX);
        let permits = Arc::clone(&self.permits).acquire_many_owned(all).await;
        let permits = permits.map_err(|_| closed())?;
        self.permits.close();
        let connections = Arc::clone(&self.connections);
        blocking("database.close", move || {
            connections.close();
            drop(permits);
            Ok(())
        })
        .await
    }

    /// Gives a lost connection up for another one.
    fn renew(&self, lost: Lease) -> Result<Lease, StoreError> {
        let Lease { slot, permit } = lost;
        drop(slot);
        self.lease(permit)
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the pool is closed".to_owned())
}

#[cfg(test)]
mod tests {
    use std::thread::{self, ThreadId};

    use super::*;
    use crate::{Backend, DieselStore, StoreOptions, testing::TestDatabase};

    async fn thread_of_a_look_up(store: &DieselStore, takes: Duration) -> ThreadId {
        let query = move |_: &mut DbConnection| {
            thread::sleep(takes);
            Ok(thread::current().id())
        };
        store.readers().look_up(Tenancy::Anybody, query).await.unwrap()
    }

    #[tokio::test]
    async fn what_is_looked_up_in_sqlite_is_run_in_place_until_it_turns_out_to_be_slow() {
        let here = thread::current().id();
        let database = TestDatabase::new(Backend::Sqlite);
        let store = DieselStore::open(database.url(), StoreOptions::default()).unwrap();
        let quick = Duration::ZERO;
        assert_ne!(thread_of_a_look_up(&store, quick).await, here, "it had to connect first");
        assert_eq!(thread_of_a_look_up(&store, quick).await, here);
        let slow = Duration::from_millis(200);
        assert_eq!(thread_of_a_look_up(&store, slow).await, here, "nobody could know");
        assert_ne!(thread_of_a_look_up(&store, quick).await, here, "the next one could hang");
    }
}
