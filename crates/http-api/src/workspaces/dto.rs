//! How workspaces are shown.

use guildhall_domain::{OrganizationId, Workspace, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{entity_tag::Tagged, timestamp::Rfc3339};

/// A workspace.
#[derive(Debug, Hash, Serialize, ToSchema)]
#[schema(as = Workspace)]
pub(crate) struct WorkspaceResponse {
    #[schema(value_type = String, example = "ws-0b8f0f0e-8f0d-4d0c-9a55-6a6f6c1f7a11")]
    id: WorkspaceId,
    /// Whose it is.
    #[schema(value_type = String, example = "org-123e4567-e89b-12d3-a456-426614174000")]
    organization_id: OrganizationId,
    #[schema(example = "Billing")]
    name: String,
    /// What it is for; may be empty.
    #[schema(example = "Invoices and dunning")]
    description: String,
    /// `available`, `running`, `stopped` or `error`.
    #[schema(example = "available")]
    status: &'static str,
    #[schema(value_type = String, format = DateTime, example = "2026-01-15T10:00:00.000Z")]
    created_at: Rfc3339,
}

impl From<Workspace> for WorkspaceResponse {
    fn from(workspace: Workspace) -> Self {
        Self {
            id: workspace.id,
            organization_id: workspace.organization,
            name: workspace.name.to_string(),
            description: workspace.description.as_str().to_owned(),
            status: workspace.status.as_str(),
            created_at: Rfc3339(workspace.created_at),
        }
    }
}

impl From<Workspace> for Tagged<WorkspaceResponse> {
    fn from(workspace: Workspace) -> Self {
        let version = workspace.version;
        Self::new(workspace.into(), version)
    }
}
