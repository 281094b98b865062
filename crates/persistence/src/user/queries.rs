//! Users, to show them and to sign them in.

use async_trait::async_trait;
use diesel::{
    dsl::{AsExprOf, sql},
    expression::{SqlLiteral, UncheckedBind},
    prelude::*,
    sql_types::Bool,
};
use guildhall_application::{
    PageRequest,
    caller::Viewer,
    ports::{
        AccountWithPassword, PasswordHash, StoreError, UserFilter, UserQueries,
        UserWithOrganization,
    },
};
use guildhall_domain::{
    EmailAddress, OrganizationRole, OrganizationStatus, Permission, Standing, UserId,
};

use super::{home, row::UserRow};
use crate::{
    connection::on_backend,
    keyset::behind,
    schema::{organizations, users},
    search::containing,
    sql_types::{DbId, Id},
    store::DieselStore,
    tenancy::Tenancy,
};

/// Users with the names of their homes.
macro_rules! users {
    () => {
        users::table
            .left_join(organizations::table.on(home()))
            .select((UserRow::as_select(), organizations::name.nullable()))
    };
}

/// A user, and the name of their home if it is in sight.
type AccountRow = (UserRow, Option<String>);

/// Through whose eyes to look for whom somebody may know of.
fn known_by(viewer: Viewer) -> Tenancy {
    if viewer.sees_everything() { viewer.into() } else { Tenancy::AllOf(viewer.user()) }
}

type FirstBind = UncheckedBind<SqlLiteral<Bool>, AsExprOf<DbId, Id>>;
type KnownTo = UncheckedBind<SqlLiteral<Bool, FirstBind>, AsExprOf<DbId, Id>>;

/// Whom somebody may know of: themselves, and the members of organizations in
/// which they may see members.
fn known_to(viewer: UserId) -> SqlLiteral<Bool, KnownTo> {
    let roles = |is_default| {
        let seeing = OrganizationRole::ALL.into_iter().filter(move |role| {
            Standing::Member(*role).grants(Permission::ReadMembers, is_default)
        });
        seeing.map(|role| format!("'{}'", role.as_str())).collect::<Vec<_>>().join(", ")
    };
    sql::<Bool>("users.id IN (SELECT ")
        .bind::<Id, _>(DbId::from(viewer))
        .sql(&format!(
            " UNION SELECT theirs.user_id FROM memberships AS mine \
              JOIN organizations AS o ON o.id = mine.organization_id \
              JOIN memberships AS theirs ON theirs.organization_id = mine.organization_id \
              WHERE o.deleted_at IS NULL AND (o.status = '{active}' OR mine.role = '{owner}') \
              AND (mine.role IN ({in_default}) OR (NOT o.is_default AND mine.role IN ({elsewhere}))) \
              AND mine.user_id = ",
            active = OrganizationStatus::Active.as_str(),
            owner = OrganizationRole::Owner.as_str(),
            in_default = roles(true),
            elsewhere = roles(false),
        ))
        .bind::<Id, _>(DbId::from(viewer))
        .sql(")")
}

#[async_trait]
impl UserQueries for DieselStore {
    async fn by_email(
        &self,
        email: &EmailAddress,
    ) -> Result<Option<AccountWithPassword>, StoreError> {
        let key = email.key().to_owned();
        let found: Option<(UserRow, Option<String>, String)> = self
            .read(Tenancy::Installation, move |connection| {
                on_backend!(connection, |c| {
                    users::table
                        .left_join(organizations::table.on(home()))
                        .filter(users::email_key.eq(&key))
                        .select((
                            UserRow::as_select(),
                            organizations::name.nullable(),
                            users::password_hash,
                        ))
                        .first(c)
                        .optional()
                })
            })
            .await?;
        let Some((row, home, hash)) = found else { return Ok(None) };
        Ok(Some(AccountWithPassword {
            account: row.with_organization(home)?,
            password: PasswordHash::new(hash),
        }))
    }

    async fn visible_to(
        &self,
        viewer: Viewer,
        filter: &UserFilter,
        page: PageRequest,
    ) -> Result<Vec<UserWithOrganization>, StoreError> {
        let status = filter.status;
        let pattern = filter.text.as_deref().map(containing);
        let rows = self
            .read(known_by(viewer), move |connection| {
                on_backend!(connection, |c| {
                    let mut query = users!()
                        .order((users::created_at.desc(), users::id.desc()))
                        .limit(page.limit.into())
                        .into_boxed();
                    if !viewer.sees_everything() {
                        query = query.filter(known_to(viewer.user()));
                    }
                    if let Some(status) = status {
                        query = query.filter(users::status.eq(status.as_str()));
                    }
                    if let Some(pattern) = &pattern {
                        let by_name = users::name_key.like(pattern).escape('\\');
                        query =
                            query.filter(by_name.or(users::email_key.like(pattern).escape('\\')));
                    }
                    if let Some(cursor) = page.after {
                        query = query.filter(behind("users.created_at, users.id", cursor));
                    }
                    query.load(c)
                })
            })
            .await?;
        self.accounts(rows).await
    }

    async fn get(
        &self,
        viewer: Viewer,
        id: UserId,
    ) -> Result<Option<UserWithOrganization>, StoreError> {
        let row: Option<AccountRow> = self
            .read(known_by(viewer), move |connection| {
                on_backend!(connection, |c| {
                    let mut query = users!().filter(users::id.eq(DbId::from(id))).into_boxed();
                    if !viewer.sees_everything() {
                        query = query.filter(known_to(viewer.user()));
                    }
                    query.first(c).optional()
                })
            })
            .await?;
        Ok(self.accounts(row.into_iter().collect()).await?.pop())
    }

    async fn password_of(&self, user: UserId) -> Result<Option<PasswordHash>, StoreError> {
        let hash: Option<String> = self
            .read(Tenancy::Viewer(user), move |connection| {
                let row = users::table.find(DbId::from(user));
                on_backend!(connection, |c| row.select(users::password_hash).first(c).optional())
            })
            .await?;
        Ok(hash.map(PasswordHash::new))
    }
}

impl DieselStore {
    async fn accounts(
        &self,
        rows: Vec<AccountRow>,
    ) -> Result<Vec<UserWithOrganization>, StoreError> {
        let homes = self.homes_elsewhere(rows.iter().map(|(user, home)| (user, home))).await?;
        rows.into_iter().map(|(user, home)| homes.account(user, home)).collect()
    }
}
