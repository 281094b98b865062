//! Organizations, to show them.

use async_trait::async_trait;
use diesel::{
    dsl::{exists, sql},
    prelude::*,
    select,
    sql_types::Bool,
};
use guildhall_application::{
    PageRequest,
    caller::Viewer,
    ports::{OrganizationDetails, OrganizationQueries, OrganizationSummary, StoreError},
};
use guildhall_domain::{OrganizationId, OrganizationRole};

use super::row::SummaryRow;
use crate::{
    connection::on_backend,
    decode,
    schema::{memberships, organizations},
    sql_types::{DbId, DbTime, Id, Moment},
    store::DieselStore,
};

#[async_trait]
impl OrganizationQueries for DieselStore {
    async fn accessible_to(
        &self,
        viewer: Viewer,
        page: PageRequest,
    ) -> Result<Vec<OrganizationSummary>, StoreError> {
        let user = DbId::from(viewer.user());
        self.read(move |connection| {
            on_backend!(connection, |c| {
                let mut query = organizations::table
                    .select(SummaryRow::as_select())
                    .order((organizations::created_at.desc(), organizations::id.desc()))
                    .limit(page.limit.into())
                    .into_boxed();
                if !viewer.sees_everything() {
                    let own = memberships::table
                        .filter(memberships::user_id.eq(user))
                        .select(memberships::organization_id);
                    query = query.filter(organizations::id.eq_any(own));
                }
                if let Some(cursor) = page.after {
                    // As a row value it is one range of the index; spelt out
                    // with `OR` it would be a scan.
                    query = query.filter(
                        sql::<Bool>("(organizations.created_at, organizations.id) < (")
                            .bind::<Moment, _>(DbTime(cursor.created_at))
                            .sql(", ")
                            .bind::<Id, _>(DbId(cursor.id))
                            .sql(")"),
                    );
                }
                query.load(c)
            })
        })
        .await?
        .into_iter()
        .map(TryInto::try_into)
        .collect()
    }

    async fn accessible(
        &self,
        viewer: Viewer,
        id: OrganizationId,
    ) -> Result<Option<OrganizationDetails>, StoreError> {
        let (user, id) = (DbId::from(viewer.user()), DbId::from(id));
        let found: Option<(SummaryRow, DbTime, Option<String>)> = self
            .read(move |connection| {
                let own = memberships::organization_id
                    .eq(organizations::id)
                    .and(memberships::user_id.eq(user));
                on_backend!(connection, |c| {
                    organizations::table
                        .left_join(memberships::table.on(own))
                        .filter(organizations::id.eq(id))
                        .select((
                            SummaryRow::as_select(),
                            organizations::updated_at,
                            memberships::role.nullable(),
                        ))
                        .first(c)
                        .optional()
                })
            })
            .await?;
        // One statement for what exists and may not be known of and for what
        // does not exist, so that both take the same time.
        let known = found.filter(|(_, _, role)| viewer.sees_everything() || role.is_some());
        let Some((summary, updated_at, role)) = known else { return Ok(None) };
        let your_role = role
            .map(|role| {
                decode::word(
                    "memberships.role",
                    &role,
                    &OrganizationRole::ALL,
                    OrganizationRole::as_str,
                )
            })
            .transpose()?;
        Ok(Some(OrganizationDetails {
            summary: summary.try_into()?,
            updated_at: updated_at.0,
            your_role,
        }))
    }

    async fn any_exists(&self) -> Result<bool, StoreError> {
        self.read(|connection| {
            on_backend!(connection, |c| select(exists(
                organizations::table.select(organizations::id)
            ))
            .get_result(c))
        })
        .await
    }
}
