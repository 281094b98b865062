//! The database that is copied, as it was at one moment.

use diesel::{
    QueryResult, RunQueryDsl,
    connection::{DefaultLoadingMode, SimpleConnection},
    dsl::sql,
    pg::PgRowByRowLoadingMode,
    select, sql_query,
    sql_types::BigInt,
};

use super::{
    CopyError,
    cells::{Batch, Cells},
    failed,
    tables::Table,
    unopened,
};
use crate::{
    connection::{DbConnection, Purpose, SqliteSynchronous, on_backend},
    database_url::DatabaseUrl,
};

/// A snapshot of all that the installation sees.
const POSTGRES: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL guildhall.actor = 'system'; SET LOCAL statement_timeout = 0; \
     SET LOCAL idle_in_transaction_session_timeout = 0";

/// An open snapshot.
pub(super) struct Source(DbConnection);

impl Source {
    pub(super) fn open(url: &DatabaseUrl) -> Result<Self, CopyError> {
        let connection = DbConnection::establish(url, Purpose::Read, SqliteSynchronous::Full);
        let mut connection = connection.map_err(unopened(url))?;
        match &mut connection {
            DbConnection::Sqlite(c) => c.batch_execute("BEGIN"),
            DbConnection::Postgres(c) => c.batch_execute(POSTGRES),
        }
        .map_err(failed("the source could not be read"))?;
        Ok(Self(connection))
    }

    pub(super) const fn connection(&mut self) -> &mut DbConnection {
        &mut self.0
    }

    /// How many rows a table has.
    pub(super) fn count(&mut self, table: &'static str) -> Result<i64, CopyError> {
        count(&mut self.0, table).map_err(failed(format!("`{table}` could not be counted")))
    }

    /// Hands all rows of a table on, some at a time, as they come.
    pub(super) fn read(
        &mut self,
        table: &Table,
        take: &mut dyn FnMut(Batch) -> Result<(), CopyError>,
    ) -> Result<(), CopyError> {
        let query = sql_query(format!("SELECT {} FROM {}", table.column_list(), table.name));
        let reading = || failed(format!("`{}` could not be read", table.name));
        match &mut self.0 {
            DbConnection::Sqlite(c) => {
                let rows = query.load_iter::<Cells, DefaultLoadingMode>(c).map_err(reading())?;
                in_batches(table, rows, take)
            }
            DbConnection::Postgres(c) => {
                let rows = query.load_iter::<Cells, PgRowByRowLoadingMode>(c).map_err(reading())?;
                in_batches(table, rows, take)
            }
        }
    }
}

fn in_batches(
    table: &Table,
    rows: impl Iterator<Item = QueryResult<Cells>>,
    take: &mut dyn FnMut(Batch) -> Result<(), CopyError>,
) -> Result<(), CopyError> {
    let empty = || Batch::new(table.columns.len());
    let mut batch = empty();
    for row in rows {
        batch.push(row.map_err(failed(format!("`{}` could not be read", table.name)))?);
        if batch.is_full() {
            take(std::mem::replace(&mut batch, empty()))?;
        }
    }
    if batch.rows() > 0 {
        take(batch)?;
    }
    Ok(())
}

/// How many rows a table has.
pub(super) fn count(connection: &mut DbConnection, table: &str) -> QueryResult<i64> {
    let query = select(sql::<BigInt>(&format!("(SELECT count(*) FROM {table})")));
    on_backend!(connection, |c| query.get_result(c))
}
