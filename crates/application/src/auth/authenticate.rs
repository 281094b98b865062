//! Finding out who makes a request.

use std::sync::Arc;

use guildhall_domain::{Origin, SessionLifetimes, UserStatus};

use super::SessionUses;
use crate::{
    Caller, Error,
    ports::{Clock, SessionQueries, TokenService},
};

/// Finds the live session behind a bearer token.
pub struct Authenticate {
    pub(crate) sessions: Arc<dyn SessionQueries>,
    pub(crate) uses: Arc<SessionUses>,
    pub(crate) tokens: Arc<dyn TokenService>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) lifetimes: SessionLifetimes,
}

impl Authenticate {
    /// The caller who holds this token.
    ///
    /// # Errors
    ///
    /// [`Error::NotAuthenticated`] when it is no token, unknown, ended or
    /// expired, or when its account is deactivated; failures of the store.
    #[tracing::instrument(level = "debug", name = "auth.authenticate", skip_all)]
    pub async fn execute(&self, presented: &str, origin: &Origin) -> Result<Caller, Error> {
        let token = self.tokens.hash(presented).ok_or(Error::NotAuthenticated)?;
        let found = self.sessions.by_token(&token).await?.ok_or(Error::NotAuthenticated)?;
        let now = self.clock.now();
        let (account, mut session) = (found.account, found.session);
        // Seen as unused for long, it may have been used a moment ago.
        if session.used(self.lifetimes, now).is_some() {
            session = self.uses.latest(session);
        }
        if !session.is_live(now) || account.user.status != UserStatus::Active {
            return Err(Error::NotAuthenticated);
        }
        if let Some(used) = session.used(self.lifetimes, now) {
            self.uses.note(&used);
            session = used;
        }
        Ok(Caller {
            user: account.user,
            organization: account.organization,
            session,
            origin: origin.clone(),
        })
    }
}

#[cfg(test)]
mod tests;
