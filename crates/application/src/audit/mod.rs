//! The audit trail: reading it, proving it, stating how far it is, and dropping what
//! is old.

mod checkpoint;
mod export;
mod list;
mod retention;
mod verify;

pub use checkpoint::{AuditCheckpoints, AuditSigner, MakeCheckpoints};
pub use export::{ExportAuditLogs, ExportPlace};
pub use list::ListAuditEvents;
pub use retention::DropOldEntries;
pub use verify::{VerifyAuditLogs, VerifyReport};
