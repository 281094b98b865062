//! What commits change, told to whoever keeps copies: on this node by a call, on others
//! by PostgreSQL's `NOTIFY` in the transaction itself.

pub(crate) mod follow;
mod message;
mod people;

use std::{
    fmt,
    sync::{Arc, OnceLock},
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
    node: Uuid,
    observer: Arc<OnceLock<Arc<dyn ChangeObserver>>>,
}

impl Announcer {
    /// One that tells nobody on this node.
    #[expect(clippy::disallowed_methods, reason = "a mere name, that no other node has")]
    pub(crate) fn new() -> Self {
        let mut node = [0; 16];
        if let Err(error) = getrandom::fill(&mut node) {
            tracing::warn!(%error, "this node hears its own changes once more");
            node = [0; 16];
        }
        Self { node: Uuid::from_bytes(node), observer: Arc::default() }
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
        Message::of(self.node, changes).map(Notice)
    }

    /// Tells this node that they are about to be committed.
    pub(crate) fn committing(&self, changes: &Changes) -> Option<ChangeUnderWay> {
        let observer = self.observer().filter(|_| !changes.is_none())?;
        Some(observer.committing(changes))
    }
}
