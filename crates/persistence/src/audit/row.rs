//! An audit event as a row.

use std::collections::BTreeMap;

use diesel::prelude::*;
use guildhall_application::ports::StoreError;
use guildhall_audit_log::{Actor, Digest, Entry, LogId, Record, Reference, SealedBox};
use uuid::Uuid;

use crate::{
    decode,
    schema::audit_events,
    sql_types::{DbId, DbTime},
};

/// All of an event. What is hashed is put together from it, so that no column
/// can be changed without being found.
#[derive(Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = audit_events)]
pub(super) struct AuditEventRow {
    pub(super) id: DbId,
    pub(super) organization_id: Option<DbId>,
    pub(super) actor_type: String,
    pub(super) actor_id: Option<DbId>,
    pub(super) action: String,
    pub(super) resource_type: String,
    pub(super) resource_id: Option<DbId>,
    pub(super) details: String,
    pub(super) request_id: Option<String>,
    pub(super) success: bool,
    pub(super) occurred_at: DbTime,
    pub(super) sequence: i64,
    pub(super) previous: Vec<u8>,
    pub(super) hash: Vec<u8>,
    pub(super) sealed: String,
}

/// The id of a log as a column holds it: the installation's is 0.
pub(super) fn log_column(log: LogId) -> DbId {
    match log {
        LogId::Installation => DbId(Uuid::nil()),
        LogId::Organization(id) => DbId(id),
    }
}

/// The log that a column names.
pub(super) fn log_of(id: DbId) -> LogId {
    if id.0.is_nil() { LogId::Installation } else { LogId::Organization(id.0) }
}

impl AuditEventRow {
    /// The log that it belongs to.
    pub(super) fn log(&self) -> LogId {
        self.organization_id.map_or(LogId::Installation, |id| LogId::Organization(id.0))
    }

    /// The entry that is hashed.
    pub(super) fn entry(&self) -> Result<Entry, StoreError> {
        let details: BTreeMap<String, String> = serde_json::from_str(&self.details)
            .map_err(|_| decode::invalid("audit_events.details"))?;
        let sealed: Vec<SealedBox> = serde_json::from_str(&self.sealed)
            .map_err(|_| decode::invalid("audit_events.sealed"))?;
        let named = |kind: &str, id: DbId| format!("{}{}", prefix(kind), id.0.hyphenated());
        Ok(Entry {
            action: self.action.clone(),
            actor: Actor {
                id: self.actor_id.map(|id| named(&self.actor_type, id)),
                kind: self.actor_type.clone(),
            },
            details,
            id: format!("event-{}", self.id.0.hyphenated()),
            log: self.log(),
            occurred_at: self.occurred_at.0,
            previous: digest("audit_events.previous", &self.previous)?,
            request_id: self.request_id.clone(),
            resource: Reference {
                id: self.resource_id.map(|id| named(&self.resource_type, id)),
                kind: self.resource_type.clone(),
            },
            sealed,
            sequence: decode::count("audit_events.sequence", self.sequence)?,
            success: self.success,
            version: Entry::VERSION,
        })
    }

    /// The entry with the hash that is stored.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] with the name of the entry: what cannot even be read
    /// was changed as well.
    pub(super) fn record(&self) -> Result<Record, StoreError> {
        let record = || {
            let hash = digest("audit_events.hash", &self.hash)?;
            Ok(Record { entry: self.entry()?, hash, opened: BTreeMap::new() })
        };
        record().map_err(|error| match error {
            StoreError::Failed(why) => {
                StoreError::Failed(format!("{}, entry {}: {why}", self.log(), self.sequence))
            }
            unavailable @ StoreError::Unavailable(_) => unavailable,
        })
    }
}

/// The bytes of a digest as a column holds them.
pub(super) fn digest(column: &'static str, bytes: &[u8]) -> Result<Digest, StoreError> {
    bytes.try_into().map(Digest).map_err(|_| decode::invalid(column))
}

/// The prefix of ids of a kind of thing.
fn prefix(kind: &str) -> &'static str {
    match kind {
        "organization" => "org-",
        "user" => "user-",
        "session" => "session-",
        "workspace" => "ws-",
        "invitation" => "inv-",
        _ => "",
    }
}
