//! Changes to invitations.

use async_trait::async_trait;
use diesel::{dsl::count_star, prelude::*};
use guildhall_application::{
    Scope,
    ports::{InvitationRepository, Invited, StoreError, TokenHash},
};
use guildhall_domain::{
    EmailAddress, Invitation, InvitationId, InvitationStatus, OrganizationId, Timestamp,
};

use super::{open, row::InvitationRow};
use crate::{
    connection::on_backend,
    decode,
    schema::{invitations, memberships, users},
    sql_types::{DbId, DbTime},
    unit_of_work::DieselUnitOfWork,
};

#[async_trait]
impl InvitationRepository for DieselUnitOfWork {
    async fn insert(&mut self, scope: &Scope, new: &[Invitation]) -> Result<(), StoreError> {
        let organization = scope.organization();
        let rows: Vec<_> =
            new.iter().map(|invitation| InvitationRow::new(organization, invitation)).collect();
        self.run_in(scope, move |connection| {
            on_backend!(connection, |c| {
                diesel::insert_into(invitations::table).values(rows).execute(c)
            })
        })
        .await?;
        Ok(())
    }

    async fn find(
        &mut self,
        scope: &Scope,
        id: InvitationId,
    ) -> Result<Option<Invitation>, StoreError> {
        let row = invitation(scope, id);
        self.run_in(scope, move |connection| {
            on_backend!(connection, |c| {
                row.select(InvitationRow::as_select()).first(c).optional()
            })
        })
        .await?
        .map(TryInto::try_into)
        .transpose()
    }

    async fn already_invited(
        &mut self,
        scope: &Scope,
        emails: &[EmailAddress],
        now: Timestamp,
    ) -> Result<Vec<Invited>, StoreError> {
        let organization = scope.organization();
        let keys: Vec<_> = emails.iter().map(|email| email.key().to_owned()).collect();
        let members = memberships::table
            .inner_join(users::table)
            .filter(memberships::organization_id.eq(DbId::from(organization)))
            .filter(users::email_key.eq_any(keys.clone()))
            .select(users::email);
        let pending = open(organization, now)
            .filter(invitations::email_key.eq_any(keys))
            .select(invitations::email);
        let (members, pending): (Vec<String>, Vec<String>) = self
            .run_in(scope, move |connection| {
                on_backend!(connection, |c| Ok((members.load(c)?, pending.load(c)?)))
            })
            .await?;
        let members =
            members.iter().map(|email| Ok(Invited::Member(decode::text("users.email", email)?)));
        let pending = pending
            .iter()
            .map(|email| Ok(Invited::Pending(decode::text("invitations.email", email)?)));
        members.chain(pending).collect()
    }

    async fn count_open(&mut self, scope: &Scope, now: Timestamp) -> Result<u32, StoreError> {
        let open = open(scope.organization(), now).select(count_star());
        let count: i64 = self
            .run_in(scope, move |connection| on_backend!(connection, |c| open.first(c)))
            .await?;
        decode::count("invitations", count)
    }

    async fn update(&mut self, scope: &Scope, changed: &Invitation) -> Result<(), StoreError> {
        let row = invitation(scope, changed.id);
        let is_closed = changed.status != InvitationStatus::Pending;
        let fields = (
            invitations::status.eq(changed.status.as_str()),
            invitations::expires_at.eq(DbTime(changed.expires_at)),
            invitations::version.eq(decode::column(changed.version)),
        );
        self.run_in(scope, move |connection| {
            on_backend!(connection, |c| {
                diesel::update(row).set(fields).execute(c)?;
                if is_closed {
                    let no_token = invitations::token_hash.eq(None::<Vec<u8>>);
                    diesel::update(row).set(no_token).execute(c)?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn get(&mut self, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        let row = invitations::table.find(DbId::from(id));
        self.across_tenants(move |connection| {
            on_backend!(connection, |c| {
                row.select(InvitationRow::as_select()).first(c).optional()
            })
        })
        .await?
        .map(TryInto::try_into)
        .transpose()
    }

    async fn organization_of(
        &mut self,
        token: &TokenHash,
    ) -> Result<Option<OrganizationId>, StoreError> {
        let token = *token;
        let found: Option<DbId> = self
            .across_tenants(move |connection| {
                let row = invitations::table
                    .filter(invitations::token_hash.eq(token.as_bytes().as_slice()))
                    .select(invitations::organization_id);
                on_backend!(connection, |c| row.first(c).optional())
            })
            .await?;
        Ok(found.map(Into::into))
    }

    async fn find_by_token(
        &mut self,
        scope: &Scope,
        token: &TokenHash,
    ) -> Result<Option<Invitation>, StoreError> {
        let (organization, token) = (DbId::from(scope.organization()), *token);
        self.run_in(scope, move |connection| {
            let row = invitations::table
                .filter(invitations::organization_id.eq(organization))
                .filter(invitations::token_hash.eq(token.as_bytes().as_slice()));
            on_backend!(connection, |c| {
                row.select(InvitationRow::as_select()).first(c).optional()
            })
        })
        .await?
        .map(TryInto::try_into)
        .transpose()
    }

    async fn set_token(&mut self, id: InvitationId, token: &TokenHash) -> Result<(), StoreError> {
        let row = invitations::table.find(DbId::from(id));
        let token = invitations::token_hash.eq(token.as_bytes().to_vec());
        self.across_tenants(move |connection| {
            on_backend!(connection, |c| diesel::update(row).set(token).execute(c))
        })
        .await?;
        Ok(())
    }
}

/// An invitation to the organization in scope and to no other.
#[diesel::dsl::auto_type]
fn invitation(scope: &Scope, id: InvitationId) -> _ {
    let (organization, id): (DbId, DbId) = (scope.organization().into(), id.into());
    invitations::table
        .filter(invitations::organization_id.eq(organization))
        .filter(invitations::id.eq(id))
}
