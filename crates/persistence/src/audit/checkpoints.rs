//! The logs as they are proven: their entries in order, and checkpoints.

use async_trait::async_trait;
use chrono::DateTime;
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Binary},
};
use guildhall_application::ports::{AuditLogs, Changes, StoreError};
use guildhall_audit_log::{Base, Checkpoint, Head, KeyId, LogId, Record, VerifyingKey};
use guildhall_domain::Timestamp;

use super::{
    logs,
    row::{AuditEventRow, digest, log_column, log_of},
};
use crate::{
    connection::on_backend,
    decode,
    schema::{audit_bases, audit_checkpoints, audit_logs, audit_signing_keys},
    sql_types::{DbId, DbTime, Id},
    store::DieselStore,
    tenancy::Tenancy,
};

/// A signed statement, which two tables hold.
#[derive(Insertable, Queryable)]
#[diesel(table_name = audit_checkpoints)]
pub(super) struct CheckpointRow {
    pub(super) log_id: DbId,
    pub(super) size: i64,
    pub(super) head: Vec<u8>,
    pub(super) made_at: DbTime,
    pub(super) key_id: Vec<u8>,
    pub(super) signature: String,
}

impl CheckpointRow {
    pub(super) fn new(checkpoint: &Checkpoint) -> Result<Self, StoreError> {
        let made_at = DateTime::parse_from_rfc3339(&checkpoint.at)
            .map_err(|_| decode::invalid("audit_checkpoints.made_at"))?;
        Ok(Self {
            log_id: log_column(checkpoint.log),
            size: decode::column(checkpoint.size),
            head: checkpoint.head.0.to_vec(),
            made_at: DbTime(made_at.to_utc()),
            key_id: checkpoint.key.0.to_vec(),
            signature: checkpoint.signature.clone(),
        })
    }
}

impl TryFrom<CheckpointRow> for Checkpoint {
    type Error = StoreError;

    fn try_from(row: CheckpointRow) -> Result<Self, StoreError> {
        let key = row.key_id.try_into().map_err(|_| decode::invalid("audit_checkpoints.key_id"))?;
        Ok(Self {
            at: row.made_at.0.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            head: digest("audit_checkpoints.head", &row.head)?,
            key: KeyId(key),
            log: log_of(row.log_id),
            signature: row.signature,
            size: decode::count("audit_checkpoints.size", row.size)?,
        })
    }
}

