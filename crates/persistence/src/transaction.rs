//! One transaction on a connection of a pool. It begins with its first statement,
//! so that nothing is handed to a blocking thread for the beginning alone.
//!
//! **Invariant:** the connection goes back to the pool outside of any
//! transaction, or not at all. A transaction that is dropped open, for instance
//! because its request was cancelled, is rolled back on a blocking thread.

use diesel::QueryResult;
use guildhall_application::ports::{Changes, StoreError};
use tokio::{runtime::Handle, sync::OwnedSemaphorePermit};

use crate::{
    blocking::blocking,
    changes::Announcer,
    connection::DbConnection,
    error::{is_connection_loss, store_error},
    pool::{Lease, Pool},
};

/// A transaction that is open until it is committed or dropped.
pub(crate) struct Transaction {
    state: Option<State>,
}

enum State {
    /// It may have a connection, and has not asked for one.
    Due(Pool, OwnedSemaphorePermit),
    /// It has begun.
    Open(Lease),
}

impl Transaction {
    /// A transaction on a connection of a pool.
    pub(crate) const fn new(pool: Pool, permit: OwnedSemaphorePermit) -> Self {
        Self { state: Some(State::Due(pool, permit)) }
    }

    /// Whether it has begun.
    pub(crate) const fn has_begun(&self) -> bool {
        matches!(self.state, Some(State::Open(_)))
    }

    /// Runs statements on a blocking thread and hands the transaction back. A
    /// statement that fails ends it: PostgreSQL would refuse every further one
    /// and turn the commit into a roll-back without a word.
    pub(crate) async fn run<T: Send + 'static>(
        mut self,
        statements: impl FnOnce(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<(Self, T), StoreError> {
        blocking("database.run", move || {
            let (lease, value) = run(self.lease()?, statements)?;
            self.state = Some(State::Open(lease));
            Ok((self, value))
        })
        .await
    }

    /// Runs the last statements on a blocking thread, which may find out that more was
    /// changed, and makes all of it durable and visible, and told to all nodes; and scrubs
    /// what it deleted, where that must leave no trace.
    pub(crate) async fn commit<T: Send + 'static>(
        mut self,
        announcer: Announcer,
        mut changes: Changes,
        scrubs: bool,
        last: impl FnOnce(&mut DbConnection, &mut Changes) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        blocking("database.commit", move || {
            let (mut lease, value) =
                run(self.lease()?, |connection| last(connection, &mut changes))?;
            let under_way = announcer.committing(&changes);
            let committed = lease.slot().commit(announcer.notice(&changes).as_ref());
            if committed.as_ref().is_err_and(is_connection_loss) {
                announcer.disown();
            }
            // Also where nobody knows whether it was.
            drop(under_way);
            committed.map_err(|error| store_error(&error))?;
            if scrubs {
                lease.slot().scrub();
            }
            Ok(value)
        })
        .await
    }

    /// The connection, on which the transaction has begun. Blocks.
    fn lease(&mut self) -> Result<Lease, StoreError> {
        match self.state.take().ok_or_else(ended)? {
            State::Due(pool, permit) => pool.begin_on(permit),
            State::Open(lease) => Ok(lease),
        }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(State::Open(lease)) = self.state.take() else { return };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || roll_back(lease))),
            Err(_) => roll_back(lease),
        }
    }
}

fn run<T>(
    mut lease: Lease,
    statements: impl FnOnce(&mut DbConnection) -> QueryResult<T>,
) -> Result<(Lease, T), StoreError> {
    match lease.slot().run(statements) {
        Ok(value) => Ok((lease, value)),
        Err(error) => {
            roll_back(lease);
            Err(store_error(&error))
        }
    }
}

/// The error of using a transaction after it ended.
pub(crate) fn ended() -> StoreError {
    StoreError::Failed("the unit of work had ended when it was used again".to_owned())
}

fn roll_back(mut lease: Lease) {
    if let Err(error) = lease.slot().roll_back() {
        tracing::debug!(%error, "a connection was given up because it could not be rolled back");
    }
}
