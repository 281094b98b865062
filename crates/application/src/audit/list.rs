//! The audit trail, to look at.

use std::sync::Arc;

use guildhall_audit_log::{Checkpoint, LogId, Record};
use guildhall_domain::{OrganizationId, Permission};

use crate::{
    Caller, Error, Page, PageRequest, Scope,
    organization::OrganizationReader,
    ports::{AuditFilter, AuditQueries, AuditRecord, AuditTrail},
};

/// Shows the audit trail.
pub struct ListAuditEvents {
    pub(crate) reader: OrganizationReader,
    pub(crate) audit: Arc<dyn AuditQueries>,
}

impl ListAuditEvents {
    /// Decides whose trail the caller may read: that of an organization, or
    /// without one, those of all that are theirs.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`],
    /// [`Error::OrganizationSuspended`]; failures of the store.
    pub async fn trail(
        &self,
        caller: &Caller,
        organization: Option<OrganizationId>,
    ) -> Result<AuditTrail, Error> {
        match organization {
            None => Ok(AuditTrail::AccessibleTo(caller.viewer())),
            Some(id) => {
                let scope = self.reader.scope(caller, id, Permission::ReadAudit).await?;
                Ok(AuditTrail::Of(scope))
            }
        }
    }

    /// A page of a trail, newest first.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    #[tracing::instrument(name = "audit.list", skip_all)]
    pub async fn execute(
        &self,
        trail: &AuditTrail,
        filter: &AuditFilter,
        request: PageRequest,
    ) -> Result<Page<AuditRecord>, Error> {
        let rows = self.audit.list(trail, filter, request.probe()).await?;
        Ok(Page::from_probe(rows, request.limit, AuditRecord::cursor))
    }

    /// Entries of an organization's log behind the number `after`, in their
    /// order: what an export is made of that can be verified.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    pub async fn in_order(&self, scope: &Scope, after: u64) -> Result<Vec<Record>, Error> {
        Ok(self.audit.in_order(scope, after, PageRequest::STREAM_LIMIT).await?)
    }

    /// The checkpoints of an organization's log over more than `after` entries.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    pub async fn checkpoints(&self, scope: &Scope, after: u64) -> Result<Vec<Checkpoint>, Error> {
        let log = LogId::Organization(scope.organization().as_uuid());
        Ok(self.audit.checkpoints(log, after, PageRequest::STREAM_LIMIT).await?)
    }
}
