//! Changes to sessions.

use async_trait::async_trait;
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Array, Timestamptz, Uuid as PgUuid},
};
use guildhall_application::ports::{Changed, SessionRepository, SessionUse, StoreError, TokenHash};
use guildhall_domain::{Session, SessionId, Timestamp, UserId};
use uuid::Uuid;

use super::row::SessionRow;
use crate::{
    connection::{DbConnection, on_backend},
    prepared::Prepared,
    schema::sessions,
    sql_types::{DbId, DbTime},
    unit_of_work::DieselUnitOfWork,
};

/// Without waiting for anybody, so that no two nodes wait for each other.
const RECORD: &str = "
WITH free AS (
    SELECT id FROM sessions WHERE id = ANY ($1) FOR UPDATE SKIP LOCKED
)
UPDATE sessions SET last_used_at = used.last_used_at, expires_at = used.expires_at
FROM free INNER JOIN unnest($1, $2, $3) AS used (id, last_used_at, expires_at) USING (id)
WHERE sessions.id = free.id AND sessions.last_used_at < used.last_used_at";

fn record(connection: &mut DbConnection, uses: &[SessionUse]) -> QueryResult<()> {
    match connection {
        DbConnection::Sqlite(c) => uses.iter().try_for_each(|used| {
            let last_used_at = DbTime(used.last_used_at);
            let row = sessions::table
                .filter(sessions::id.eq(DbId::from(used.session)))
                .filter(sessions::last_used_at.lt(last_used_at));
            let times = (
                sessions::last_used_at.eq(last_used_at),
                sessions::expires_at.eq(DbTime(used.expires_at)),
            );
            Prepared(diesel::update(row).set(times)).execute(c).map(drop)
        }),
        DbConnection::Postgres(c) => {
            let of_each = |time: fn(&SessionUse) -> Timestamp| uses.iter().map(time).collect();
            let ids: Vec<Uuid> = uses.iter().map(|used| used.session.as_uuid()).collect();
            let last_used_at: Vec<Timestamp> = of_each(|used| used.last_used_at);
            let expires_at: Vec<Timestamp> = of_each(|used| used.expires_at);
            let update = sql_query(RECORD)
                .bind::<Array<PgUuid>, _>(ids)
                .bind::<Array<Timestamptz>, _>(last_used_at)
                .bind::<Array<Timestamptz>, _>(expires_at);
            Prepared(update).execute(c).map(drop)
        }
    }
}

#[async_trait]
impl SessionRepository for DieselUnitOfWork {
    async fn insert(&mut self, session: &Session, token: &TokenHash) -> Result<(), StoreError> {
        let row = SessionRow::from(session);
        self.changes(Changed::Account(session.user));
        let token = sessions::token_hash.eq(token.as_bytes().to_vec());
        self.run(move |connection| {
            on_backend!(connection, |c| {
                diesel::insert_into(sessions::table).values((row, token)).execute(c)
            })
        })
        .await?;
        Ok(())
    }

    async fn record_uses(&mut self, uses: &[SessionUse]) -> Result<(), StoreError> {
        for used in uses {
            self.changes(Changed::SessionUse(used.session));
        }
        let uses = uses.to_vec();
        self.run(move |connection| record(connection, &uses)).await
    }

    async fn remove(&mut self, user: UserId, session: SessionId) -> Result<bool, StoreError> {
        self.changes(Changed::Account(user));
        let row = sessions::table
            .filter(sessions::id.eq(DbId::from(session)))
            .filter(sessions::user_id.eq(DbId::from(user)));
        let removed = self
            .run(move |connection| on_backend!(connection, |c| diesel::delete(row).execute(c)))
            .await?;
        Ok(removed > 0)
    }

    async fn remove_others(
        &mut self,
        user: UserId,
        keep: SessionId,
    ) -> Result<Vec<SessionId>, StoreError> {
        self.changes(Changed::Account(user));
        let others = sessions::table
            .filter(sessions::user_id.eq(DbId::from(user)))
            .filter(sessions::id.ne(DbId::from(keep)));
        let removed: Vec<DbId> = self
            .run(move |connection| {
                on_backend!(connection, |c| {
                    diesel::delete(others).returning(sessions::id).get_results(c)
                })
            })
            .await?;
        Ok(removed.into_iter().map(Into::into).collect())
    }

    async fn remove_all(&mut self, user: UserId) -> Result<usize, StoreError> {
        self.changes(Changed::Account(user));
        let own = sessions::table.filter(sessions::user_id.eq(DbId::from(user)));
        self.run(move |connection| on_backend!(connection, |c| diesel::delete(own).execute(c)))
            .await
    }

    async fn trim(&mut self, user: UserId, keep: u32) -> Result<Vec<SessionId>, StoreError> {
        self.changes(Changed::Account(user));
        let own = diesel::alias!(sessions as own);
        let beyond = own
            .filter(own.field(sessions::user_id).eq(DbId::from(user)))
            .order((own.field(sessions::created_at).desc(), own.field(sessions::id).desc()))
            .offset(keep.into())
            .select(own.field(sessions::id));
        let oldest = sessions::table.filter(sessions::id.eq_any(beyond));
        let removed: Vec<DbId> = self
            .run(move |connection| {
                on_backend!(connection, |c| {
                    diesel::delete(oldest).returning(sessions::id).get_results(c)
                })
            })
            .await?;
        Ok(removed.into_iter().map(Into::into).collect())
    }
}
