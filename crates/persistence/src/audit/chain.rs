//! Numbering and chaining: what an event gets at the end of its transaction.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use diesel::{
    connection::SimpleConnection, prelude::*, result::Error, sql_query, sql_types::Binary,
};
use guildhall_application::ports::StoreError;
use guildhall_audit_log::{Head, LogId};
use guildhall_domain::AuditEvent;

use super::{
    keys,
    row::{AuditEventRow, digest, log_column},
    sealing,
};
use crate::{
    connection::{DbConnection, on_backend},
    decode,
    migrations::POSTGRES_LOCK as MIGRATION_LOCK,
    prepared::{Prepared, Together},
    schema::{audit_events, audit_logs},
    sql_types::{DbTime, Id},
};

/// As many events as a change has in one log. Each number of them is a statement of
/// its own, which each connection keeps.
const USUAL_EVENTS: usize = 4;

/// A log that is locked, made before if need be. Nothing comes back when another
/// transaction made it meanwhile.
const LOCK_OR_MAKE: &str = "
WITH found AS (
    SELECT size, head, last_at FROM audit_logs WHERE id = $1 FOR UPDATE
),
made AS (
    INSERT INTO audit_logs (id, size, head, last_at)
    SELECT $1, 0, $2, 'epoch' WHERE NOT EXISTS (SELECT FROM found)
    ON CONFLICT DO NOTHING RETURNING size, head, last_at
)
SELECT * FROM found UNION ALL SELECT * FROM made";

/// How far a log is.
#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = audit_logs)]
struct LogRow {
    size: i64,
    head: Vec<u8>,
    last_at: DbTime,
}

/// The statement that writes down how far a log is now.
macro_rules! written {
    ($log:expr) => {
        diesel::update(audit_logs::table.find(log_column($log.id))).set((
            audit_logs::size.eq(decode::column($log.head.size)),
            audit_logs::head.eq($log.head.hash.0.to_vec()),
            audit_logs::last_at.eq($log.last_at),
        ))
    };
}

/// A log that this transaction has locked.
struct OpenLog {
    id: LogId,
    head: Head,
    last_at: DbTime,
}

/// Adds events to their logs, in their order.
pub(crate) fn append(connection: &mut DbConnection, events: &[AuditEvent]) -> QueryResult<()> {
    let keys = keys::find_or_make(connection, &sealing::subjects(events))?;
    let mut by_log: BTreeMap<LogId, Vec<AuditEventRow>> = BTreeMap::new();
    for event in events {
        let row = sealing::row(event, &keys);
        by_log.entry(row.log()).or_default().push(row);
    }
    for (id, mut rows) in by_log {
        let mut log = OpenLog::lock(connection, id)?;
        for row in &mut rows {
            log.chain(row).map_err(failed)?;
        }
        let is_usual = rows.len() <= USUAL_EVENTS;
        let added = diesel::insert_into(audit_events::table).values(rows);
        match connection {
            DbConnection::Postgres(c) if is_usual => {
                Prepared(Together(added, written!(log))).get_result::<i32>(c)?;
            }
            _ => {
                on_backend!(&mut *connection, |c| added.execute(c))?;
                log.write(connection)?;
            }
        }
    }
    Ok(())
}

/// Numbers the events that were written before there were numbers, in one
/// transaction.
pub(crate) fn number_all(connection: &mut DbConnection) -> QueryResult<()> {
    connection.transaction(|connection| {
        if let DbConnection::Postgres(c) = connection {
            c.batch_execute(MIGRATION_LOCK)?;
        }
        number_in(connection)
    })
}

fn number_in(connection: &mut DbConnection) -> QueryResult<()> {
    const BATCH: i64 = 500;
    loop {
        let rows: Vec<AuditEventRow> = on_backend!(&mut *connection, |c| {
            audit_events::table
                .filter(audit_events::sequence.eq(0))
                .order((audit_events::occurred_at, audit_events::id))
                .limit(BATCH)
                .select(AuditEventRow::as_select())
                .load(c)
        })?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut by_log: BTreeMap<LogId, Vec<AuditEventRow>> = BTreeMap::new();
        for row in rows {
            by_log.entry(row.log()).or_default().push(row);
        }
        for (id, mut rows) in by_log {
            let mut log = OpenLog::lock(connection, id)?;
            for row in &mut rows {
                let event = audit_events::table.find((row.occurred_at, row.id));
                log.chain(row).map_err(failed)?;
                let number = (
                    audit_events::sequence.eq(row.sequence),
                    audit_events::previous.eq(&row.previous),
                    audit_events::hash.eq(&row.hash),
                    audit_events::occurred_at.eq(row.occurred_at),
                );
                on_backend!(&mut *connection, |c| diesel::update(event).set(number).execute(c))?;
            }
            log.write(connection)?;
        }
    }
}

impl OpenLog {
    /// Waits for whoever else adds to the log.
    fn lock(connection: &mut DbConnection, id: LogId) -> QueryResult<Self> {
        let row = match connection {
            DbConnection::Sqlite(c) => Self::find_or_make(c, id)?,
            DbConnection::Postgres(c) => Self::lock_or_make(c, id)?,
        };
        let hash = digest("audit_logs.head", &row.head).map_err(failed)?;
        let size = decode::count("audit_logs.size", row.size).map_err(failed)?;
        Ok(Self { id, head: Head { size, hash }, last_at: row.last_at })
    }

    /// Whoever has begun a transaction on SQLite has the only write lock.
    fn find_or_make(connection: &mut SqliteConnection, id: LogId) -> QueryResult<LogRow> {
        let row = audit_logs::table.find(log_column(id));
        if let Some(found) = row.select(LogRow::as_select()).first(connection).optional()? {
            return Ok(found);
        }
        let empty = (
            audit_logs::id.eq(log_column(id)),
            audit_logs::size.eq(0),
            audit_logs::head.eq(Head::empty(id).hash.0.to_vec()),
            audit_logs::last_at.eq(DbTime(chrono::DateTime::UNIX_EPOCH)),
        );
        diesel::insert_into(audit_logs::table).values(empty).execute(connection)?;
        row.select(LogRow::as_select()).first(connection)
    }

    fn lock_or_make(connection: &mut PgConnection, id: LogId) -> QueryResult<LogRow> {
        let lock = || {
            sql_query(LOCK_OR_MAKE)
                .bind::<Id, _>(log_column(id))
                .bind::<Binary, _>(Head::empty(id).hash.0.to_vec())
        };
        match Prepared(lock()).get_result(connection).optional()? {
            Some(row) => Ok(row),
            None => Prepared(lock()).get_result(connection),
        }
    }

    /// Puts an event behind the last one: by number, by hash, and in time, whichever
    /// node's clock told it. Each is later than the one before by a microsecond at
    /// least, so that a log in the order of time is in its own.
    fn chain(&mut self, row: &mut AuditEventRow) -> Result<(), StoreError> {
        let size = self.head.size + 1;
        row.sequence = decode::column(size);
        let earliest = self.last_at.0 + TimeDelta::microseconds(1);
        row.occurred_at = DbTime(row.occurred_at.0.max(earliest));
        row.previous = self.head.hash.0.to_vec();
        let hash = row.entry()?.hash();
        row.hash = hash.0.to_vec();
        self.head = Head { size, hash };
        self.last_at = row.occurred_at;
        Ok(())
    }

    fn write(&self, connection: &mut DbConnection) -> QueryResult<()> {
        on_backend!(connection, |c| Prepared(written!(self)).execute(c))?;
        Ok(())
    }
}

pub(super) fn failed(error: StoreError) -> Error {
    Error::DeserializationError(Box::new(error))
}
