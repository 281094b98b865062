//! A workspace as a row.

use diesel::prelude::*;
use guildhall_application::ports::StoreError;
use guildhall_domain::{OrganizationId, Workspace, WorkspaceStatus};

use crate::{
    decode,
    schema::workspaces,
    sql_types::{DbId, DbTime},
};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = workspaces)]
pub(crate) struct WorkspaceRow {
    id: DbId,
    organization_id: DbId,
    name: String,
    description: String,
    status: String,
    created_at: DbTime,
    version: i64,
}

impl WorkspaceRow {
    /// The row of a workspace that goes to this organization.
    pub(crate) fn new(organization: OrganizationId, workspace: &Workspace) -> Self {
        Self {
            id: workspace.id.into(),
            organization_id: organization.into(),
            name: workspace.name.as_str().to_owned(),
            description: workspace.description.as_str().to_owned(),
            status: workspace.status.as_str().to_owned(),
            created_at: DbTime(workspace.created_at),
            version: decode::column(workspace.version),
        }
    }
}

impl TryFrom<WorkspaceRow> for Workspace {
    type Error = StoreError;

    fn try_from(row: WorkspaceRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            organization: row.organization_id.into(),
            name: decode::text("workspaces.name", &row.name)?,
            description: decode::text("workspaces.description", &row.description)?,
            status: decode::word(
                "workspaces.status",
                &row.status,
                &WorkspaceStatus::ALL,
                WorkspaceStatus::as_str,
            )?,
            created_at: row.created_at.0,
            version: decode::count("workspaces.version", row.version)?,
        })
    }
}
