//! Changing and removing workspaces.

use guildhall_domain::{
    Action, Description, OrganizationId, Permission, Resource, Workspace, WorkspaceId,
    WorkspaceName, WorkspaceStatus,
};

use crate::{
    Caller, Error, ExpectedVersion, Scope, organization::OrganizationEditor, ports::UnitOfWork,
};

/// Changes to a workspace: the fields that are named.
#[derive(Debug, Clone, Default)]
pub struct WorkspacePatch {
    /// The name.
    pub name: Option<WorkspaceName>,
    /// What it is for.
    pub description: Option<Description>,
    /// The state.
    pub status: Option<WorkspaceStatus>,
}

impl WorkspacePatch {
    fn apply(self, workspace: &Workspace) -> Workspace {
        Workspace {
            name: self.name.unwrap_or_else(|| workspace.name.clone()),
            description: self.description.unwrap_or_else(|| workspace.description.clone()),
            status: self.status.unwrap_or(workspace.status),
            ..workspace.clone()
        }
    }
}

/// Changes and removes workspaces of an organization.
pub struct ChangeWorkspace {
    pub(crate) editor: OrganizationEditor,
}

impl ChangeWorkspace {
    /// Changes what the patch names.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`],
    /// [`Error::OrganizationSuspended`], [`Error::VersionMismatch`]; failures
    /// of the store.
    #[tracing::instrument(level = "debug", name = "workspace.change", skip_all)]
    pub async fn execute(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        id: WorkspaceId,
        expected: &ExpectedVersion,
        patch: WorkspacePatch,
    ) -> Result<Workspace, Error> {
        let (mut work, scope, before) = self.open(caller, organization, id, expected).await?;
        let mut after = patch.apply(&before);
        if after == before {
            return Ok(before);
        }
        after.version += 1;
        work.workspaces().update(&scope, &after).await?;
        let event = self
            .editor
            .event(caller, &scope, Action::WorkspaceUpdated, Resource::Workspace(id))
            .with("status", after.status.as_str());
        work.audit_log().append(&event).await?;
        work.commit().await?;
        Ok(after)
    }

    /// Removes it, which makes room for another.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    #[tracing::instrument(level = "debug", name = "workspace.remove", skip_all)]
    pub async fn remove(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        id: WorkspaceId,
        expected: &ExpectedVersion,
    ) -> Result<(), Error> {
        let (mut work, scope, workspace) = self.open(caller, organization, id, expected).await?;
        work.workspaces().remove(&scope, id).await?;
        let event = self
            .editor
            .event(caller, &scope, Action::WorkspaceRemoved, Resource::Workspace(id))
            .with("name", &workspace.name);
        work.audit_log().append(&event).await?;
        Ok(work.commit().await?)
    }

    async fn open(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        id: WorkspaceId,
        expected: &ExpectedVersion,
    ) -> Result<(Box<dyn UnitOfWork>, Scope, Workspace), Error> {
        let (mut work, access) = self.editor.open(caller, organization).await?;
        let scope = access.require(Permission::ManageWorkspaces)?;
        let workspace = work.workspaces().find(&scope, id).await?.ok_or(Error::NotFound)?;
        expected.check(workspace.version)?;
        Ok((work, scope, workspace))
    }
}

#[cfg(test)]
mod tests;
