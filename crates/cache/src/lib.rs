//! Copies of what Guildhall's queries answered, kept in memory for as long as they are
//! right: a decorator over the query ports of [`guildhall_application`].
//!
//! A store that [announces its changes](guildhall_application::ports::ChangeObserver) to
//! [`Cache::observer`] makes them exact: no copy outlives the commit that changes what
//! it shows, on the node that commits. What other nodes change is told by the store as
//! soon as it learns of it, and while it cannot, no copy is used.

mod organizations;
mod sessions;
mod shelf;
mod stamps;
mod stats;

use std::{fmt, sync::Arc, time::Duration};

use guildhall_application::{
    Access, Ports,
    caller::Viewer,
    ports::{
        AccountWithSession, ChangeObserver, Clock, OrganizationQueries, SessionQueries,
        StatsQueries, TokenHash,
    },
};
use guildhall_domain::{OrganizationId, UserId};

pub use crate::shelf::ShelfState;
use crate::{
    organizations::{CachedOrganizations, ListHead},
    sessions::CachedSessions,
    shelf::Shelf,
    stamps::{Observer, Stamps},
    stats::{CachedStats, Numbers, Periods},
};

/// The oldest copy that is used: what is changed past every node, by hand in the
/// database, is seen after that.
const OLDEST: Duration = Duration::from_mins(1);

/// How the cache is, and what it has done since the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheState {
    /// Whether it is in use: the store tells it what other nodes change.
    pub is_on: bool,
    /// How many changes it was told of.
    pub changes: u64,
    /// Its parts.
    pub shelves: Vec<ShelfState>,
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is in it is not to be shown.
        f.debug_tuple("Cache").field(&self.state()).finish()
    }
}

/// Copies in a bounded amount of memory. Clones are the same cache.
#[derive(Clone)]
pub struct Cache {
    stamps: Arc<Stamps>,
    sessions: Arc<Shelf<TokenHash, AccountWithSession>>,
    lists: Arc<Shelf<UserId, ListHead>>,
    accesses: Arc<Shelf<(Viewer, OrganizationId), Access>>,
    numbers: Arc<Shelf<Viewer, Numbers>>,
    periods: Arc<Shelf<(), Periods>>,
}

impl Cache {
    /// An empty cache for copies of so many bytes, beside one and a half MB of its own.
    #[must_use]
    pub fn new(most_bytes: u64) -> Self {
        let stamps = Arc::new(Stamps::new());
        let tenths = |tenths: u64| most_bytes / 10 * tenths;
        Self {
            sessions: Arc::new(Shelf::new(Arc::clone(&stamps), tenths(5), 700, OLDEST)),
            lists: Arc::new(Shelf::new(Arc::clone(&stamps), tenths(3), 400, OLDEST)),
            accesses: Arc::new(Shelf::new(Arc::clone(&stamps), tenths(1), 600, OLDEST)),
            numbers: Arc::new(Shelf::new(Arc::clone(&stamps), tenths(1), 250, OLDEST)),
            periods: Arc::new(Shelf::new(Arc::clone(&stamps), 1_000_000, 10_000, OLDEST)),
            stamps,
        }
    }

    /// Whom the store tells what changes.
    #[must_use]
    pub fn observer(&self) -> Arc<dyn ChangeObserver> {
        Arc::new(Observer(Arc::clone(&self.stamps)))
    }

    /// The same ports, with the cache before those queries of which it keeps copies.
    /// The store behind them must tell its [`observer`](Self::observer).
    #[must_use]
    pub fn before(&self, ports: Ports) -> Ports {
        let organizations = self.before_organizations(ports.organizations);
        Ports {
            sessions: self.before_sessions(ports.sessions, Arc::clone(&ports.clock)),
            stats: self.before_stats(ports.stats, Arc::clone(&organizations)),
            organizations,
            ..ports
        }
    }

    /// Sessions, through the cache.
    #[must_use]
    pub fn before_sessions(
        &self,
        sessions: Arc<dyn SessionQueries>,
        clock: Arc<dyn Clock>,
    ) -> Arc<dyn SessionQueries> {
        Arc::new(CachedSessions { sessions, clock, shelf: Arc::clone(&self.sessions) })
    }

    /// Organizations, through the cache.
    #[must_use]
    pub fn before_organizations(
        &self,
        organizations: Arc<dyn OrganizationQueries>,
    ) -> Arc<dyn OrganizationQueries> {
        Arc::new(CachedOrganizations {
            organizations,
            lists: Arc::clone(&self.lists),
            accesses: Arc::clone(&self.accesses),
        })
    }

    /// Stats, through the cache; the organizations that they are of, too.
    #[must_use]
    pub fn before_stats(
        &self,
        stats: Arc<dyn StatsQueries>,
        organizations: Arc<dyn OrganizationQueries>,
    ) -> Arc<dyn StatsQueries> {
        Arc::new(CachedStats {
            stats,
            organizations,
            numbers: Arc::clone(&self.numbers),
            periods: Arc::clone(&self.periods),
        })
    }

    /// Gives back the memory of copies that are too old to be used. For whoever holds the
    /// cache to call about once a minute; without it they stay until others need the room.
    pub fn forget_old(&self) {
        self.sessions.forget_old();
        self.lists.forget_old();
        self.accesses.forget_old();
        self.numbers.forget_old();
        self.periods.forget_old();
    }

    /// How it is.
    #[must_use]
    pub fn state(&self) -> CacheState {
        CacheState {
            is_on: self.stamps.are_vouched_for(),
            changes: self.stamps.told(),
            shelves: vec![
                self.sessions.state("sessions"),
                self.lists.state("organizations"),
                self.accesses.state("accesses"),
                self.numbers.state("stats"),
                self.periods.state("serving_periods"),
            ],
        }
    }
}

#[cfg(test)]
mod tests;
