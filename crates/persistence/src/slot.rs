//! A connection in a pool, and what is known of it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use diesel::{QueryResult, SqliteConnection, connection::SimpleConnection};

use crate::{
    changes::Notice,
    connection::{DbConnection, SQLITE_BUSY_TIMEOUT, data_version, on_backend},
    error::is_connection_loss,
    standing_reader::StandingReader,
    tenancy::Tenancy,
    watch::ErrorCounters,
};

/// Counts a connection for as long as it lives.
pub(crate) struct Counted(Arc<AtomicUsize>);

impl Counted {
    /// One more of those.
    pub(crate) fn new(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, SeqCst);
        Self(Arc::clone(open))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// A connection in a pool, which knows whether it may be used again, and what
/// it was told last.
pub(crate) struct Slot {
    connection: DbConnection,
    /// Which outages it has come after.
    generation: u32,
    is_lost: bool,
    in_transaction: bool,
    told: Option<Tenancy>,
    /// SQLite's count of the changes of others when it was asked last.
    data_version: Option<i64>,
    /// Where this connection writes to an SQLite file.
    standing: Option<StandingReader>,
    errors: Arc<ErrorCounters>,
    /// Dropped last, behind what it counts.
    _counted: Counted,
}

impl Slot {
    /// A fresh connection, whose errors are counted there, and who stays reading while it
    /// does not write.
    pub(crate) const fn new(
        connection: DbConnection,
        generation: u32,
        standing: Option<StandingReader>,
        errors: Arc<ErrorCounters>,
        counted: Counted,
    ) -> Self {
        Self {
            connection,
            generation,
            is_lost: false,
            in_transaction: false,
            told: None,
            data_version: None,
            standing,
            errors,
            _counted: counted,
        }
    }

    /// Which connections were made at about the same time.
    pub(crate) const fn generation(&self) -> u32 {
        self.generation
    }

    /// Whether the connection broke.
    pub(crate) const fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Whether the connection is lost, or still in a transaction: nobody may
    /// get it from the pool again.
    pub(crate) const fn is_spent(&self) -> bool {
        self.is_lost || self.in_transaction
    }

    /// Runs statements.
    pub(crate) fn run<T>(
        &mut self,
        statements: impl FnOnce(&mut DbConnection) -> QueryResult<T>,
    ) -> QueryResult<T> {
        statements(&mut self.connection).inspect_err(|error| {
            self.is_lost |= is_connection_loss(error);
            self.errors.count(error);
        })
    }

    /// Runs a query outside of any transaction, through those eyes.
    pub(crate) fn read<T>(
        &mut self,
        tenancy: Tenancy,
        query: impl FnOnce(&mut DbConnection) -> QueryResult<T>,
    ) -> QueryResult<T> {
        if tenancy != Tenancy::Anybody && self.told != Some(tenancy) {
            self.told = None;
            self.run(|connection| tenancy.tell(connection))?;
            self.told = tenancy.is_lasting().then_some(tenancy);
        }
        self.run(query)
    }

    /// Asks the database for a sign of life.
    pub(crate) fn ping(&mut self) -> QueryResult<()> {
        self.run(|connection| on_backend!(connection, |c| c.batch_execute("SELECT 1")))
    }

    /// Whether another connection has changed the SQLite file since this was asked last,
    /// or it never was.
    pub(crate) fn was_changed_elsewhere(&mut self) -> QueryResult<bool> {
        let version = self.run(|connection| match connection {
            DbConnection::Sqlite(c) => data_version(c),
            DbConnection::Postgres(_) => Ok(0),
        })?;
        Ok(self.data_version.replace(version) != Some(version))
    }

    /// Begins a transaction.
    pub(crate) fn begin(&mut self) -> QueryResult<()> {
        self.step_aside();
        let begun = self.run(DbConnection::begin);
        // Where it is more than one statement, the first may have worked.
        self.in_transaction |=
            begun.is_ok() || matches!(self.connection, DbConnection::Postgres(_));
        if !self.in_transaction {
            self.stand();
        }
        begun
    }

    /// Ends the transaction, keeps what it did, and tells other nodes.
    pub(crate) fn commit(&mut self, notice: Option<&Notice>) -> QueryResult<()> {
        self.run(|connection| connection.commit(notice))?;
        self.in_transaction = false;
        self.stand();
        Ok(())
    }

    /// Takes what was deleted out of the write-ahead log of SQLite too, unless somebody
    /// goes on reading it, for a backup perhaps; then a later one does. PostgreSQL has no
    /// such means for the role of the application.
    pub(crate) fn scrub(&mut self) {
        self.step_aside();
        if let DbConnection::Sqlite(c) = &mut self.connection
            && let Err(error) = truncate_log(c)
        {
            tracing::debug!(%error, "the write-ahead log was not truncated");
        }
        self.stand();
    }

    /// Ends the transaction and forgets what it did.
    pub(crate) fn roll_back(&mut self) -> QueryResult<()> {
        self.connection.roll_back()?;
        self.in_transaction = false;
        self.stand();
        Ok(())
    }

    fn stand(&self) {
        if let Some(standing) = &self.standing {
            standing.stand();
        }
    }

    /// Whether somebody stays reading.
    #[cfg(test)]
    pub(crate) fn has_standing_reader(&self) -> bool {
        self.standing.as_ref().is_some_and(StandingReader::stands)
    }

    fn step_aside(&self) {
        if let Some(standing) = &self.standing {
            standing.step_aside();
        }
    }
}

/// Empties the write-ahead log of an SQLite file. Others wait to write meanwhile, and so
/// those who read are waited for only a little.
fn truncate_log(connection: &mut SqliteConnection) -> QueryResult<()> {
    connection.batch_execute("PRAGMA busy_timeout = 100")?;
    let truncated = connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)");
    let busy_timeout = SQLITE_BUSY_TIMEOUT.as_millis();
    connection.batch_execute(&format!("PRAGMA busy_timeout = {busy_timeout}"))?;
    truncated
}
