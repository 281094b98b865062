//! Workspaces, to show them.

use async_trait::async_trait;
use diesel::{dsl::exists, prelude::*};
use guildhall_application::{
    PageRequest, Scope,
    caller::Viewer,
    ports::{StoreError, WorkspaceQueries},
};
use guildhall_domain::{OrganizationStatus, Workspace, WorkspaceId};

use super::row::WorkspaceRow;
use crate::{
    connection::on_backend,
    keyset::behind,
    schema::{memberships, organizations, workspaces},
    sql_types::DbId,
    store::DieselStore,
};

/// One page of the workspaces that the filter leaves.
macro_rules! page {
    ($page:expr, |$query:ident| $filter:expr) => {{
        let $query = workspaces::table
            .select(WorkspaceRow::as_select())
            .order((workspaces::created_at.desc(), workspaces::id.desc()))
            .limit($page.limit.into())
            .into_boxed();
        let mut query = $filter;
        if let Some(cursor) = $page.after {
            query = query.filter(behind("workspaces.created_at, workspaces.id", cursor));
        }
        query
    }};
}

#[async_trait]
impl WorkspaceQueries for DieselStore {
    async fn list(&self, scope: &Scope, page: PageRequest) -> Result<Vec<Workspace>, StoreError> {
        let organization = DbId::from(scope.organization());
        let rows: Vec<WorkspaceRow> = self
            .read(scope.into(), move |connection| {
                on_backend!(connection, |c| {
                    page!(page, |q| q.filter(workspaces::organization_id.eq(organization))).load(c)
                })
            })
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn get(&self, scope: &Scope, id: WorkspaceId) -> Result<Option<Workspace>, StoreError> {
        let (organization, id) = (DbId::from(scope.organization()), DbId::from(id));
        let row: Option<WorkspaceRow> = self
            .read(scope.into(), move |connection| {
                on_backend!(connection, |c| {
                    workspaces::table
                        .filter(workspaces::organization_id.eq(organization))
                        .filter(workspaces::id.eq(id))
                        .select(WorkspaceRow::as_select())
                        .first(c)
                        .optional()
                })
            })
            .await?;
        row.map(TryInto::try_into).transpose()
    }

    async fn accessible_to(
        &self,
        viewer: Viewer,
        page: PageRequest,
    ) -> Result<Vec<Workspace>, StoreError> {
        let user = DbId::from(viewer.user());
        let rows: Vec<WorkspaceRow> = self
            .read(viewer.into(), move |connection| {
                on_backend!(connection, |c| {
                    let usable = organizations::deleted_at
                        .is_null()
                        .and(organizations::status.eq(OrganizationStatus::Active.as_str()));
                    if viewer.sees_everything() {
                        // As a question to each row, it lets SQLite read them in order.
                        let its_own = organizations::table
                            .filter(organizations::id.eq(workspaces::organization_id))
                            .filter(usable);
                        page!(page, |q| q.filter(exists(its_own))).load(c)
                    } else {
                        let own = memberships::table
                            .inner_join(
                                organizations::table
                                    .on(organizations::id.eq(memberships::organization_id)),
                            )
                            .filter(memberships::user_id.eq(user))
                            .filter(usable)
                            .select(memberships::organization_id);
                        page!(page, |q| q.filter(workspaces::organization_id.eq_any(own))).load(c)
                    }
                })
            })
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }
}
