//! Invitations, to show them.

use async_trait::async_trait;
use diesel::{
    dsl::{count_star, exists},
    prelude::*,
};
use guildhall_application::{
    PageRequest, Scope,
    ports::{InvitationDetails, InvitationQueries, StoreError, TokenHash},
};
use guildhall_domain::{Invitation, InvitationId, InvitationStatus, OrganizationStatus, Timestamp};

use super::{open, row::InvitationRow};
use crate::{
    connection::on_backend,
    decode,
    keyset::behind,
    schema::{invitations, organizations, users},
    sql_types::{DbId, DbTime},
    store::DieselStore,
    tenancy::Tenancy,
};

#[async_trait]
impl InvitationQueries for DieselStore {
    async fn list(
        &self,
        scope: &Scope,
        status: Option<InvitationStatus>,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Vec<Invitation>, StoreError> {
        let organization = DbId::from(scope.organization());
        self.read(scope.into(), move |connection| {
            on_backend!(connection, |c| {
                let mut query = invitations::table
                    .filter(invitations::organization_id.eq(organization))
                    .order((invitations::created_at.desc(), invitations::id.desc()))
                    .limit(page.limit.into())
                    .select(InvitationRow::as_select())
                    .into_boxed();
                match status {
                    None => {}
                    Some(InvitationStatus::Pending) => {
                        query = query
                            .filter(invitations::status.eq(InvitationStatus::Pending.as_str()))
                            .filter(invitations::expires_at.gt(DbTime(now)));
                    }
                    Some(InvitationStatus::Expired) => {
                        query = query
                            .filter(invitations::status.eq(InvitationStatus::Pending.as_str()))
                            .filter(invitations::expires_at.le(DbTime(now)));
                    }
                    Some(closed) => query = query.filter(invitations::status.eq(closed.as_str())),
                }
                if let Some(cursor) = page.after {
                    query = query.filter(behind("invitations.created_at, invitations.id", cursor));
                }
                query.load(c)
            })
        })
        .await?
        .into_iter()
        .map(TryInto::try_into)
        .collect()
    }

    async fn get(&self, scope: &Scope, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        let organization = DbId::from(scope.organization());
        self.read(scope.into(), move |connection| {
            let row = invitations::table
                .find(DbId::from(id))
                .filter(invitations::organization_id.eq(organization));
            on_backend!(connection, |c| {
                row.select(InvitationRow::as_select()).first(c).optional()
            })
        })
        .await?
        .map(TryInto::try_into)
        .transpose()
    }

    async fn count_open(&self, scope: &Scope, now: Timestamp) -> Result<u32, StoreError> {
        let organization = scope.organization();
        let count: i64 = self
            .read(scope.into(), move |connection| {
                let open = open(organization, now).select(count_star());
                on_backend!(connection, |c| open.first(c))
            })
            .await?;
        decode::count("invitations", count)
    }

    async fn by_token(&self, token: &TokenHash) -> Result<Option<InvitationDetails>, StoreError> {
        let token = *token;
        let found: Option<(InvitationRow, String, bool)> = self
            .read(Tenancy::Installation, move |connection| {
                let account = users::table.filter(users::email_key.eq(invitations::email_key));
                let row = invitations::table
                    .inner_join(organizations::table)
                    .filter(invitations::token_hash.eq(token.as_bytes().as_slice()))
                    .filter(organizations::deleted_at.is_null())
                    .filter(organizations::status.eq(OrganizationStatus::Active.as_str()));
                on_backend!(connection, |c| {
                    row.select((InvitationRow::as_select(), organizations::name, exists(account)))
                        .first(c)
                        .optional()
                })
            })
            .await?;
        let Some((row, organization, has_account)) = found else { return Ok(None) };
        Ok(Some(InvitationDetails { invitation: row.try_into()?, organization, has_account }))
    }
}
