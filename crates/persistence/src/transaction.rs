//! One transaction on a connection of a pool.
//!
//! **Invariant:** the connection goes back to the pool outside of any
//! transaction, or not at all. A transaction that is dropped open, for instance
//! because its request was cancelled, is rolled back on a blocking thread.

use diesel::QueryResult;
use guildhall_application::ports::{Changes, StoreError};
use tokio::runtime::Handle;

use crate::{
    blocking::blocking, changes::Announcer, connection::DbConnection, error::store_error,
    pool::Lease,
};

/// A transaction that is open until it is committed or dropped.
pub(crate) struct Transaction {
    lease: Option<Lease>,
}

impl Transaction {
    /// The transaction that was begun on this connection.
    pub(crate) const fn new(lease: Lease) -> Self {
        Self { lease: Some(lease) }
    }

    /// Runs statements on a blocking thread and hands the transaction back. A
    /// statement that fails ends it: PostgreSQL would refuse every further one
    /// and turn the commit into a roll-back without a word.
    pub(crate) async fn run<T: Send + 'static>(
        mut self,
        statements: impl FnOnce(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<(Self, T), StoreError> {
        blocking("database.run", move || {
            let mut lease = self.lease.take().ok_or_else(ended)?;
            match lease.slot().run(statements) {
                Ok(value) => Ok((Self::new(lease), value)),
                Err(error) => {
                    roll_back(lease);
                    Err(store_error(&error))
                }
            }
        })
        .await
    }

    /// Makes it durable and visible, on a blocking thread, and tells all nodes what it
    /// changed; and scrubs what it deleted, where that must leave no trace.
    pub(crate) async fn commit(
        mut self,
        announcer: Announcer,
        changes: Changes,
        scrubs: bool,
    ) -> Result<(), StoreError> {
        blocking("database.commit", move || {
            let mut lease = self.lease.take().ok_or_else(ended)?;
            if let Err(error) = lease.slot().run(|c| announcer.notify(c, &changes)) {
                roll_back(lease);
                return Err(store_error(&error));
            }
            let under_way = announcer.committing(&changes);
            let committed = lease.slot().commit();
            // Also where nobody knows whether it was.
            drop(under_way);
            committed.map_err(|error| store_error(&error))?;
            if scrubs {
                lease.slot().scrub();
            }
            Ok(())
        })
        .await
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(lease) = self.lease.take() else { return };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || roll_back(lease))),
            Err(_) => roll_back(lease),
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
