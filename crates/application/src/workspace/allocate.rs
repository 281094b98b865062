//! Allocating workspaces.

use guildhall_domain::{
    Action, Description, OrganizationId, Permission, Quota, Resource, Workspace, WorkspaceName,
    quota,
};

use crate::{
    Caller, Error,
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
    /// [`Error::OrganizationSuspended`], [`Error::QuotaExceeded`]; failures of
    /// the store.
    #[tracing::instrument(name = "workspace.allocate", skip_all)]
    pub async fn execute(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        command: AllocateWorkspaceCommand,
    ) -> Result<(Workspace, Quota), Error> {
        let (mut work, access) = self.editor.open(caller, organization).await?;
        let scope = access.require(Permission::ManageWorkspaces)?;
        let (id, now) = (self.editor.ids.workspace_id(), self.editor.clock.now());
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
        work.commit().await?;
        let quota = access.organization().quota(quota::Resource::Workspaces).with(1);
        Ok((workspace, quota))
    }
}

#[cfg(test)]
mod tests;
