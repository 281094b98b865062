//! Sessions, to show them and to authenticate requests.

use async_trait::async_trait;
use diesel::prelude::*;
use guildhall_application::ports::{AccountWithSession, SessionQueries, StoreError, TokenHash};
use guildhall_domain::{Session, Timestamp, UserId};

use super::{
    bearer::{account, bearer},
    row::SessionRow,
};
use crate::{
    connection::on_backend,
    look_up::Look,
    schema::sessions,
    sql_types::{DbId, DbTime},
    store::DieselStore,
    tenancy::Tenancy,
};

#[async_trait]
impl SessionQueries for DieselStore {
    async fn by_token(&self, token: &TokenHash) -> Result<Option<AccountWithSession>, StoreError> {
        if let Some(batch) = self.session_batch() {
            return batch.find(*token).await;
        }
        let query = bearer(*token).look();
        let mut found = self.readers().look_up(Tenancy::Installation, query).await?;
        found.pop().map(account).transpose()
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
