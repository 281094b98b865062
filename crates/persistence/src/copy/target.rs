//! The database that is copied to, in the one transaction that fills it.

use diesel::{connection::SimpleConnection, dsl::sql, prelude::*, select, sql_types::Bool};

use super::{
    CopyError,
    cells::Batch,
    failed, insert, source,
    tables::{INSTALLATION, NAMES, Table},
    unopened,
};
use crate::{
    connection::{DbConnection, Purpose, SqliteSynchronous, on_backend},
    database_url::DatabaseUrl,
    migrations::POSTGRES_LOCK as MIGRATION_LOCK,
};

/// An open transaction. Dropped, it leaves nothing behind.
pub(super) struct Target(DbConnection);

impl Target {
    /// Begins the transaction, and keeps others from writing. A node that starts
    /// waits for its end.
    pub(super) fn open(url: &DatabaseUrl) -> Result<Self, CopyError> {
        let connection = DbConnection::establish(url, Purpose::Write, SqliteSynchronous::Full);
        let mut connection = connection.map_err(unopened(url))?;
        match &mut connection {
            DbConnection::Sqlite(c) => c.batch_execute("BEGIN IMMEDIATE"),
            DbConnection::Postgres(c) => c.batch_execute(&format!(
                "BEGIN; {MIGRATION_LOCK}; SET LOCAL idle_in_transaction_session_timeout = 0; \
                 LOCK TABLE {} IN EXCLUSIVE MODE",
                NAMES.join(", ")
            )),
        }
        .map_err(failed("the target could not be locked"))?;
        Ok(Self(connection))
    }

    pub(super) const fn connection(&mut self) -> &mut DbConnection {
        &mut self.0
    }

    /// Refuses a database that has more in it than migrations put there.
    pub(super) fn require_empty(&mut self) -> Result<(), CopyError> {
        for table in NAMES.into_iter().filter(|table| *table != INSTALLATION) {
            let has_rows = select(sql::<Bool>(&format!("EXISTS (SELECT 1 FROM {table})")));
            let has_rows: bool = on_backend!(&mut self.0, |c| has_rows.get_result(c))
                .map_err(failed(format!("`{table}` of the target could not be read")))?;
            if has_rows {
                return Err(CopyError::NotEmpty { table });
            }
        }
        Ok(())
    }

    /// Makes room for the installation that is copied.
    pub(super) fn clear_installation(&mut self) -> Result<(), CopyError> {
        let statement = format!("DELETE FROM {INSTALLATION}");
        on_backend!(&mut self.0, |c| c.batch_execute(&statement))
            .map_err(failed(format!("`{INSTALLATION}` of the target could not be emptied")))
    }

    /// Writes rows.
    pub(super) fn insert(&mut self, table: &Table, batch: Batch) -> Result<(), CopyError> {
        match &mut self.0 {
            DbConnection::Sqlite(c) => insert::into_sqlite(c, table, batch),
            DbConnection::Postgres(c) => insert::into_postgres(c, table, batch),
        }
        .map_err(failed(format!("`{}` could not be written", table.name)))
    }

    /// How many rows a table has.
    pub(super) fn count(&mut self, table: &'static str) -> Result<i64, CopyError> {
        source::count(&mut self.0, table)
            .map_err(failed(format!("`{table}` of the target could not be counted")))
    }

    /// Makes it durable, and lets the planner of PostgreSQL know of it.
    pub(super) fn commit(mut self) -> Result<(), CopyError> {
        on_backend!(&mut self.0, |c| c.batch_execute("COMMIT"))
            .map_err(failed("the target could not be committed"))?;
        if let DbConnection::Postgres(c) = &mut self.0
            && let Err(error) = c.batch_execute("ANALYZE")
        {
            tracing::warn!(%error, "no statistics were made; ANALYZE makes them");
        }
        Ok(())
    }
}
