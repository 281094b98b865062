//! Additions to the audit trail.

use async_trait::async_trait;
use diesel::prelude::*;
use guildhall_application::ports::{AuditLog, StoreError};
use guildhall_domain::AuditEvent;

use super::row::AuditEventRow;
use crate::{connection::on_backend, schema::audit_events, unit_of_work::DieselUnitOfWork};

#[async_trait]
impl AuditLog for DieselUnitOfWork {
    async fn append_all(&mut self, events: &[AuditEvent]) -> Result<(), StoreError> {
        let rows: Vec<_> = events.iter().map(AuditEventRow::from).collect();
        self.run(move |connection| {
            on_backend!(connection, |c| {
                diesel::insert_into(audit_events::table).values(rows).execute(c)
            })
        })
        .await?;
        Ok(())
    }
}
