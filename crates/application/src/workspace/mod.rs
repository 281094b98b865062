//! Workspaces: allocated to organizations, and counted against their quotas.

mod allocate;
mod change;
mod list;

pub use allocate::{AllocateWorkspace, AllocateWorkspaceCommand};
pub use change::{ChangeWorkspace, WorkspacePatch};
pub use list::ListWorkspaces;

use guildhall_domain::Workspace;

use crate::Cursor;

/// The place of a workspace in a list.
const fn cursor(workspace: &Workspace) -> Cursor {
    Cursor { created_at: workspace.created_at, id: workspace.id.as_uuid() }
}
