//! Dropping what is old, and saying what stood there.

use std::ops::Range;

use async_trait::async_trait;
use diesel::{connection::SimpleConnection, prelude::*};
use guildhall_application::ports::{AuditRetention, Changes, SignBase, StoreError};
use guildhall_audit_log::{Head, LogId};
use guildhall_domain::Timestamp;

use super::{
    chain::failed,
    checkpoints::CheckpointRow,
    logs, months,
    row::{AuditEventRow, digest, log_column},
};
use crate::{
    blocking::blocking,
    connection::{DbConnection, Purpose, SqliteSynchronous, on_backend},
    database_url::Backend,
    decode,
    error::store_error,
    migrations::POSTGRES_LOCK,
    schema::{audit_bases, audit_checkpoints, audit_events, audit_logs},
    sql_types::{DbId, DbTime},
    store::DieselStore,
    tenancy::Tenancy,
};

/// How many entries SQLite drops in a transaction: others who write wait for it.
const STEP: u64 = 1_000;

/// How many logs are looked for at a time.
const BATCH: u32 = 500;

#[async_trait]
impl AuditRetention for DieselStore {
    async fn make_room(&self) -> Result<(), StoreError> {
        match self.backend() {
            Backend::Sqlite => Ok(()),
            Backend::Postgres => self.as_owner(make_room).await,
        }
    }

    async fn drop_before(&self, moment: Timestamp, sign: SignBase) -> Result<u64, StoreError> {
        match self.backend() {
            Backend::Sqlite => drop_rows(self, moment, sign).await,
            Backend::Postgres => {
                // By itself: it holds the last table, and drops hold all.
                self.as_owner(make_room).await?;
                self.as_owner(move |connection| drop_months(connection, moment, &sign)).await
            }
        }
    }
}

impl DieselStore {
    /// Runs statements in a transaction of the owner of the tables.
    async fn as_owner<T: Send + 'static>(
        &self,
        statements: impl FnOnce(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let url = self.url().clone();
        blocking("database.run_as_owner", move || {
            let unavailable =
                |error: ConnectionError| StoreError::Unavailable(url.mask(&error.to_string()));
            DbConnection::establish(&url, Purpose::Write, SqliteSynchronous::Full)
                .map_err(unavailable)?
                .transaction(statements)
                .map_err(|error| store_error(&error))
        })
        .await
    }
}

/// Makes the months that are lacking, where there are months.
pub(crate) fn make_room(connection: &mut DbConnection) -> QueryResult<()> {
    match connection {
        DbConnection::Sqlite(_) => Ok(()),
        DbConnection::Postgres(c) => {
            c.batch_execute(POSTGRES_LOCK)?;
            months::make(c)
        }
    }
}

/// Drops whole months, of all logs at once.
fn drop_months(
    connection: &mut DbConnection,
    moment: Timestamp,
    sign: &SignBase,
) -> QueryResult<u64> {
    let DbConnection::Postgres(c) = connection else { return Ok(0) };
    c.batch_execute(POSTGRES_LOCK)?;
    let old = months::before(c, moment)?;
    if old.is_empty() {
        return Ok(0);
    }
    let (mut dropped, mut after) = (0, None);
    loop {
        let logs = logs::after(connection, after, BATCH)?;
        for log in &logs {
            let passed = raise_base(connection, *log, moment, u64::MAX, sign)?;
            dropped += passed.end - passed.start;
        }
        after = logs.last().copied();
        if logs.len() < BATCH as usize {
            break;
        }
    }
    if let DbConnection::Postgres(c) = connection {
        months::drop(c, &old)?;
    }
    Ok(dropped)
}

/// Drops rows, some of one log at a time, and lets others write in between.
async fn drop_rows(
    store: &DieselStore,
    moment: Timestamp,
    sign: SignBase,
) -> Result<u64, StoreError> {
    let mut all = 0;
    loop {
        let oldest = store.read(Tenancy::Installation, move |c| oldest(c, moment)).await?;
        let Some(oldest) = oldest else { return Ok(all) };
        let (log, sign) = (oldest.log(), sign.clone());
        let dropped = store
            .write(Changes::none(), move |connection| {
                let passed = raise_base(connection, log, moment, STEP, &sign)?;
                let below = audit_events::table
                    .filter(logs::of_log(connection, log))
                    .filter(audit_events::sequence.gt(0))
                    .filter(audit_events::sequence.le(decode::column(passed.end)));
                on_backend!(connection, |c| diesel::delete(below).execute(c))?;
                Ok(passed.end - passed.start)
            })
            .await?;
        if dropped == 0 {
            return Err(does_not_fit(log, oldest.sequence));
        }
        all += dropped;
    }
}

