//! Organizations, to show them.

use async_trait::async_trait;
use diesel::{dsl::exists, prelude::*, select};
use guildhall_application::{
    Access, PageRequest,
    caller::Viewer,
    ports::{OrganizationQueries, OrganizationSummary, StoreError},
};
use guildhall_domain::OrganizationId;

use super::{
    access::{AccessRow, access_row},
    row::SummaryRow,
};
use crate::{
    connection::{DbConnection, on_backend},
    keyset::{ByOrganizationAge, behind},
    prepared::Prepared,
    schema::{memberships, organizations},
    sql_types::DbId,
    store::DieselStore,
    tenancy::Tenancy,
};

#[async_trait]
impl OrganizationQueries for DieselStore {
    async fn accessible_to(
        &self,
        viewer: Viewer,
        page: PageRequest,
    ) -> Result<Vec<OrganizationSummary>, StoreError> {
        let user = DbId::from(viewer.user());
        let query = move |connection: &mut DbConnection| {
            on_backend!(connection, |c| {
                if viewer.sees_everything() {
                    let all = organizations::table
                        .filter(organizations::deleted_at.is_null())
                        .select(SummaryRow::as_select())
                        .order((organizations::created_at.desc(), organizations::id.desc()))
                        .limit(page.limit.into());
                    let Some(cursor) = page.after else { return all.load(c) };
                    let columns = "organizations.created_at, organizations.id";
                    return Prepared(all.filter(behind(columns, cursor))).load(c);
                }
                // No further than the page.
                let own = memberships::table
                    .inner_join(
                        organizations::table.on(organizations::id.eq(memberships::organization_id)),
                    )
                    .filter(memberships::user_id.eq(user))
                    .filter(organizations::deleted_at.is_null())
                    .filter(ByOrganizationAge)
                    .select(SummaryRow::as_select())
                    .order((
                        memberships::organization_created_at.desc(),
                        memberships::organization_id.desc(),
                    ))
                    .limit(page.limit.into());
                let Some(cursor) = page.after else { return own.load(c) };
                let columns = "memberships.organization_created_at, memberships.organization_id";
                Prepared(own.filter(behind(columns, cursor))).load(c)
            })
        };
        // Most are in one organization or a few. There may be thousands of all, and of those
        // behind a first page.
        let rows: Vec<SummaryRow> = if viewer.sees_everything() || page.after.is_some() {
            self.read(viewer.into(), query).await?
        } else {
            self.look_up(viewer.into(), query).await?
        };
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn access(
        &self,
        viewer: Viewer,
        id: OrganizationId,
    ) -> Result<Option<Access>, StoreError> {
        self.look_up(viewer.into(), move |connection| {
            on_backend!(connection, |c| {
                access_row!(viewer, id).filter(organizations::deleted_at.is_null()).first(c)
            })
            .optional()
        })
        .await?
        .map_or(Ok(None), |row: AccessRow| row.access(viewer))
    }

    async fn any_exists(&self) -> Result<bool, StoreError> {
        self.read(Tenancy::Installation, |connection| {
            on_backend!(connection, |c| select(exists(
                organizations::table.select(organizations::id)
            ))
            .get_result(c))
        })
        .await
    }
}
