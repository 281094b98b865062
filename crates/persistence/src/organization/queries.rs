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
    look_up::columns_of,
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
        let rows: Vec<SummaryRow> = if viewer.sees_everything() {
            self.read(viewer.into(), move |connection| all(connection, page)).await?
        } else {
            // No further than the page.
            let own = memberships::table
                .inner_join(
                    organizations::table.on(organizations::id.eq(memberships::organization_id)),
                )
                .filter(memberships::user_id.eq(DbId::from(viewer.user())))
                .filter(organizations::deleted_at.is_null())
                .filter(ByOrganizationAge)
                .select(columns_of::<SummaryRow>())
                .order((
                    memberships::organization_created_at.desc(),
                    memberships::organization_id.desc(),
                ))
                .limit(page.limit.into());
            match page.after {
                // Most are in one organization or a few.
                None => self.look_up(viewer.user(), own).await?,
                Some(cursor) => {
                    let query = move |connection: &mut DbConnection| {
                        let columns =
                            "memberships.organization_created_at, memberships.organization_id";
                        let rest = Prepared(own.filter(behind(columns, cursor)));
                        on_backend!(connection, |c| rest.load(c))
                    };
                    self.read(viewer.into(), query).await?
                }
            }
        };
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn access(
        &self,
        viewer: Viewer,
        id: OrganizationId,
    ) -> Result<Option<Access>, StoreError> {
        let query = access_row!(viewer, id).filter(organizations::deleted_at.is_null()).limit(1);
        let mut found: Vec<AccessRow> = self.look_up(viewer.user(), query).await?;
        found.pop().map_or(Ok(None), |row| row.access(viewer))
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

/// A page of all organizations.
fn all(connection: &mut DbConnection, page: PageRequest) -> QueryResult<Vec<SummaryRow>> {
    on_backend!(connection, |c| {
        let all = organizations::table
            .filter(organizations::deleted_at.is_null())
            .select(SummaryRow::as_select())
            .order((organizations::created_at.desc(), organizations::id.desc()))
            .limit(page.limit.into());
        let Some(cursor) = page.after else { return all.load(c) };
        let columns = "organizations.created_at, organizations.id";
        Prepared(all.filter(behind(columns, cursor))).load(c)
    })
}
