//! The audit trail, to look at.

use std::sync::Arc;

use guildhall_audit_log::{Line, LogId};
use guildhall_domain::{OrganizationId, Permission};

use super::export::{ExportPlace, next_lines};
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
    #[tracing::instrument(level = "debug", name = "audit.list", skip_all)]
    pub async fn execute(
        &self,
        trail: &AuditTrail,
        filter: &AuditFilter,
        request: PageRequest,
    ) -> Result<Page<AuditRecord>, Error> {
        let rows = self.audit.list(trail, filter, request.probe()).await?;
        Ok(Page::from_probe(rows, request.limit, AuditRecord::cursor))
    }

    /// The next lines of an organization's log, in their order, and where they lead:
    /// what an export is made of that can be verified. Nothing at its end.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    pub async fn in_order(
        &self,
        scope: &Scope,
        place: ExportPlace,
    ) -> Result<Option<(Vec<Line>, ExportPlace)>, Error> {
        let log = LogId::Organization(scope.organization().as_uuid());
        let read = async |after, limit| self.audit.in_order(scope, after, limit).await;
        next_lines(&*self.audit, log, place, read).await
    }
}
