//! Changes to sessions.

use async_trait::async_trait;
use diesel::{prelude::*, sql_query};
use guildhall_application::ports::{Changed, SessionRepository, StoreError, TokenHash};
use guildhall_domain::{Session, SessionId, UserId};

use super::row::SessionRow;
use crate::{
    connection::{DbConnection, on_backend},
    prepared::Prepared,
    schema::sessions,
    sql_types::{DbId, DbTime, Id, Moment},
    unit_of_work::DieselUnitOfWork,
};

/// A use of a session, which is written down at the commit.
#[derive(Clone, Copy)]
pub(crate) struct SessionUse {
    id: DbId,
    last_used_at: DbTime,
    expires_at: DbTime,
}

/// Nobody waits for the disk: what a crash forgets is noted by the next use.
const WRITE_ALONE: &str = "UPDATE sessions SET last_used_at = $2, expires_at = $3 \
     WHERE id = $1 AND set_config('synchronous_commit', 'off', true) = 'off'";

impl SessionUse {
    /// Writes it down in a transaction.
    pub(crate) fn write(self, connection: &mut DbConnection) -> QueryResult<()> {
        let times = (
            sessions::last_used_at.eq(self.last_used_at),
            sessions::expires_at.eq(self.expires_at),
        );
        let update = Prepared(diesel::update(sessions::table.find(self.id)).set(times));
        on_backend!(connection, |c| update.execute(c)).map(drop)
    }

    /// Writes it down in a transaction of its own, which needs one round trip.
    pub(crate) fn write_alone(self, connection: &mut DbConnection) -> QueryResult<()> {
        let DbConnection::Postgres(c) = connection else { return self.write(connection) };
        let update = sql_query(WRITE_ALONE)
            .bind::<Id, _>(self.id)
            .bind::<Moment, _>(self.last_used_at)
            .bind::<Moment, _>(self.expires_at);
        Prepared(update).execute(c).map(drop)
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

    async fn record_use(&mut self, session: &Session) -> Result<(), StoreError> {
        self.changes(Changed::SessionUse(session.id));
        self.note_use(SessionUse {
            id: session.id.into(),
            last_used_at: DbTime(session.last_used_at),
            expires_at: DbTime(session.expires_at),
        })
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
