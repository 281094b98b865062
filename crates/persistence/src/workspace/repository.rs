//! Changes to workspaces, which are counted in their organization.

use async_trait::async_trait;
use diesel::prelude::*;
use guildhall_application::ports::{StoreError, WorkspaceRepository};
use guildhall_domain::{OrganizationId, Workspace};

use super::row::WorkspaceRow;
use crate::{
    connection::on_backend,
    schema::{organizations, workspaces},
    sql_types::DbId,
    unit_of_work::DieselUnitOfWork,
};

/// How many rows one statement inserts: PostgreSQL takes 65,535 values in one.
const BATCH: usize = 1000;

#[async_trait]
impl WorkspaceRepository for DieselUnitOfWork {
    async fn insert(
        &mut self,
        organization: OrganizationId,
        workspaces: &[Workspace],
    ) -> Result<(), StoreError> {
        let rows: Vec<_> =
            workspaces.iter().map(|workspace| WorkspaceRow::new(organization, workspace)).collect();
        let organization = organizations::table.find(DbId::from(organization));
        self.run(move |connection| {
            on_backend!(connection, |c| {
                let mut added: i64 = 0;
                for batch in rows.chunks(BATCH) {
                    diesel::insert_into(workspaces::table).values(batch).execute(c)?;
                    added += i64::try_from(batch.len()).unwrap_or_default();
                }
                diesel::update(organization)
                    .set(
                        organizations::workspaces_count.eq(organizations::workspaces_count + added),
                    )
                    .execute(c)
            })
        })
        .await?;
        Ok(())
    }
}
