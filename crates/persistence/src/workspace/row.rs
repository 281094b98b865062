//! A workspace as a row.

use diesel::prelude::*;
use guildhall_domain::{OrganizationId, Workspace};

use crate::{
    schema::workspaces,
    sql_types::{DbId, DbTime},
};

#[derive(Insertable)]
#[diesel(table_name = workspaces)]
pub(crate) struct WorkspaceRow {
    id: DbId,
    organization_id: DbId,
    name: String,
    description: String,
    status: &'static str,
    created_at: DbTime,
}

impl WorkspaceRow {
    /// The row of a workspace that goes to this organization.
    pub(crate) fn new(organization: OrganizationId, workspace: &Workspace) -> Self {
        Self {
            id: workspace.id.into(),
            organization_id: organization.into(),
            name: workspace.name.as_str().to_owned(),
            description: workspace.description.clone(),
            status: workspace.status.as_str(),
            created_at: DbTime(workspace.created_at),
        }
    }
}
