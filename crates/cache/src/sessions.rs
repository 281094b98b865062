//! Sessions with their accounts, by the tokens that requests bear.

use std::sync::Arc;

use async_trait::async_trait;
use guildhall_application::ports::{
    AccountWithSession, Changed, Clock, SessionQueries, StoreError, TokenHash,
};
use guildhall_domain::{Session, Timestamp, UserId};

use crate::{
    shelf::{Footprint, Shelf},
    stamps::Mark,
};

/// Remembers who holds which token. What is no token of a session is not remembered.
pub(crate) struct CachedSessions {
    pub(crate) sessions: Arc<dyn SessionQueries>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) shelf: Arc<Shelf<TokenHash, AccountWithSession>>,
}

#[async_trait]
impl SessionQueries for CachedSessions {
    async fn by_token(&self, token: &TokenHash) -> Result<Option<AccountWithSession>, StoreError> {
        let now = self.clock.now();
        // Another node may have written down that one was used, by which it lives longer.
        if let Some(copy) = self.shelf.find(token, |found| found.session.is_live(now)) {
            return Ok(Some(copy.value.clone()));
        }
        let moment = self.shelf.moment();
        let found = self.sessions.by_token(token).await?;
        if let Some(found) = &found {
            self.shelf.keep(*token, found.clone(), moment, marks(found));
        }
        Ok(found)
    }

    async fn live_of(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        self.sessions.live_of(user, now).await
    }
}

/// The account, the session, and the home whose name is shown.
fn marks(found: &AccountWithSession) -> Box<[Mark]> {
    let user = &found.account.user;
    let home = user.home.map(Changed::Organization);
    let own = [Changed::Account(user.id), Changed::SessionUse(found.session.id)];
    own.into_iter().chain(home).map(Mark::from).collect()
}

impl Footprint for AccountWithSession {
    fn heap_bytes(&self) -> usize {
        let user = &self.account.user;
        // An address and a name are kept in two forms each, to show and to compare.
        let texts = 2 * (user.email.as_str().len() + user.name.as_str().len());
        let intended =
            user.intended_organization.as_ref().map_or(0, |name| 2 * name.as_str().len());
        let home = self.account.organization.as_ref().map_or(0, String::len);
        let agent = self.session.origin.user_agent.as_ref().map_or(0, String::len);
        texts + intended + home + agent
    }
}
