//! Members, to show them.

use async_trait::async_trait;
use diesel::prelude::*;
use guildhall_application::{
    PageRequest, Scope,
    ports::{MemberDetails, MemberFilter, MemberQueries, StoreError},
};
use guildhall_domain::UserId;

use super::row::MembershipRow;
use crate::{
    connection::on_backend,
    keyset::behind,
    prepared::Prepared,
    schema::{memberships, organizations, users},
    search::containing,
    sql_types::DbId,
    store::DieselStore,
    user::{UserRow, home},
};

type MemberRow = (MembershipRow, UserRow, Option<String>);

/// Members with their accounts and the names of their homes.
macro_rules! members {
    ($organization:expr) => {
        memberships::table
            .inner_join(users::table)
            .left_join(organizations::table.on(home()))
            .filter(memberships::organization_id.eq($organization))
            .select((
                MembershipRow::as_select(),
                UserRow::as_select(),
                organizations::name.nullable(),
            ))
    };
}

#[async_trait]
impl MemberQueries for DieselStore {
    async fn list(
        &self,
        scope: &Scope,
        filter: &MemberFilter,
        page: PageRequest,
    ) -> Result<Vec<MemberDetails>, StoreError> {
        let (organization, role) = (DbId::from(scope.organization()), filter.role);
        let pattern = filter.text.as_deref().map(containing);
        let rows = self
            .read(scope.into(), move |connection| {
                on_backend!(connection, |c| {
                    let mut query = members!(organization)
                        .order((memberships::joined_at.desc(), memberships::user_id.desc()))
                        .limit(page.limit.into())
                        .into_boxed();
                    if let Some(role) = role {
                        query = query.filter(memberships::role.eq(role.as_str()));
                    }
                    if let Some(pattern) = &pattern {
                        let by_name = users::name_key.like(pattern).escape('\\');
                        query =
                            query.filter(by_name.or(users::email_key.like(pattern).escape('\\')));
                    }
                    if let Some(cursor) = page.after {
                        query = query
                            .filter(behind("memberships.joined_at, memberships.user_id", cursor));
                    }
                    Prepared(query).load(c)
                })
            })
            .await?;
        self.details(rows).await
    }

    async fn get(&self, scope: &Scope, user: UserId) -> Result<Option<MemberDetails>, StoreError> {
        let organization = DbId::from(scope.organization());
        let row = self
            .read(scope.into(), move |connection| {
                on_backend!(connection, |c| {
                    members!(organization)
                        .filter(memberships::user_id.eq(DbId::from(user)))
                        .first(c)
                        .optional()
                })
            })
            .await?;
        Ok(self.details(row.into_iter().collect()).await?.pop())
    }
}

impl DieselStore {
    async fn details(&self, rows: Vec<MemberRow>) -> Result<Vec<MemberDetails>, StoreError> {
        let homes = self.homes_elsewhere(rows.iter().map(|(_, user, home)| (user, home))).await?;
        rows.into_iter()
            .map(|(membership, user, home)| {
                let (membership, account) = (membership.try_into()?, homes.account(user, home)?);
                Ok(MemberDetails { membership, account })
            })
            .collect()
    }
}
