//! The audit trail: reading it, proving it, and stating how far it is.

mod checkpoint;
mod export;
mod list;
mod verify;

pub use checkpoint::{AuditCheckpoints, AuditSigner, MakeCheckpoints};
pub use export::ExportAuditLogs;
pub use list::ListAuditEvents;
pub use verify::{VerifyAuditLogs, VerifyReport};
