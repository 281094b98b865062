//! Additions to the audit trail. They are kept until the unit of work is
//! committed: nobody else waits for a log for longer than that takes.

use async_trait::async_trait;
use guildhall_application::ports::{AuditLog, StoreError};
use guildhall_domain::AuditEvent;

use crate::unit_of_work::DieselUnitOfWork;

#[async_trait]
impl AuditLog for DieselUnitOfWork {
    async fn append_all(&mut self, events: &[AuditEvent]) -> Result<(), StoreError> {
        self.note(events)
    }
}
