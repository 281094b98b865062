//! Ending sessions: one's own, another of one's own, all others.

use std::sync::Arc;

use guildhall_domain::{Action, AuditEvent, Resource, SessionId};

use crate::{
    Caller, Error,
    ports::{Clock, IdGenerator, Store, StoreError, UnitOfWork},
};

/// Ends sessions and records it.
#[derive(Clone)]
pub(crate) struct SessionEnder {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
}

impl SessionEnder {
    async fn end(&self, caller: &Caller, session: SessionId) -> Result<(), Error> {
        let mut work = self.store.begin().await?;
        if !work.sessions().remove(caller.user.id, session).await? {
            return Err(Error::NotFound);
        }
        self.record(&mut *work, caller, session).await?;
        Ok(work.commit().await?)
    }

    async fn end_others(&self, caller: &Caller) -> Result<usize, Error> {
        let mut work = self.store.begin().await?;
        let ended = work.sessions().remove_others(caller.user.id, caller.session.id).await?;
        for session in &ended {
            self.record(&mut *work, caller, *session).await?;
        }
        work.commit().await?;
        Ok(ended.len())
    }

    async fn record(
        &self,
        work: &mut dyn UnitOfWork,
        caller: &Caller,
        session: SessionId,
    ) -> Result<(), StoreError> {
        let event = AuditEvent::new(
            self.ids.audit_event_id(),
            caller.audit_actor(),
            Action::SessionEnded,
            Resource::Session(session),
            &caller.origin,
            self.clock.now(),
        );
        work.audit_log().append(&event).await
    }
}

/// Ends the session that the request was made with.
pub struct LogOut(pub(crate) SessionEnder);

impl LogOut {
    /// Signs out. The token is dead from then on.
    ///
    /// # Errors
    ///
    /// [`Error::NotAuthenticated`] when a twin of the request was quicker;
    /// failures of the store.
    #[tracing::instrument(level = "debug", name = "auth.log_out", skip_all)]
    pub async fn execute(&self, caller: &Caller) -> Result<(), Error> {
        match self.0.end(caller, caller.session.id).await {
            Err(Error::NotFound) => Err(Error::NotAuthenticated),
            other => other,
        }
    }
}

/// Ends one session of the caller's.
pub struct EndSession(pub(crate) SessionEnder);

impl EndSession {
    /// Ends it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when the caller has no such session; failures of the
    /// store.
    #[tracing::instrument(level = "debug", name = "auth.end_session", skip_all)]
    pub async fn execute(&self, caller: &Caller, session: SessionId) -> Result<(), Error> {
        self.0.end(caller, session).await
    }
}

/// Ends every session of the caller's but the one in use.
pub struct EndOtherSessions(pub(crate) SessionEnder);

impl EndOtherSessions {
    /// Ends them and says how many there were.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    #[tracing::instrument(level = "debug", name = "auth.end_other_sessions", skip_all)]
    pub async fn execute(&self, caller: &Caller) -> Result<usize, Error> {
        self.0.end_others(caller).await
    }
}

#[cfg(test)]
mod tests;
