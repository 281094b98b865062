//! What commits change, told to whoever keeps copies: on this node by a call, on others
//! by PostgreSQL's `NOTIFY` in the transaction itself.

pub(crate) mod follow;
mod message;
mod people;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use guildhall_application::ports::{ChangeObserver, ChangeUnderWay, Changes};
use uuid::Uuid;

use self::message::{CHANNEL, Message};
pub(crate) use self::people::{accounts, add_organizations};

/// The statement of PostgreSQL that has a transaction tell other nodes when it is committed.
#[derive(Debug)]
pub(crate) struct Notice(Message);

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NOTIFY {CHANNEL}, '{}'", self.0)
    }
}

/// Tells of changes. Clones are of the same store.
#[derive(Clone)]
pub(crate) struct Announcer {
    /// By which a node knows its own messages; nil where it cannot.
    node: Arc<Mutex<Uuid>>,
    observer: Arc<OnceLock<Arc<dyn ChangeObserver>>>,
}

impl Announcer {
    /// One that tells nobody on this node.
    pub(crate) fn new() -> Self {
        Self { node: Arc::new(Mutex::new(new_name())), observer: Arc::default() }
    }

    fn node(&self) -> MutexGuard<'_, Uuid> {
        // Nothing that panics is done under the lock.
        self.node.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what this node has sent until now for messages of another. A commit of which
    /// no answer came may be done later than this node has told itself of it.
    pub(crate) fn disown(&self) {
        let name = new_name();
        *self.node() = name;
    }

    /// Whether a message is of this node, which knows of those changes.
    fn has_sent(&self, message: &Message) -> bool {
        let node = *self.node();
        message.node == node && !node.is_nil()
    }

    /// Whom changes are told on this node, if anybody.
    pub(crate) fn observer(&self) -> Option<&Arc<dyn ChangeObserver>> {
        self.observer.get()
    }

    /// Tells that observer from here on. There can be one.
    pub(crate) fn tell(&self, observer: Arc<dyn ChangeObserver>) {
        if self.observer.set(observer).is_err() {
            tracing::error!("what changes is told to another observer already");
        }
    }

    /// What other nodes are told of them, if they matter to any.
    pub(crate) fn notice(&self, changes: &Changes) -> Option<Notice> {
        Message::of(*self.node(), changes).map(Notice)
    }

    /// Tells this node that they are about to be committed.
    pub(crate) fn committing(&self, changes: &Changes) -> Option<ChangeUnderWay> {
        let observer = self.observer().filter(|_| !changes.is_none())?;
        Some(observer.committing(changes))
    }
}

#[expect(clippy::disallowed_methods, reason = "a mere name, that no other node has")]
fn new_name() -> Uuid {
    let mut name = [0; 16];
    if let Err(error) = getrandom::fill(&mut name) {
        tracing::warn!(%error, "this node hears its own changes once more");
        name = [0; 16];
    }
    Uuid::from_bytes(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_a_nodes_own_until_it_is_disowned() {
        let (announcer, other) = (Announcer::new(), Announcer::new());
        let sent = announcer.notice(&Changes::Everything).unwrap().0;
        assert!(announcer.clone().has_sent(&sent) && !other.has_sent(&sent));
        announcer.clone().disown();
        assert!(!announcer.has_sent(&sent));
        let sent = announcer.notice(&Changes::Everything).unwrap().0;
        assert!(announcer.has_sent(&sent));
        let nameless = Message { node: Uuid::nil(), changes: Changes::Everything };
        assert!(!Announcer { node: Arc::default(), ..other }.has_sent(&nameless));
    }
}
