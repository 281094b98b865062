//! Changes to users.

use async_trait::async_trait;
use diesel::{dsl::exists, prelude::*, select};
use guildhall_application::ports::{Insertion, PasswordHash, StoreError, UserRepository};
use guildhall_domain::{User, UserId, UserRole};

use super::row::{UserFields, UserRow};
use crate::{
    connection::{DbConnection, on_backend},
    schema::users,
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
        self.run(move |connection| {
            on_backend!(connection, |c| diesel::update(row).set(fields).execute(c))
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

    async fn any_admin_exists(&mut self) -> Result<bool, StoreError> {
        self.run(|connection| {
            let admins = users::table.filter(users::role.eq(UserRole::Admin.as_str()));
            on_backend!(connection, |c| select(exists(admins)).get_result(c))
        })
        .await
    }
}
