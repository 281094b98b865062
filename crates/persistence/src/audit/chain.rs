//! Numbering and chaining: what an event gets at the end of its transaction.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

use chrono::TimeDelta;
use diesel::{connection::SimpleConnection, prelude::*, result::Error};
use guildhall_application::ports::StoreError;
use guildhall_audit_log::{Head, LogId};
use guildhall_domain::AuditEvent;

use super::{
    keys::Keys,
    opening::{self, LogRow},
    row::{AuditEventRow, digest, log_column},
    sealing,
};
use crate::{
    connection::{DbConnection, on_backend},
    decode,
    migrations::POSTGRES_LOCK as MIGRATION_LOCK,
    prepared::{Prepared, Together},
    schema::{audit_events, audit_logs},
    sql_types::DbTime,
};

/// As many events as a change has in one log. Each number of them is a statement of
/// its own, which each connection keeps.
const USUAL_EVENTS: usize = 4;

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
    let mut by_log: BTreeMap<LogId, Vec<&AuditEvent>> = BTreeMap::new();
    for event in events {
        by_log.entry(sealing::log(event)).or_default().push(event);
    }
    // Keys come before the first log, those for all of them.
    let mut subjects = sealing::subjects(events);
    let mut keys = Keys::new();
    for (id, events) in by_log {
        let (found, of_these) = opening::open(connection, id, &mem::take(&mut subjects))?;
        keys.extend(of_these);
        let mut log = OpenLog::new(id, &found)?;
        let mut rows: Vec<_> = events.iter().map(|event| sealing::row(event, &keys)).collect();
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
            let (found, _) = opening::open(connection, id, &BTreeSet::new())?;
            let mut log = OpenLog::new(id, &found)?;
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
    /// A log that was locked.
    fn new(id: LogId, row: &LogRow) -> QueryResult<Self> {
        let hash = digest("audit_logs.head", &row.head).map_err(failed)?;
        let size = decode::count("audit_logs.size", row.size).map_err(failed)?;
        Ok(Self { id, head: Head { size, hash }, last_at: row.last_at })
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
