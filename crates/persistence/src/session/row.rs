//! A session as a row.

use diesel::prelude::*;
use guildhall_application::ports::StoreError;
use guildhall_domain::{Origin, Session};

use crate::{
    decode,
    schema::sessions,
    sql_types::{DbId, DbTime},
};

/// All of a session but the token's hash, and but the request that began it,
/// which the audit trail knows.
#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub(crate) struct SessionRow {
    id: DbId,
    user_id: DbId,
    created_at: DbTime,
    last_used_at: DbTime,
    expires_at: DbTime,
    ends_at: DbTime,
    ip_address: Option<String>,
    user_agent: Option<String>,
}

impl From<&Session> for SessionRow {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id.into(),
            user_id: session.user.into(),
            created_at: DbTime(session.created_at),
            last_used_at: DbTime(session.last_used_at),
            expires_at: DbTime(session.expires_at),
            ends_at: DbTime(session.ends_at),
            ip_address: session.origin.ip_address.map(|address| address.to_string()),
            user_agent: session.origin.user_agent.clone(),
        }
    }
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            user: row.user_id.into(),
            created_at: row.created_at.0,
            last_used_at: row.last_used_at.0,
            expires_at: row.expires_at.0,
            ends_at: row.ends_at.0,
            origin: Origin {
                ip_address: decode::optional_text(
                    "sessions.ip_address",
                    row.ip_address.as_deref(),
                )?,
                user_agent: row.user_agent,
                request_id: None,
            },
        })
    }
}
