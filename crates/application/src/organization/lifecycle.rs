//! Deleting and restoring, suspending and activating.

use std::sync::Arc;

use guildhall_domain::{Action, Organization, OrganizationId, OrganizationStatus, Resource};

use super::OrganizationEditor;
use crate::{
    Access, Caller, Error, ExpectedVersion, Scope, Settings,
    ports::{Change, StoreError, UnitOfWork},
};

impl OrganizationEditor {
    /// Changes an organization and records it; does nothing where nothing
    /// changes.
    async fn commit_change(
        &self,
        mut work: Box<dyn UnitOfWork>,
        caller: &Caller,
        access: Access,
        scope: Scope,
        action: Action,
        change: impl FnOnce(&mut Organization) + Send,
    ) -> Result<Access, Error> {
        let mut organization = access.organization().clone();
        if !organization.change(self.clock.now(), change) {
            return Ok(access);
        }
        if work.organizations().update(&scope, &organization).await? == Change::Conflict {
            let what = format!("{action:?} of {} conflicted", organization.id);
            return Err(StoreError::Failed(what).into());
        }
        let event = self.event(caller, &scope, action, Resource::Organization(organization.id));
        work.audit_log().append(&event).await?;
        work.commit().await?;
        Ok(access.with(organization))
    }
}

/// Suspends and activates organizations.
pub struct SuspendOrganization {
    pub(crate) editor: OrganizationEditor,
}

impl SuspendOrganization {
    /// Halts an organization: its owners may look, nobody may change it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`] unless the caller is a
    /// platform admin; failures of the store.
    #[tracing::instrument(level = "debug", name = "organization.suspend", skip_all)]
    pub async fn suspend(&self, caller: &Caller, id: OrganizationId) -> Result<Access, Error> {
        self.set(caller, id, OrganizationStatus::Suspended, Action::OrganizationSuspended).await
    }

    /// Lets a suspended organization be used again.
    ///
    /// # Errors
    ///
    /// As [`suspend`](Self::suspend).
    #[tracing::instrument(level = "debug", name = "organization.activate", skip_all)]
    pub async fn activate(&self, caller: &Caller, id: OrganizationId) -> Result<Access, Error> {
        self.set(caller, id, OrganizationStatus::Active, Action::OrganizationActivated).await
    }

    async fn set(
        &self,
        caller: &Caller,
        id: OrganizationId,
        status: OrganizationStatus,
        action: Action,
    ) -> Result<Access, Error> {
        let (work, access) = self.editor.open(caller, id).await?;
        let scope = access.require_platform_admin()?;
        let change = |organization: &mut Organization| organization.status = status;
        self.editor.commit_change(work, caller, access, scope, action, change).await
    }
}

/// Deletes organizations, softly, and brings them back.
pub struct DeleteOrganization {
    pub(crate) editor: OrganizationEditor,
    pub(crate) settings: Arc<Settings>,
}

impl DeleteOrganization {
    /// Hides an organization from everybody at once. Its name and domain stay
    /// taken until it is purged.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::VersionMismatch`];
    /// failures of the store.
    #[tracing::instrument(level = "debug", name = "organization.delete", skip_all)]
    pub async fn delete(
        &self,
        caller: &Caller,
        id: OrganizationId,
        expected: &ExpectedVersion,
    ) -> Result<(), Error> {
        // Before the organization, as whoever founds a default one does.
        let mut work = self.editor.store.begin().await?;
        work.installation().lock().await?;
        let access = work.organizations().lock(caller.viewer(), id).await?;
        let access = access.ok_or(Error::NotFound)?;
        let scope = access.require_to_delete()?;
        expected.check(access.organization().version)?;
        work.installation().forget_default_organization(&scope).await?;
        let now = self.editor.clock.now();
        let action = Action::OrganizationDeleted;
        let change = |organization: &mut Organization| organization.deleted_at = Some(now);
        self.editor.commit_change(work, caller, access, scope, action, change).await?;
        Ok(())
    }

    /// Brings a deleted organization back, as it was.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when it is not deleted, purged, past the window, or
    /// not the caller's to know of; [`Error::Forbidden`]; failures of the store.
    #[tracing::instrument(level = "debug", name = "organization.restore", skip_all)]
    pub async fn restore(&self, caller: &Caller, id: OrganizationId) -> Result<Access, Error> {
        let mut work = self.editor.store.begin().await?;
        let access = work.organizations().lock_deleted(caller.viewer(), id).await?;
        let access = access.ok_or(Error::NotFound)?;
        let scope = access.require_to_delete()?;
        let since = self.editor.clock.now() - self.settings.restore_window;
        if access.organization().deleted_at.is_none_or(|deleted_at| deleted_at < since) {
            return Err(Error::NotFound);
        }
        let action = Action::OrganizationRestored;
        let change = |organization: &mut Organization| organization.deleted_at = None;
        self.editor.commit_change(work, caller, access, scope, action, change).await
    }
}

#[cfg(test)]
mod tests;
