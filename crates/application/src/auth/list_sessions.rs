//! The caller's own sessions.

use std::sync::Arc;

use guildhall_domain::Session;

use crate::{
    Caller, Error,
    ports::{Clock, SessionQueries},
};

/// Lists the caller's live sessions, newest first.
pub struct ListSessions {
    pub(crate) sessions: Arc<dyn SessionQueries>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl ListSessions {
    /// The sessions. The caller's own is the one with the id of
    /// [`Caller::session`].
    ///
    /// # Errors
    ///
    /// Failures of the store.
    #[tracing::instrument(level = "debug", name = "auth.list_sessions", skip_all)]
    pub async fn execute(&self, caller: &Caller) -> Result<Vec<Session>, Error> {
        Ok(self.sessions.live_of(caller.user.id, self.clock.now()).await?)
    }
}

#[cfg(test)]
mod tests {
    use guildhall_domain::UserRole;

    use super::*;
    use crate::{
        ports::StoreError,
        testing::{FixedClock, TestPorts, at, caller, session},
    };

    async fn list(answer: Result<Vec<Session>, StoreError>) -> Result<Vec<Session>, Error> {
        let caller = caller(UserRole::User);
        let id = caller.user.id;
        let mut ports = TestPorts { clock: FixedClock(at(60)), ..TestPorts::default() };
        ports
            .sessions
            .expect_live_of()
            .withf(move |user, now| (*user, *now) == (id, at(60)))
            .times(1)
            .return_once(move |_, _| answer);
        ports.into_use_cases().list_sessions.execute(&caller).await
    }

    #[tokio::test]
    async fn the_sessions_of_the_caller_that_live_now_are_listed() {
        let user = caller(UserRole::User).user.id;
        let sessions = vec![session(3, user), session(2, user)];
        assert_eq!(list(Ok(sessions.clone())).await.unwrap(), sessions);
    }

    #[tokio::test]
    async fn a_failing_store_is_no_empty_list() {
        let away = StoreError::Unavailable("away".to_owned());
        assert!(matches!(list(Err(away)).await, Err(Error::StoreUnavailable(_))));
    }
}
