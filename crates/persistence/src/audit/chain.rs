//! Numbering and chaining: what an event gets at the end of its transaction.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use diesel::{connection::SimpleConnection, prelude::*, result::Error};
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
    schema::{audit_events, audit_logs},
    sql_types::DbTime,
};

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
        on_backend!(&mut *connection, |c| {
            diesel::insert_into(audit_events::table).values(rows).execute(c)
        })?;
        log.write(connection)?;
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
        if let Some(found) = Self::find(connection, id)? {
            return Ok(found);
        }
        let row = (
            audit_logs::id.eq(log_column(id)),
            audit_logs::size.eq(0),
            audit_logs::head.eq(Head::empty(id).hash.0.to_vec()),
            audit_logs::last_at.eq(DbTime(chrono::DateTime::UNIX_EPOCH)),
        );
        on_backend!(&mut *connection, |c| {
            diesel::insert_into(audit_logs::table).values(row).on_conflict_do_nothing().execute(c)
        })?;
        Self::find(connection, id)?.ok_or(Error::NotFound)
    }

    fn find(connection: &mut DbConnection, id: LogId) -> QueryResult<Option<Self>> {
        let row = audit_logs::table.find(log_column(id)).select((
            audit_logs::size,
            audit_logs::head,
            audit_logs::last_at,
        ));
        let found: Option<(i64, Vec<u8>, DbTime)> = match connection {
            DbConnection::Sqlite(c) => row.first(c),
            DbConnection::Postgres(c) => row.for_update().first(c),
        }
        .optional()?;
        let Some((size, head, last_at)) = found else { return Ok(None) };
        let hash = digest("audit_logs.head", &head).map_err(failed)?;
        let size = decode::count("audit_logs.size", size).map_err(failed)?;
        Ok(Some(Self { id, head: Head { size, hash }, last_at }))
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
        let row = audit_logs::table.find(log_column(self.id));
        let head = (
            audit_logs::size.eq(decode::column(self.head.size)),
            audit_logs::head.eq(self.head.hash.0.to_vec()),
            audit_logs::last_at.eq(self.last_at),
        );
        on_backend!(connection, |c| diesel::update(row).set(head).execute(c))?;
        Ok(())
    }
}

pub(super) fn failed(error: StoreError) -> Error {
    Error::DeserializationError(Box::new(error))
}
