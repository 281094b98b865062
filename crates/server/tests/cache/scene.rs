//! A store with a cache before it, each of whose answers is compared with the store's
//! own, and so is every answer that it gave before.

use std::{
    collections::HashMap,
    fmt::Debug,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use guildhall_application::{
    Access, PageRequest, Scope,
    caller::Viewer,
    ports::{
        AccountWithSession, OrganizationQueries, OrganizationSummary, SessionQueries, StatsQueries,
        StatsSnapshot, StoreError, TokenHash,
    },
    testing::{FixedClock, at},
};
use guildhall_cache::Cache;
use guildhall_domain::{OrganizationId, ServingPeriod, Session, Timestamp, UserId};
use guildhall_persistence::{
    Backend, DieselStore, SqliteSynchronous, StoreOptions,
    testing::{TestDatabase, backends},
};

/// How often a difference is looked at again: others may be changing what is asked for.
const LOOKS: u32 = 200;

/// Questions that were asked, once each.
type Asked<K> = Mutex<HashMap<String, K>>;

/// Asks the cache and the store, and compares.
pub(crate) struct Checked {
    cached_sessions: Arc<dyn SessionQueries>,
    cached_organizations: Arc<dyn OrganizationQueries>,
    cached_stats: Arc<dyn StatsQueries>,
    store: DieselStore,
    tokens: Asked<TokenHash>,
    pages: Asked<(Viewer, PageRequest)>,
    accesses: Asked<(Viewer, OrganizationId)>,
    stats: Asked<(Viewer, Timestamp, Timestamp)>,
}

/// A store, the cache before it, and the check on both.
pub(crate) struct Scene {
    pub(crate) store: DieselStore,
    pub(crate) cache: Cache,
    pub(crate) checked: Arc<Checked>,
    _database: TestDatabase,
}

impl Scene {
    /// An empty one, if there is such a database here.
    pub(crate) fn on(backend: Backend) -> Option<Self> {
        if !backends().contains(&backend) {
            return None;
        }
        let database = TestDatabase::new(backend);
        let sqlite_synchronous = SqliteSynchronous::Normal;
        let options = StoreOptions { sqlite_synchronous, ..StoreOptions::default() };
        let store = DieselStore::open(database.url(), options).unwrap();
        let cache = Cache::new(8_000_000);
        store.announce_to(cache.observer());
        // There is nobody else.
        cache.observer().vouch_until(Instant::now() + Duration::from_hours(1));
        let clock = Arc::new(FixedClock(at(0)));
        let cached_organizations = cache.before_organizations(Arc::new(store.clone()));
        let checked = Arc::new(Checked {
            cached_sessions: cache.before_sessions(Arc::new(store.clone()), clock),
            cached_stats: cache.before_stats(Arc::new(store.clone()), cached_organizations.clone()),
            cached_organizations,
            store: store.clone(),
            tokens: Asked::default(),
            pages: Asked::default(),
            accesses: Asked::default(),
            stats: Asked::default(),
        });
        Some(Self { store, cache, checked, _database: database })
    }
}

impl Checked {
    /// Asks everything again that was asked so far.
    pub(crate) async fn check(&self) {
        for token in all(&self.tokens) {
            alike(
                "a session",
                || self.cached_sessions.by_token(&token),
                || self.store.by_token(&token),
            )
            .await;
        }
        for (viewer, page) in all(&self.pages) {
            alike(
                "a list",
                || self.cached_organizations.accessible_to(viewer, page),
                || OrganizationQueries::accessible_to(&self.store, viewer, page),
            )
            .await;
        }
        for (viewer, id) in all(&self.accesses) {
            alike(
                "an organization",
                || self.cached_organizations.access(viewer, id),
                || self.store.access(viewer, id),
            )
            .await;
        }
        for (viewer, now, active_since) in all(&self.stats) {
            alike(
                "stats",
                || self.cached_stats.snapshot(viewer, now, active_since),
                || self.store.snapshot(viewer, now, active_since),
            )
            .await;
        }
    }
}

fn note<K: Debug>(asked: &Asked<K>, name: String, question: K) {
    asked.lock().unwrap().insert(name, question);
}

fn all<K: Copy>(asked: &Asked<K>) -> Vec<K> {
    asked.lock().unwrap().values().copied().collect()
}

/// Asserts that two come to the same, at some moment at which nobody changes it.
async fn alike<T, F, G>(what: &str, cached: impl Fn() -> F, stored: impl Fn() -> G)
where
    T: PartialEq + Debug,
    F: Future<Output = Result<T, StoreError>>,
    G: Future<Output = Result<T, StoreError>>,
{
    let mut looks = 0;
    loop {
        let (cached, stored) = (cached().await.unwrap(), stored().await.unwrap());
        if cached == stored {
            return;
        }
        looks += 1;
        assert!(looks < LOOKS, "{what} is no longer right: {cached:?}, and not {stored:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[async_trait]
impl SessionQueries for Checked {
    async fn by_token(&self, token: &TokenHash) -> Result<Option<AccountWithSession>, StoreError> {
        note(&self.tokens, format!("{:?}", token.as_bytes()), *token);
        self.check().await;
        self.cached_sessions.by_token(token).await
    }

    async fn live_of(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        self.check().await;
        self.cached_sessions.live_of(user, now).await
    }
}

#[async_trait]
impl OrganizationQueries for Checked {
    async fn accessible_to(
        &self,
        viewer: Viewer,
        page: PageRequest,
    ) -> Result<Vec<OrganizationSummary>, StoreError> {
        note(&self.pages, format!("{viewer:?} {page:?}"), (viewer, page));
        self.check().await;
        self.cached_organizations.accessible_to(viewer, page).await
    }

    async fn access(
        &self,
        viewer: Viewer,
        id: OrganizationId,
    ) -> Result<Option<Access>, StoreError> {
        note(&self.accesses, format!("{viewer:?} {id:?}"), (viewer, id));
        self.check().await;
        self.cached_organizations.access(viewer, id).await
    }

    async fn any_exists(&self) -> Result<bool, StoreError> {
        self.cached_organizations.any_exists().await
    }
}

#[async_trait]
impl StatsQueries for Checked {
    async fn snapshot(
        &self,
        viewer: Viewer,
        now: Timestamp,
        active_since: Timestamp,
    ) -> Result<StatsSnapshot, StoreError> {
        note(&self.stats, format!("{viewer:?} {now:?}"), (viewer, now, active_since));
        self.check().await;
        self.cached_stats.snapshot(viewer, now, active_since).await
    }

    async fn snapshot_of(
        &self,
        scope: &Scope,
        now: Timestamp,
        active_since: Timestamp,
    ) -> Result<StatsSnapshot, StoreError> {
        self.cached_stats.snapshot_of(scope, now, active_since).await
    }

    async fn serving_periods(
        &self,
        since: Timestamp,
    ) -> Result<(Timestamp, Vec<ServingPeriod>), StoreError> {
        let cached = self.cached_stats.serving_periods(since).await?;
        assert_eq!(cached, self.store.serving_periods(since).await?);
        Ok(cached)
    }
}
