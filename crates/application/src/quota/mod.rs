//! Quotas: how much an organization may use, and how much it does.

use std::sync::Arc;

use guildhall_domain::{Action, Organization, OrganizationId, Permission, Quota, Quotas, Resource};

use crate::{
    Caller, Error, ExpectedVersion,
    organization::{OrganizationEditor, OrganizationReader},
    ports::{Change, InvitationQueries, StoreError},
};

/// The quotas of an organization with what is used of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotasInUse {
    /// Members.
    pub users: Quota,
    /// Workspaces.
    pub workspaces: Quota,
    /// Open invitations.
    pub invitations: Quota,
    /// Version of the organization, which counts changes of the limits.
    pub version: u64,
}

impl QuotasInUse {
    const fn new(organization: &Organization, open_invitations: u32) -> Self {
        Self {
            users: organization.users_quota(),
            workspaces: organization.workspaces_quota(),
            invitations: organization.invitations_quota(open_invitations),
            version: organization.version,
        }
    }
}

/// Shows and sets the quotas of an organization.
pub struct ManageQuotas {
    pub(crate) reader: OrganizationReader,
    pub(crate) invitations: Arc<dyn InvitationQueries>,
    pub(crate) editor: OrganizationEditor,
}

impl ManageQuotas {
    /// The quotas, to every member.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::OrganizationSuspended`]; failures of the
    /// store.
    #[tracing::instrument(level = "debug", name = "quotas.get", skip_all)]
    pub async fn get(&self, caller: &Caller, id: OrganizationId) -> Result<QuotasInUse, Error> {
        let access = self.reader.access(caller, id).await?;
        let scope = access.require(Permission::ReadOrganization)?;
        let open = self.invitations.count_open(&scope, self.editor.clock.now()).await?;
        Ok(QuotasInUse::new(access.organization(), open))
    }

    /// Sets every limit. A limit below what is used takes nothing away.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`] unless the caller is a
    /// platform admin, [`Error::VersionMismatch`]; failures of the store.
    #[tracing::instrument(level = "debug", name = "quotas.set", skip_all)]
    pub async fn set(
        &self,
        caller: &Caller,
        id: OrganizationId,
        expected: &ExpectedVersion,
        quotas: Quotas,
    ) -> Result<QuotasInUse, Error> {
        let (mut work, access) = self.editor.open(caller, id).await?;
        let scope = access.require_platform_admin()?;
        expected.check(access.organization().version)?;
        let mut organization = access.organization().clone();
        let now = self.editor.clock.now();
        let open = work.invitations().count_open(&scope, now).await?;
        if !organization.change(now, |organization| organization.quotas = quotas) {
            return Ok(QuotasInUse::new(&organization, open));
        }
        if work.organizations().update(&scope, &organization).await? == Change::Conflict {
            return Err(StoreError::Failed(format!("the quotas of {id} conflicted")).into());
        }
        let shown = |limit: Option<u32>| limit.map_or("none".to_owned(), |limit| limit.to_string());
        let event = self
            .editor
            .event(caller, &scope, Action::QuotasChanged, Resource::Organization(id))
            .with("users", shown(quotas.users))
            .with("workspaces", shown(quotas.workspaces))
            .with("invitations", shown(quotas.invitations));
        work.audit_log().append(&event).await?;
        work.commit().await?;
        Ok(QuotasInUse::new(&organization, open))
    }
}

#[cfg(test)]
mod tests;
