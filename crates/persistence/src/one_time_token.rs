//! Tokens that are good for one thing, once.

use async_trait::async_trait;
use diesel::prelude::*;
use guildhall_application::ports::{OneTimeTokenRepository, Purpose, StoreError, TokenHash};
use guildhall_domain::{Timestamp, UserId};

use crate::{
    connection::on_backend,
    schema::one_time_tokens,
    sql_types::{DbId, DbTime},
    unit_of_work::DieselUnitOfWork,
};

#[async_trait]
impl OneTimeTokenRepository for DieselUnitOfWork {
    async fn replace(
        &mut self,
        user: UserId,
        purpose: Purpose,
        token: &TokenHash,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let content = (
            one_time_tokens::token_hash.eq(token.as_bytes().to_vec()),
            one_time_tokens::expires_at.eq(DbTime(expires_at)),
        );
        let row = (
            one_time_tokens::user_id.eq(DbId::from(user)),
            one_time_tokens::purpose.eq(purpose.as_str()),
            content.clone(),
        );
        self.run(move |connection| {
            on_backend!(connection, |c| {
                diesel::insert_into(one_time_tokens::table)
                    .values(row)
                    .on_conflict((one_time_tokens::user_id, one_time_tokens::purpose))
                    .do_update()
                    .set(content)
                    .execute(c)
            })
        })
        .await?;
        Ok(())
    }

    async fn take(
        &mut self,
        purpose: Purpose,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<UserId>, StoreError> {
        let good = one_time_tokens::table
            .filter(one_time_tokens::token_hash.eq(token.as_bytes().to_vec()))
            .filter(one_time_tokens::purpose.eq(purpose.as_str()))
            .filter(one_time_tokens::expires_at.gt(DbTime(now)));
        let owner: Option<DbId> = self
            .run(move |connection| {
                on_backend!(connection, |c| {
                    diesel::delete(good)
                        .returning(one_time_tokens::user_id)
                        .get_result(c)
                        .optional()
                })
            })
            .await?;
        Ok(owner.map(Into::into))
    }

    async fn revoke(&mut self, user: UserId, purpose: Purpose) -> Result<(), StoreError> {
        let own = one_time_tokens::table.find((DbId::from(user), purpose.as_str()));
        self.run(move |connection| on_backend!(connection, |c| diesel::delete(own).execute(c)))
            .await?;
        Ok(())
    }
}