pub(super) async fn list(
    store: &DieselStore,
    log: LogId,
    after: u64,
    limit: u32,
) -> Result<Vec<Checkpoint>, StoreError> {
    let after = decode::column(after);
    let rows: Vec<CheckpointRow> = store
        .read(Tenancy::Installation, move |connection| {
            let of_log = audit_checkpoints::table
                .filter(audit_checkpoints::log_id.eq(log_column(log)))
                .filter(audit_checkpoints::size.gt(after))
                .order(audit_checkpoints::size)
                .limit(limit.into());
            on_backend!(connection, |c| of_log.load(c))
        })
        .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

pub(super) async fn base(store: &DieselStore, log: LogId) -> Result<Option<Base>, StoreError> {
    let row: Option<CheckpointRow> = store
        .read(Tenancy::Installation, move |connection| {
            let row = audit_bases::table.find(log_column(log));
            on_backend!(connection, |c| row.first(c).optional())
        })
        .await?;
    row.map(|row| row.try_into().map(Base)).transpose()
}

pub(super) async fn last(
    store: &DieselStore,
    log: LogId,
) -> Result<Option<Checkpoint>, StoreError> {
    let row: Option<CheckpointRow> = store
        .read(Tenancy::Installation, move |connection| {
            let of_log = audit_checkpoints::table
                .filter(audit_checkpoints::log_id.eq(log_column(log)))
                .order(audit_checkpoints::size.desc());
            on_backend!(connection, |c| of_log.first(c).optional())
        })
        .await?;
    row.map(TryInto::try_into).transpose()
}

const UNSIGNED: &str = "SELECT l.id, l.size, l.head FROM audit_logs AS l \
     WHERE NOT EXISTS (SELECT 1 FROM audit_checkpoints AS c \
     WHERE c.log_id = l.id AND c.size = l.size) ORDER BY l.id LIMIT $1";

#[derive(QueryableByName)]
struct LogRow {
    #[diesel(sql_type = Id)]
    id: DbId,
    #[diesel(sql_type = BigInt)]
    size: i64,
    #[diesel(sql_type = Binary)]
    head: Vec<u8>,
}

fn head((size, hash): (i64, Vec<u8>)) -> Result<Head, StoreError> {
    let size = decode::count("audit_logs.size", size)?;
    Ok(Head { size, hash: digest("audit_logs.head", &hash)? })
}

#[async_trait]
impl AuditLogs for DieselStore {
    async fn logs(&self, after: Option<LogId>, limit: u32) -> Result<Vec<LogId>, StoreError> {
        self.read(Tenancy::Installation, move |connection| logs::after(connection, after, limit))
            .await
    }

    async fn head(&self, log: LogId) -> Result<Option<Head>, StoreError> {
        let row: Option<(i64, Vec<u8>)> = self
            .read(Tenancy::Installation, move |connection| {
                let row = audit_logs::table.find(log_column(log));
                on_backend!(connection, |c| {
                    row.select((audit_logs::size, audit_logs::head)).first(c).optional()
                })
            })
            .await?;
        row.map(head).transpose()
    }

    async fn entries(&self, log: LogId, after: u64, limit: u32) -> Result<Vec<Record>, StoreError> {
        self.entries_as(Tenancy::Installation, log, after, limit).await
    }

    async fn unsigned(&self, limit: u32) -> Result<Vec<(LogId, Head)>, StoreError> {
        let rows: Vec<LogRow> = self
            .read(Tenancy::Installation, move |connection| {
                let logs = sql_query(UNSIGNED).bind::<BigInt, _>(i64::from(limit));
                on_backend!(connection, |c| logs.load(c))
            })
            .await?;
        rows.into_iter().map(|row| Ok((log_of(row.id), head((row.size, row.head))?))).collect()
    }

    async fn keep_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let row = CheckpointRow::new(checkpoint)?;
        self.write(Changes::none(), move |connection| {
            on_backend!(connection, |c| {
                diesel::insert_into(audit_checkpoints::table)
                    .values(row)
                    .on_conflict_do_nothing()
                    .execute(c)
            })
        })
        .await?;
        Ok(())
    }

    async fn keep_signing_key(&self, key: &VerifyingKey, now: Timestamp) -> Result<(), StoreError> {
        let row = (
            audit_signing_keys::id.eq(key.id().0.to_vec()),
            audit_signing_keys::public_key.eq(key.to_string()),
            audit_signing_keys::first_used.eq(DbTime(now)),
        );
        self.write(Changes::none(), move |connection| {
            on_backend!(connection, |c| {
                diesel::insert_into(audit_signing_keys::table)
                    .values(row)
                    .on_conflict_do_nothing()
                    .execute(c)
            })
        })
        .await?;
        Ok(())
    }
}

impl DieselStore {
    /// Entries of a log, as somebody sees them.
    pub(super) async fn entries_as(
        &self,
        tenancy: Tenancy,
        log: LogId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let rows = self
            .read(tenancy, move |connection| {
                // One without a number came in by another way: it stands before the
                // first, where it is found.
                let mut rows =
                    if after == 0 { logs::unnumbered(connection, log, limit)? } else { Vec::new() };
                let rest = i64::from(limit) - decode::column(rows.len() as u64);
                rows.extend(logs::numbered(connection, log, after, rest)?);
                Ok(rows)
            })
            .await?;
        let records = rows.iter().map(AuditEventRow::record).collect::<Result<Vec<_>, _>>()?;
        self.opened(records).await
    }
}
