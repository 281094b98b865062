//! Sessions, to show them and to authenticate requests.

use async_trait::async_trait;
use diesel::prelude::*;
use guildhall_application::ports::{AccountWithSession, SessionQueries, StoreError, TokenHash};
use guildhall_domain::{Session, Timestamp, UserId};

use super::row::SessionRow;
use crate::{
    connection::on_backend,
    look_up::columns_of,
    schema::{organizations, sessions, users},
    sql_types::{DbId, DbTime},
    store::DieselStore,
    tenancy::{Actor, Tenancy},
    user::{UserRow, home},
};

#[async_trait]
impl SessionQueries for DieselStore {
    async fn by_token(&self, token: &TokenHash) -> Result<Option<AccountWithSession>, StoreError> {
        let query = sessions::table
            .inner_join(users::table.left_join(organizations::table.on(home())))
            .filter(sessions::token_hash.eq(token.as_bytes().to_vec()))
            .select((
                columns_of::<SessionRow>(),
                columns_of::<UserRow>(),
                organizations::name.nullable(),
            ))
            .limit(1);
        let mut found: Vec<(SessionRow, UserRow, Option<String>)> =
            self.look_up(Actor::Installation, query).await?;
        let Some((session, user, home)) = found.pop() else { return Ok(None) };
        Ok(Some(AccountWithSession {
            account: user.with_organization(home)?,
            session: session.try_into()?,
        }))
    }

    async fn live_of(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        self.read(Tenancy::Viewer(user), move |connection| {
            on_backend!(connection, |c| {
                sessions::table
                    .filter(sessions::user_id.eq(DbId::from(user)))
                    .filter(sessions::expires_at.gt(DbTime(now)))
                    .order((sessions::created_at.desc(), sessions::id.desc()))
                    .select(SessionRow::as_select())
                    .load(c)
            })
        })
        .await?
        .into_iter()
        .map(TryInto::try_into)
        .collect()
    }
}
