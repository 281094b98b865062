//! Users, to show them and to sign them in.

use async_trait::async_trait;
use diesel::prelude::*;
use guildhall_application::ports::{AccountWithPassword, PasswordHash, StoreError, UserQueries};
use guildhall_domain::{EmailAddress, UserId};

use super::{home, row::UserRow};
use crate::{
    connection::on_backend,
    schema::{organizations, users},
    sql_types::DbId,
    store::DieselStore,
};

#[async_trait]
impl UserQueries for DieselStore {
    async fn by_email(
        &self,
        email: &EmailAddress,
    ) -> Result<Option<AccountWithPassword>, StoreError> {
        let key = email.key().to_owned();
        let found: Option<(UserRow, Option<String>, String)> = self
            .read(move |connection| {
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

    async fn password_of(&self, user: UserId) -> Result<Option<PasswordHash>, StoreError> {
        let hash: Option<String> = self
            .read(move |connection| {
                let row = users::table.find(DbId::from(user));
                on_backend!(connection, |c| row.select(users::password_hash).first(c).optional())
            })
            .await?;
        Ok(hash.map(PasswordHash::new))
    }
}
