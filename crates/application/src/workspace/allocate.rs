//! Allocating workspaces.

use guildhall_domain::{
    Action, Description, OrganizationId, Permission, Quota, Resource, Workspace, WorkspaceName,
};

use crate::{
    Caller, Error,
    idempotency::{Once, Outcome},
    organization::OrganizationEditor,
    ports::{Addition, StoreError},
};

/// A workspace to be allocated.
#[derive(Debug, Clone)]
pub struct AllocateWorkspaceCommand {
    /// Its name.
    pub name: WorkspaceName,
    /// What it is for.
    pub description: Description,
}

/// Allocates a workspace to an organization.
pub struct AllocateWorkspace {
    pub(crate) editor: OrganizationEditor,
}

impl AllocateWorkspace {
    /// Allocates it, and says what is left.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`],
    /// [`Error::OrganizationSuspended`], [`Error::QuotaExceeded`],
    /// [`Error::IdempotencyKeyReused`]; failures of the store.
    #[tracing::instrument(level = "debug", name = "workspace.allocate", skip_all)]
    pub async fn execute(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        command: AllocateWorkspaceCommand,
        once: Once<'_, (Workspace, Quota)>,
    ) -> Result<Outcome<(Workspace, Quota)>, Error> {
        let (id, now) = (self.editor.ids.workspace_id(), self.editor.clock.now());
        let mut work = self.editor.store.begin().await?;
        if let Some(answer) = once.claim(&mut *work, caller, now).await? {
            return Ok(Outcome::Repeated(answer));
        }
        let access = self.editor.lock(&mut *work, caller, organization).await?;
        let scope = access.require(Permission::ManageWorkspaces)?;
        let mut workspace = Workspace::new(id, organization, command.name, now);
        workspace.description = command.description;
        match work.workspaces().insert(&scope, std::slice::from_ref(&workspace)).await? {
            Addition::Added => {}
            Addition::NoRoom(quota) => return Err(Error::QuotaExceeded(quota)),
            addition @ (Addition::AlreadyThere | Addition::Closed) => {
                let what = format!("a locked organization took {id}: {addition:?}");
                return Err(StoreError::Failed(what).into());
            }
        }
        let event = self
            .editor
            .event(caller, &scope, Action::WorkspacesAllocated, Resource::Workspace(id))
            .with("count", 1);
        work.audit_log().append(&event).await?;
        let allocated = (workspace, access.organization().workspaces_quota().with(1));
        once.keep(&mut *work, caller, &allocated).await?;
        work.commit().await?;
        Ok(Outcome::Done(allocated))
    }
}

#[cfg(test)]
mod tests;
