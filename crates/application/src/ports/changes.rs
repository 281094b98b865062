//! What is told to whoever keeps copies of what queries answered.

use std::{collections::BTreeSet, time::Instant};

use guildhall_domain::{OrganizationId, SessionId, UserId};

/// Something that a transaction changed, in the units in which copies are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Changed {
    /// A user's account, or which sessions they have.
    Account(UserId),
    /// Of which organizations a user is a member, or their role in one.
    Memberships(UserId),
    /// An organization itself, with what is counted in it.
    Organization(OrganizationId),
    /// The account, or the sessions, of somebody who is a member of an organization.
    People(OrganizationId),
    /// The same of somebody who is a member of too many to be named.
    PeopleAnywhere,
    /// When a session was used last. It makes no session end sooner, so that it
    /// matters to no other node.
    SessionUse(SessionId),
    /// When the service was up.
    ServingPeriods,
}

/// All that a transaction changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// This, and nothing else.
    Only(BTreeSet<Changed>),
    /// More than anybody wants to list.
    Everything,
}

impl Changes {
    /// The most that are listed one by one.
    pub const MOST: usize = 128;

    /// No change.
    #[must_use]
    pub const fn none() -> Self {
        Self::Only(BTreeSet::new())
    }

    /// Whether nothing was changed.
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(self, Self::Only(changes) if changes.is_empty())
    }

    /// Adds one.
    pub fn add(&mut self, change: Changed) {
        if let Self::Only(changes) = self {
            changes.insert(change);
            if changes.len() > Self::MOST {
                *self = Self::Everything;
            }
        }
    }
}

impl FromIterator<Changed> for Changes {
    fn from_iter<I: IntoIterator<Item = Changed>>(changes: I) -> Self {
        let mut all = Self::none();
        changes.into_iter().for_each(|change| all.add(change));
        all
    }
}

/// Ends a change that was announced, when it is dropped.
pub type ChangeUnderWay = Box<dyn Send>;

/// Somebody who keeps copies of what queries answered, and must know what changes.
///
/// A store tells it of its own commits before they can be seen, and of those of
/// other processes soon after. For how long the latter can be relied on it is told
/// too: what nobody vouches for is not to be used.
pub trait ChangeObserver: Send + Sync {
    /// This process is about to commit that. Until what is returned is dropped, after
    /// the commit or because there was none, copies of it are neither used nor made.
    fn committing(&self, changes: &Changes) -> ChangeUnderWay;

    /// Another process has committed that.
    fn committed_elsewhere(&self, changes: &Changes);

    /// Whatever other processes commit before that moment is told in time. Nothing is
    /// vouched for before the first call.
    fn vouch_until(&self, moment: Instant);
}
