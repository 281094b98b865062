//! What signing in and registering have in common: they end in a session.

use std::sync::Arc;

use chrono::TimeDelta;
use guildhall_domain::{
    Action, AuditActor, AuditEvent, Origin, Resource, Session, SessionLifetimes, Timestamp, User,
};

use crate::ports::{
    AccessToken, IdGenerator, StoreError, TokenService, UnitOfWork, UserWithOrganization,
};

/// A client that has just signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The token to hand out, this once.
    pub token: AccessToken,
    /// How long it lives for certain.
    pub expires_in: TimeDelta,
    /// Whose it is.
    pub account: UserWithOrganization,
}

/// Begins sessions.
#[derive(Clone)]
pub(crate) struct SessionStarter {
    pub(crate) tokens: Arc<dyn TokenService>,
    pub(crate) ids: Arc<dyn IdGenerator>,
    pub(crate) lifetimes: SessionLifetimes,
}

impl SessionStarter {
    /// Adds a session to the unit of work; it lives once that is committed, and
    /// those for which it leaves no room end with it.
    pub(crate) async fn begin(
        &self,
        work: &mut dyn UnitOfWork,
        user: &User,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<(AccessToken, Session), StoreError> {
        self.make_room(work, user, origin, now).await?;
        let session =
            Session::begin(self.ids.session_id(), user.id, self.lifetimes, origin.clone(), now);
        let (token, hash) = self.tokens.issue();
        work.sessions().insert(&session, &hash).await?;
        Ok((token, session))
    }

    /// Ends the oldest sessions of a user beyond those that one more may join.
    async fn make_room(
        &self,
        work: &mut dyn UnitOfWork,
        user: &User,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let ended = work.sessions().trim(user.id, Session::MAX_PER_USER - 1).await?;
        for session in ended {
            let event = AuditEvent::new(
                self.ids.audit_event_id(),
                AuditActor::user(user),
                Action::SessionEnded,
                Resource::Session(session),
                origin,
                now,
            )
            .with("reason", "limit");
            work.audit_log().append(&event).await?;
        }
        Ok(())
    }
}
