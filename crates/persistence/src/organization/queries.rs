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
    connection::on_backend,
    keyset::behind,
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
        self.read(viewer.into(), move |connection| {
            on_backend!(connection, |c| {
                let mut query = organizations::table
                    .select(SummaryRow::as_select())
                    .order((organizations::created_at.desc(), organizations::id.desc()))
                    .limit(page.limit.into())
                    .filter(organizations::deleted_at.is_null())
                    .into_boxed();
                if !viewer.sees_everything() {
                    let own = memberships::table
                        .filter(memberships::user_id.eq(user))
                        .select(memberships::organization_id);
                    query = query.filter(organizations::id.eq_any(own));
                }
                if let Some(cursor) = page.after {
                    query =
                        query.filter(behind("organizations.created_at, organizations.id", cursor));
                }
                query.load(c)
            })
        })
        .await?
        .into_iter()
        .map(TryInto::try_into)
        .collect()
    }

    async fn access(
        &self,
        viewer: Viewer,
        id: OrganizationId,
    ) -> Result<Option<Access>, StoreError> {
        self.read(viewer.into(), move |connection| {
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