fn oldest(connection: &mut DbConnection, moment: Timestamp) -> QueryResult<Option<AuditEventRow>> {
    let oldest = audit_events::table
        .filter(audit_events::occurred_at.lt(DbTime(moment)))
        .filter(audit_events::sequence.gt(0))
        .order((audit_events::occurred_at, audit_events::id));
    on_backend!(connection, |c| oldest.select(AuditEventRow::as_select()).first(c).optional())
}

/// States that the entries of a log before that moment, but at most so many, are
/// dropped, and says from which base to which. What goes must fit to what stays, or what
/// is wrong would be signed.
fn raise_base(
    connection: &mut DbConnection,
    log: LogId,
    moment: Timestamp,
    most: u64,
    sign: &SignBase,
) -> QueryResult<Range<u64>> {
    let base = base_size(connection, log)?;
    let Some(last) = last_before(connection, log, moment, base.saturating_add(most))? else {
        return Ok(base..base);
    };
    if last.size <= base || !fits(connection, log, last)? {
        return Err(failed(does_not_fit(log, decode::column(last.size))));
    }
    let row = CheckpointRow::new(&sign(log, last).0).map_err(failed)?;
    let passed = audit_checkpoints::table
        .filter(audit_checkpoints::log_id.eq(log_column(log)))
        .filter(audit_checkpoints::size.lt(decode::column(last.size)));
    let stated = (
        audit_bases::size.eq(row.size),
        audit_bases::head.eq(row.head),
        audit_bases::made_at.eq(row.made_at),
        audit_bases::key_id.eq(row.key_id),
        audit_bases::signature.eq(row.signature),
    );
    on_backend!(connection, |c| {
        diesel::insert_into(audit_bases::table)
            .values((audit_bases::log_id.eq(row.log_id), stated.clone()))
            .on_conflict(audit_bases::log_id)
            .do_update()
            .set(stated)
            .execute(c)?;
        diesel::delete(passed).execute(c)?;
    });
    Ok(base..last.size)
}

fn does_not_fit(log: LogId, sequence: i64) -> StoreError {
    StoreError::Failed(format!(
        "nothing more was dropped: {log}, entry {sequence}, does not fit to those around it; \
         run `guildhall audit verify`"
    ))
}

fn base_size(connection: &mut DbConnection, log: LogId) -> QueryResult<u64> {
    let size = audit_bases::table.find(log_column(log)).select(audit_bases::size);
    let size: Option<i64> = on_backend!(connection, |c| size.first(c).optional())?;
    size.map_or(Ok(0), |size| decode::count("audit_bases.size", size).map_err(failed))
}

/// The last entry of a log before that moment, or that with that number where it is
/// an earlier one.
fn last_before(
    connection: &mut DbConnection,
    log: LogId,
    moment: Timestamp,
    most: u64,
) -> QueryResult<Option<Head>> {
    let last: Option<(i64, Vec<u8>)> = on_backend!(connection, |c| {
        let entries = audit_events::table
            .filter(audit_events::occurred_at.lt(DbTime(moment)))
            .filter(audit_events::sequence.between(1, decode::column(most)))
            // Time never goes back in a log.
            .order((audit_events::occurred_at.desc(), audit_events::sequence.desc()))
            .select((audit_events::sequence, audit_events::hash))
            .into_boxed();
        let entries = match log {
            LogId::Installation => entries.filter(audit_events::organization_id.is_null()),
            LogId::Organization(id) => entries.filter(audit_events::organization_id.eq(DbId(id))),
        };
        entries.first(c).optional()
    })?;
    let head = |(size, hash): (i64, Vec<u8>)| {
        let size = decode::count("audit_events.sequence", size)?;
        Ok(Head { size, hash: digest("audit_events.hash", &hash)? })
    };
    last.map(head).transpose().map_err(failed)
}

/// Whether the next entry, or the end of the log, holds that hash.
fn fits(connection: &mut DbConnection, log: LogId, last: Head) -> QueryResult<bool> {
    let next = logs::numbered(connection, log, last.size, 1)?;
    if let Some(next) = next.first() {
        let follows = next.sequence == decode::column(last.size + 1);
        return Ok(follows && next.previous == last.hash.0);
    }
    let end = audit_logs::table.find(log_column(log)).select((audit_logs::size, audit_logs::head));
    let end: Option<(i64, Vec<u8>)> = on_backend!(connection, |c| end.first(c).optional())?;
    Ok(end.is_some_and(|(size, head)| size == decode::column(last.size) && head == last.hash.0))
}
