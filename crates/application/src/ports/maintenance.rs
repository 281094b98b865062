//! What the service and its operators do to keep a store in order.

use async_trait::async_trait;
use guildhall_domain::{AuditEvent, OrganizationId, ServingPeriod, Timestamp};

use super::StoreError;

/// The counters of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    /// Members.
    pub users: i64,
    /// Workspaces.
    pub workspaces: i64,
}

/// An organization whose counters are not what its rows add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterDrift {
    /// Which.
    pub organization: OrganizationId,
    /// Its name.
    pub name: String,
    /// What its counters say.
    pub stored: Counters,
    /// What its rows add up to.
    pub actual: Counters,
}

/// What has no more meaning, by when it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedBefore {
    /// Sessions and one-time tokens.
    pub sessions: Timestamp,
    /// Serving periods.
    pub periods: Timestamp,
    /// Requests that were answered.
    pub requests: Timestamp,
    /// Invitations: those that expired or were closed.
    pub invitations: Timestamp,
}

/// Upkeep of the store.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait Maintenance: Send + Sync {
    /// Whether the store answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Writes down that a node is serving. Continues the period of that id.
    async fn heartbeat(&self, period: &ServingPeriod) -> Result<(), StoreError>;

    /// Removes what has ended; at most `limit` of each. Says how many rows that
    /// were.
    async fn sweep(&self, ended: &EndedBefore, limit: u32) -> Result<u64, StoreError>;

    /// Whether any mail is due.
    async fn mail_is_due(&self, now: Timestamp) -> Result<bool, StoreError>;

    /// Organizations that were deleted before that moment; at most `limit`.
    async fn deleted_before(
        &self,
        moment: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, StoreError>;

    /// Removes a deleted organization for good: what belongs to it in as many
    /// transactions as it takes, each of which is short; then itself, in one with the
    /// event that says so. Does nothing when it was restored meanwhile. What was
    /// begun and did not end is gone on with the next time.
    async fn purge(
        &self,
        organization: OrganizationId,
        event: &AuditEvent,
    ) -> Result<(), StoreError>;

    /// Recomputes every organization's counters and says which have drifted.
    async fn counter_drift(&self) -> Result<Vec<CounterDrift>, StoreError>;

    /// Sets the counters of the organization right, in one transaction with the
    /// event that says so.
    async fn repair_counters(
        &self,
        organization: OrganizationId,
        event: &AuditEvent,
    ) -> Result<(), StoreError>;
}
