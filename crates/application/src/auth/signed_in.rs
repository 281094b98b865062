//! What signing in and registering have in common: they end in a session.

use std::sync::Arc;

use chrono::TimeDelta;
use guildhall_domain::{Origin, Session, SessionLifetimes, Timestamp, UserId};

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
    /// Adds a session to the unit of work; it lives once that is committed.
    pub(crate) async fn begin(
        &self,
        work: &mut dyn UnitOfWork,
        user: UserId,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<(AccessToken, Session), StoreError> {
        let session =
            Session::begin(self.ids.session_id(), user, self.lifetimes, origin.clone(), now);
        let (token, hash) = self.tokens.issue();
        work.sessions().insert(&session, &hash).await?;
        Ok((token, session))
    }
}
