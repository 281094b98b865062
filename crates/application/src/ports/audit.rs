//! The audit trail, as use cases read and prove it.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use guildhall_audit_log::{Base, Checkpoint, Head, LogId, Record, VerifyingKey};
use guildhall_domain::{Action, AuditEventId, OrganizationId, Timestamp, UserId};
use uuid::Uuid;

use super::StoreError;
use crate::{Cursor, PageRequest, Scope, caller::Viewer};

/// An event, to show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its id.
    pub id: AuditEventId,
    /// The organization whose trail it is of; none for the installation's.
    pub organization: Option<OrganizationId>,
    /// Its number in that trail.
    pub sequence: u64,
    /// What it is as it is hashed, with its hash and what could be opened.
    pub record: Record,
}

impl AuditRecord {
    /// The place of this event in a list.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { created_at: self.record.entry.occurred_at, id: self.id.as_uuid() }
    }

    /// What was sealed under that name, if it could be opened.
    #[must_use]
    pub fn opened(&self, name: &str) -> Option<&str> {
        let opened: &BTreeMap<String, String> = &self.record.opened;
        opened.get(name).map(String::as_str)
    }
}

/// Which events are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Who did it.
    pub actor: Option<UserId>,
    /// What happened.
    pub action: Option<Action>,
    /// What it was done to, of whatever kind.
    pub resource: Option<Uuid>,
    /// Not before that.
    pub since: Option<Timestamp>,
    /// Before that.
    pub until: Option<Timestamp>,
    /// What was wanted, or what was refused.
    pub success: Option<bool>,
}

/// Whose trail is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditTrail {
    /// That of one organization.
    Of(Scope),
    /// Those of every organization in which the viewer may read it, and the
    /// installation's for a platform admin.
    AccessibleTo(Viewer),
}

/// The audit trail, to show it.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait AuditQueries: Send + Sync {
    /// Events, newest first, and then by id. At most `page.limit` rows.
    async fn list(
        &self,
        trail: &AuditTrail,
        filter: &AuditFilter,
        page: PageRequest,
    ) -> Result<Vec<AuditRecord>, StoreError>;

    /// Entries of an organization's log behind the number `after`, in their order,
    /// with what can be opened of them. At most `limit`.
    async fn in_order(
        &self,
        scope: &Scope,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError>;

    /// Checkpoints of a log over more than `after` entries, the shortest first.
    /// At most `limit`.
    async fn checkpoints(
        &self,
        log: LogId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Checkpoint>, StoreError>;

    /// What stands before the first entry of a log whose older ones were dropped.
    async fn base(&self, log: LogId) -> Result<Option<Base>, StoreError>;

    /// The newest checkpoint of a log.
    async fn last_checkpoint(&self, log: LogId) -> Result<Option<Checkpoint>, StoreError>;

    /// Every key that has signed checkpoints.
    async fn signing_keys(&self) -> Result<Vec<VerifyingKey>, StoreError>;
}

/// The logs themselves, to prove them.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait AuditLogs: Send + Sync {
    /// Logs behind that one, in their order. At most `limit`.
    async fn logs(&self, after: Option<LogId>, limit: u32) -> Result<Vec<LogId>, StoreError>;

    /// How far a log says that it is.
    async fn head(&self, log: LogId) -> Result<Option<Head>, StoreError>;

    /// Entries of a log behind the number `after`, in their order, with what can
    /// be opened of them. At most `limit`.
    async fn entries(&self, log: LogId, after: u64, limit: u32) -> Result<Vec<Record>, StoreError>;

    /// Logs that are longer than their last checkpoint says. At most `limit`.
    async fn unsigned(&self, limit: u32) -> Result<Vec<(LogId, Head)>, StoreError>;

    /// Keeps a checkpoint, unless there is one over as many entries.
    async fn keep_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), StoreError>;

    /// Makes a key known, unless it is.
    async fn keep_signing_key(&self, key: &VerifyingKey, now: Timestamp) -> Result<(), StoreError>;
}

/// Signs that the first entries of a log, up to there, were dropped.
pub type SignBase = Arc<dyn Fn(LogId, Head) -> Base + Send + Sync>;

/// How long the logs reach back.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait AuditRetention: Send + Sync {
    /// Makes room for the entries of the months to come, where that is needed.
    async fn make_room(&self) -> Result<(), StoreError>;

    /// Drops the entries of every log from before that moment, which is the first of
    /// a month in UTC, together with the checkpoints over nothing else, and keeps in
    /// the same transaction the base that is signed for it. Says how many.
    async fn drop_before(&self, moment: Timestamp, sign: SignBase) -> Result<u64, StoreError>;
}
