//! Changes to users.

use async_trait::async_trait;
use diesel::{dsl::exists, prelude::*, select};
use guildhall_application::ports::{Changed, Insertion, PasswordHash, StoreError, UserRepository};
use guildhall_domain::{EmailAddress, OrganizationId, User, UserId, UserRole, UserStatus};

use super::{
    erasure,
    row::{UserFields, UserRow},
};
use crate::{
    connection::{DbConnection, on_backend},
    prepared::Prepared,
    schema::{memberships, users},
    sql_types::DbId,
    unit_of_work::{DieselUnitOfWork, insertion},
};

#[async_trait]
impl UserRepository for DieselUnitOfWork {
    async fn lock(&mut self, id: UserId) -> Result<Option<(User, PasswordHash)>, StoreError> {
        let found: Option<(UserRow, String)> = self
            .run(move |connection| {
                let row = users::table.find(DbId::from(id));
                match connection {
                    // Whoever has begun a transaction has the only write lock.
                    DbConnection::Sqlite(c) => {
                        row.select((UserRow::as_select(), users::password_hash)).first(c)
                    }
                    DbConnection::Postgres(c) => row
                        .select((UserRow::as_select(), users::password_hash))
                        .for_update()
                        .first(c),
                }
                .optional()
            })
            .await?;
        found.map(|(row, hash)| Ok((row.try_into()?, PasswordHash::new(hash)))).transpose()
    }

    async fn insert(
        &mut self,
        user: &User,
        password: &PasswordHash,
    ) -> Result<Insertion, StoreError> {
        let row = UserRow::from(user);
        let password = password.expose().to_owned();
        self.run(move |connection| {
            on_backend!(connection, |c| {
                diesel::insert_into(users::table)
                    .values((row, users::password_hash.eq(password)))
                    .on_conflict_do_nothing()
                    .execute(c)
            })
        })
        .await
        .map(insertion)
    }

    async fn update(&mut self, user: &User) -> Result<(), StoreError> {
        let row = users::table.find(DbId::from(user.id));
        let fields = UserFields::from(user);
        self.changes(Changed::Account(user.id));
        self.run(move |connection| {
            on_backend!(connection, |c| Prepared(diesel::update(row).set(fields)).execute(c))
        })
        .await?;
        Ok(())
    }

    async fn set_password(
        &mut self,
        id: UserId,
        password: &PasswordHash,
    ) -> Result<(), StoreError> {
        let row = users::table.find(DbId::from(id));
        let password = users::password_hash.eq(password.expose().to_owned());
        self.run(move |connection| {
            on_backend!(connection, |c| diesel::update(row).set(password).execute(c))
        })
        .await?;
        Ok(())
    }

    async fn lock_by_email(&mut self, email: &EmailAddress) -> Result<Option<User>, StoreError> {
        let row = users::table.filter(users::email_key.eq(email.key().to_owned()));
        self.run(move |connection| {
            match connection {
                DbConnection::Sqlite(c) => row.select(UserRow::as_select()).first(c),
                DbConnection::Postgres(c) => row.select(UserRow::as_select()).for_update().first(c),
            }
            .optional()
        })
        .await?
        .map(TryInto::try_into)
        .transpose()
    }

    async fn another_admin_exists(&mut self, than: UserId) -> Result<bool, StoreError> {
        let others = users::table
            .filter(users::role.eq(UserRole::Admin.as_str()))
            .filter(users::status.eq(UserStatus::Active.as_str()))
            .filter(users::id.ne(DbId::from(than)));
        self.run(move |connection| {
            on_backend!(connection, |c| select(exists(others)).get_result(c))
        })
        .await
    }

    async fn organizations_of(&mut self, id: UserId) -> Result<Vec<OrganizationId>, StoreError> {
        let own = memberships::table
            .filter(memberships::user_id.eq(DbId::from(id)))
            .order(memberships::organization_id)
            .select(memberships::organization_id);
        let rows: Vec<DbId> =
            self.across_tenants(move |connection| on_backend!(connection, |c| own.load(c))).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    async fn erase(&mut self, user: &User) -> Result<(), StoreError> {
        let (id, address) = (user.id, user.email.clone());
        self.changes(Changed::Account(id));
        self.forget(id, address.clone());
        self.across_tenants(move |connection| erasure::erase(connection, id, &address)).await
    }

    async fn any_admin_exists(&mut self) -> Result<bool, StoreError> {
        self.run(|connection| {
            let admins = users::table.filter(users::role.eq(UserRole::Admin.as_str()));
            on_backend!(connection, |c| select(exists(admins)).get_result(c))
        })
        .await
    }
}
