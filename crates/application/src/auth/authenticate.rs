//! Finding out who makes a request.

use std::sync::Arc;

use guildhall_domain::{Origin, Session, SessionLifetimes, UserStatus};

use crate::{
    Caller, Error,
    ports::{Clock, SessionQueries, Store, StoreError, TokenService},
};

/// Finds the live session behind a bearer token.
pub struct Authenticate {
    pub(crate) sessions: Arc<dyn SessionQueries>,
    pub(crate) store: Arc<dyn Store>,
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
    #[tracing::instrument(name = "auth.authenticate", skip_all)]
    pub async fn execute(&self, presented: &str, origin: &Origin) -> Result<Caller, Error> {
        let token = self.tokens.hash(presented).ok_or(Error::NotAuthenticated)?;
        let found = self.sessions.by_token(&token).await?.ok_or(Error::NotAuthenticated)?;
        let now = self.clock.now();
        let (account, session) = (found.account, found.session);
        if !session.is_live(now) || account.user.status != UserStatus::Active {
            return Err(Error::NotAuthenticated);
        }
        let session = match session.used(self.lifetimes, now) {
            None => session,
            Some(used) => self.record(used).await,
        };
        Ok(Caller {
            user: account.user,
            organization: account.organization,
            session,
            origin: origin.clone(),
        })
    }

    /// Writes a use down. A request does not fail because that failed: the
    /// next one tries again.
    async fn record(&self, used: Session) -> Session {
        let recorded: Result<(), StoreError> = async {
            let mut work = self.store.begin().await?;
            work.sessions().record_use(&used).await?;
            work.commit().await
        }
        .await;
        if let Err(error) = recorded {
            tracing::warn!(%error, session = %used.id, "the use of a session was not recorded");
        }
        used
    }
}

#[cfg(test)]
mod tests;
