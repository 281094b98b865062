//! Uses of sessions that are written down together, now and then.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use guildhall_domain::{Session, SessionId};

use crate::{
    Error,
    ports::{SessionUse, Store},
};

/// How many uses one transaction writes down: fewer than whoever keeps copies wants to
/// have listed.
const BATCH: usize = 100;

/// How many sessions may wait for their use to be written down. Beyond that a use is
/// forgotten, and the next one counts.
const MOST: usize = 100_000;

/// Uses of sessions that wait to be written down: many in one transaction, for which no
/// request waits. A crash forgets those since the last time; the next use of each session
/// makes up for it.
pub struct SessionUses {
    store: Arc<dyn Store>,
    waiting: Mutex<HashMap<SessionId, SessionUse>>,
}

impl SessionUses {
    /// None waits so far.
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, waiting: Mutex::default() }
    }

    /// A session as its last use on this node left it, which may wait to be written down.
    pub(crate) fn latest(&self, session: Session) -> Session {
        match self.waiting().get(&session.id) {
            Some(used) if used.last_used_at > session.last_used_at => {
                Session { last_used_at: used.last_used_at, expires_at: used.expires_at, ..session }
            }
            _ => session,
        }
    }

    /// Has the last use of a session written down.
    pub(crate) fn note(&self, used: &Session) {
        let mut waiting = self.waiting();
        if waiting.len() < MOST || waiting.contains_key(&used.id) {
            waiting.insert(used.id, used.into());
        }
    }

    /// Writes down all uses that wait, and tells how many those were. What cannot be
    /// written waits on.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    pub async fn write(&self) -> Result<usize, Error> {
        let uses: Vec<_> = self.waiting().values().copied().collect();
        for batch in uses.chunks(BATCH) {
            let mut work = self.store.begin().await?;
            work.sessions().record_uses(batch).await?;
            work.commit().await?;
            // Not before it can be read: until then a session may seem to have expired.
            let mut waiting = self.waiting();
            for used in batch {
                if waiting.get(&used.session) == Some(used) {
                    waiting.remove(&used.session);
                }
            }
        }
        Ok(uses.len())
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<SessionId, SessionUse>> {
        // Nothing that panics is done under the lock.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
