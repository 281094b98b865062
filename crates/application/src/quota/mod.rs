//! Quotas: how much an organization may use, and how much it does.

use guildhall_domain::{Action, OrganizationId, Permission, Quotas, Resource};

use crate::{
    Access, Caller, Error, ExpectedVersion,
    organization::{OrganizationEditor, OrganizationReader},
    ports::{Change, StoreError},
};

/// Shows and sets the quotas of an organization.
pub struct ManageQuotas {
    pub(crate) reader: OrganizationReader,
    pub(crate) editor: OrganizationEditor,
}

impl ManageQuotas {
    /// The quotas, to every member.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::OrganizationSuspended`]; failures of the
    /// store.
    #[tracing::instrument(name = "quotas.get", skip_all)]
    pub async fn get(&self, caller: &Caller, id: OrganizationId) -> Result<Access, Error> {
        let access = self.reader.access(caller, id).await?;
        access.require(Permission::ReadOrganization)?;
        Ok(access)
    }

    /// Sets every limit. A limit below what is used takes nothing away.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`] unless the caller is a
    /// platform admin, [`Error::VersionMismatch`]; failures of the store.
    #[tracing::instrument(name = "quotas.set", skip_all)]
    pub async fn set(
        &self,
        caller: &Caller,
        id: OrganizationId,
        expected: &ExpectedVersion,
        quotas: Quotas,
    ) -> Result<Access, Error> {
        let (mut work, access) = self.editor.open(caller, id).await?;
        let scope = access.require_platform_admin()?;
        expected.check(access.organization().version)?;
        let mut organization = access.organization().clone();
        let now = self.editor.clock.now();
        if !organization.change(now, |organization| organization.quotas = quotas) {
            return Ok(access);
        }
        if work.organizations().update(&scope, &organization).await? == Change::Conflict {
            return Err(StoreError::Failed(format!("the quotas of {id} conflicted")).into());
        }
        let shown = |limit: Option<u32>| limit.map_or("none".to_owned(), |limit| limit.to_string());
        let event = self
            .editor
            .event(caller, &scope, Action::QuotasChanged, Resource::Organization(id))
            .with("users", shown(quotas.users))
            .with("workspaces", shown(quotas.workspaces));
        work.audit_log().append(&event).await?;
        work.commit().await?;
        Ok(access.with(organization))
    }
}

#[cfg(test)]
mod tests;
