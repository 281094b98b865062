//! The numbers of the stats page.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use chrono::TimeDelta;
use guildhall_application::{
    PageRequest, Scope,
    caller::Viewer,
    ports::{Changed, OrganizationQueries, StatsQueries, StatsSnapshot, StoreError},
};
use guildhall_domain::{ServingPeriod, Timestamp};

use crate::{
    organizations::LONGEST,
    shelf::{Footprint, Shelf},
    stamps::Mark,
};

/// For how many times the time that it took to count are numbers used of which it is not
/// known what changes them. Counting them for somebody takes a tenth of the processors at
/// most: where several requests count at the same time, it takes each of them longer.
const WORTH: u32 = 10;

/// For how long what passes with time alone, such as a session that ends, may go
/// unnoticed.
const STANDING: TimeDelta = TimeDelta::minutes(1);

/// Numbers as they were counted.
#[derive(Clone)]
pub(crate) struct Numbers {
    snapshot: StatsSnapshot,
    /// The moment for which they were counted.
    now: Timestamp,
    /// Until when they are used, where it is not known what changes them.
    until: Option<Instant>,
}

/// When the service was up, from some time on.
#[derive(Clone)]
pub(crate) struct Periods {
    installed_at: Timestamp,
    since: Timestamp,
    all: Arc<[ServingPeriod]>,
}

/// Remembers the numbers of members, which change with their organizations and the
/// people in them, and for a little while those of whoever sees more than can be named.
pub(crate) struct CachedStats {
    pub(crate) stats: Arc<dyn StatsQueries>,
    pub(crate) organizations: Arc<dyn OrganizationQueries>,
    pub(crate) numbers: Arc<Shelf<Viewer, Numbers>>,
    pub(crate) periods: Arc<Shelf<(), Periods>>,
}

impl CachedStats {
    /// What the numbers of a viewer are made of; none where that is too much.
    async fn made_of(&self, viewer: Viewer) -> Result<Option<Box<[Mark]>>, StoreError> {
        if viewer.sees_everything() {
            return Ok(None);
        }
        let limit = u32::try_from(LONGEST + 1).unwrap_or(u32::MAX);
        let page = PageRequest { after: None, limit };
        let organizations = self.organizations.accessible_to(viewer, page).await?;
        if organizations.len() > LONGEST {
            return Ok(None);
        }
        let each = organizations.iter().flat_map(|organization| {
            [Changed::Organization(organization.id), Changed::People(organization.id)]
        });
        let own = [Changed::Memberships(viewer.user()), Changed::PeopleAnywhere];
        Ok(Some(own.into_iter().chain(each).map(Mark::from).collect()))
    }
}

#[async_trait]
impl StatsQueries for CachedStats {
    async fn snapshot(
        &self,
        viewer: Viewer,
        now: Timestamp,
        active_since: Timestamp,
    ) -> Result<StatsSnapshot, StoreError> {
        let is_used = |numbers: &Numbers| {
            (numbers.now..numbers.now + STANDING).contains(&now)
                && numbers.until.is_none_or(|until| Instant::now() < until)
        };
        if let Some(copy) = self.numbers.find(&viewer, is_used) {
            return Ok(copy.value.snapshot);
        }
        let moment = self.numbers.moment();
        let made_of = self.made_of(viewer).await?;
        let begun = Instant::now();
        let snapshot = self.stats.snapshot(viewer, now, active_since).await?;
        let until = made_of.is_none().then(|| begun + begun.elapsed() * WORTH);
        let numbers = Numbers { snapshot, now, until };
        self.numbers.keep(viewer, numbers, moment, made_of.unwrap_or_default());
        Ok(snapshot)
    }

    async fn snapshot_of(
        &self,
        scope: &Scope,
        now: Timestamp,
        active_since: Timestamp,
    ) -> Result<StatsSnapshot, StoreError> {
        self.stats.snapshot_of(scope, now, active_since).await
    }

    async fn serving_periods(
        &self,
        since: Timestamp,
    ) -> Result<(Timestamp, Vec<ServingPeriod>), StoreError> {
        if let Some(copy) = self.periods.find(&(), |known| known.since <= since) {
            let Periods { installed_at, all, .. } = &copy.value;
            let reaching = all.iter().filter(|period| period.last_seen_at >= since);
            return Ok((*installed_at, reaching.copied().collect()));
        }
        let moment = self.periods.moment();
        let (installed_at, periods) = self.stats.serving_periods(since).await?;
        let copy = Periods { installed_at, since, all: periods.as_slice().into() };
        self.periods.keep((), copy, moment, Box::new([Changed::ServingPeriods.into()]));
        Ok((installed_at, periods))
    }
}

impl Footprint for Numbers {
    fn heap_bytes(&self) -> usize {
        0
    }
}

impl Footprint for Periods {
    fn heap_bytes(&self) -> usize {
        size_of_val(&*self.all)
    }
}
