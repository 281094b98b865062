//! The use cases that prove the audit logs, over any store that keeps them.

use std::sync::Arc;

use guildhall_audit_log::SigningKey;
use guildhall_domain::Timestamp;

use super::FixedClock;
use crate::{
    audit::{AuditSigner, ExportAuditLogs, MakeCheckpoints, VerifyAuditLogs},
    ports::{AuditLogs, AuditQueries},
};

/// Verifies the logs of a store.
#[must_use]
pub fn verify_audit_logs<S: AuditQueries + AuditLogs + 'static>(store: Arc<S>) -> VerifyAuditLogs {
    VerifyAuditLogs { audit: store.clone(), logs: store }
}

/// Exports the logs of a store.
#[must_use]
pub fn export_audit_logs<S: AuditQueries + AuditLogs + 'static>(store: Arc<S>) -> ExportAuditLogs {
    ExportAuditLogs { audit: store.clone(), logs: store }
}

/// Makes checkpoints of the logs of a store, by this key and at that moment.
#[must_use]
pub fn make_checkpoints<S: AuditLogs + 'static>(
    store: Arc<S>,
    key: SigningKey,
    now: Timestamp,
) -> MakeCheckpoints {
    let signer = Some(AuditSigner(key));
    MakeCheckpoints { logs: store, clock: Arc::new(FixedClock(now)), signer }
}
