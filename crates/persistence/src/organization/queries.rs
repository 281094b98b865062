//! Organizations, to show them.

use async_trait::async_trait;
use diesel::{
    dsl::{exists, sql},
    prelude::*,
    select,
    sql_types::Bool,
};
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
    keyset::behind,
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
        self.read(viewer.into(), move |connection| {
            let always = match connection {
                DbConnection::Sqlite(_) => "TRUE",
                DbConnection::Postgres(_) => "memberships.organization_created_at > '-infinity'",
            };
            on_backend!(connection, |c| {
                if viewer.sees_everything() {
                    let mut all = organizations::table
                        .filter(organizations::deleted_at.is_null())
                        .select(SummaryRow::as_select())
                        .order((organizations::created_at.desc(), organizations::id.desc()))
                        .limit(page.limit.into())
                        .into_boxed();
                    if let Some(cursor) = page.after {
                        all = all
                            .filter(behind("organizations.created_at, organizations.id", cursor));
                    }
                    return Prepared(all).load(c);
                }
                // In the order of an index of memberships, and no further than the page.
                // PostgreSQL takes it where its condition is named.
                let mut own = memberships::table
                    .inner_join(
                        organizations::table.on(organizations::id.eq(memberships::organization_id)),
                    )
                    .filter(memberships::user_id.eq(user))
                    .filter(organizations::deleted_at.is_null())
                    .filter(sql::<Bool>(always))
                    .select(SummaryRow::as_select())
                    .order((
                        memberships::organization_created_at.desc(),
                        memberships::organization_id.desc(),
                    ))
                    .limit(page.limit.into())
                    .into_boxed();
                if let Some(cursor) = page.after {
                    let columns =
                        "memberships.organization_created_at, memberships.organization_id";
                    own = own.filter(behind(columns, cursor));
                }
                Prepared(own).load(c)
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
