//! The store as a whole: its pools, and what opens units of work.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use diesel::QueryResult;
use guildhall_application::ports::{ChangeObserver, Changes, Store, StoreError, UnitOfWork};
use guildhall_domain::UserId;

use crate::{
    changes::{Announcer, follow},
    connection::{DbConnection, Purpose, SqliteSynchronous},
    connections::{Connector, Shared},
    database_url::{Backend, DatabaseUrl},
    error::{OpenError, open_error},
    look_up::{Look, Through},
    look_up_queue::LookUpQueue,
    migrations,
    pool::{Pool, WaitBounds},
    session::SessionBatch,
    sqlite_hold::Hold,
    tenancy::Tenancy,
    unit_of_work::DieselUnitOfWork,
    watch::{DatabaseErrors, ErrorCounters, PoolState},
};

/// How the store uses its database.
#[derive(Debug, Clone, Copy)]
pub struct StoreOptions {
    /// The most connections that are open at a time. On SQLite these read, and
    /// one more writes.
    pub max_connections: u32,
    /// How long a request waits for a connection.
    pub acquire_timeout: Duration,
    /// How many requests may wait for one at a time; more are refused at once.
    pub queue: usize,
    /// When SQLite waits for the disk.
    pub sqlite_synchronous: SqliteSynchronous,
    /// How long a statement may take before it is logged; none is without it.
    pub slow_statement: Option<Duration>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            max_connections: 8,
            acquire_timeout: Duration::from_secs(5),
            queue: 1024,
            sqlite_synchronous: SqliteSynchronous::default(),
            slow_statement: Some(Duration::from_millis(500)),
        }
    }
}

/// The store on SQLite or PostgreSQL. Clones share their connections.
#[derive(Clone)]
pub struct DieselStore {
    url: DatabaseUrl,
    readers: Pool,
    writers: Pool,
    /// How PostgreSQL is asked what many requests ask.
    queued: Option<Queued>,
    errors: Arc<ErrorCounters>,
    slow_statements: Arc<AtomicU64>,
    announcer: Announcer,
    /// Keeps others from putting another file in the place of the SQLite file.
    _hold: Option<Arc<Hold>>,
}

/// What is looked up by workers, and the sessions among it, which go together.
#[derive(Clone)]
struct Queued {
    look_ups: Arc<LookUpQueue>,
    sessions: Arc<SessionBatch>,
}

impl Queued {
    fn new(pool: Pool) -> Self {
        let look_ups = Arc::new(LookUpQueue::new(pool));
        Self { sessions: Arc::new(SessionBatch::new(Arc::clone(&look_ups))), look_ups }
    }
}

impl DieselStore {
    /// Opens a database whose schema is the one that this version knows;
    /// [`migrate`](crate::migrate) brings it there. Blocks.
    ///
    /// # Errors
    ///
    /// [`OpenError`] when it cannot be reached, its schema is another, or its
    /// user is above row-level security.
    pub fn open(url: &DatabaseUrl, options: StoreOptions) -> Result<Self, OpenError> {
        let pending = migrations::pending(url)?;
        if !pending.is_empty() {
            return Err(OpenError::NotMigrated { url: url.to_string(), pending });
        }
        let hold = url.sqlite_path().map(Hold::shared).transpose()?;
        // Whether the user may bypass what keeps tenants apart is told now and
        // not by the first request.
        if url.backend() == Backend::Postgres {
            let synchronous = options.sqlite_synchronous;
            DbConnection::establish_bound(url, Purpose::Read, synchronous)
                .map_err(|error| open_error(url, error))?;
        }
        let errors = Arc::new(ErrorCounters::default());
        let slow_statements = Arc::new(AtomicU64::new(0));
        let pool = |name, purpose, size| {
            let synchronous = options.sqlite_synchronous;
            let errors = Arc::clone(&errors);
            let slow = options.slow_statement.map(|slow| (slow, Arc::clone(&slow_statements)));
            let shared = Arc::new(Shared::default());
            let url = url.clone();
            let connector = Connector { url, purpose, synchronous, errors, slow, shared };
            let bounds = WaitBounds { timeout: options.acquire_timeout, queue: options.queue };
            Pool::new(name, connector, size, bounds)
        };
        let backend = url.backend();
        let writers = match backend {
            Backend::Sqlite => pool("writer", Purpose::Write, 1),
            Backend::Postgres => pool("all", Purpose::Write, options.max_connections),
        };
        let readers = match backend {
            Backend::Sqlite => {
                pool("readers", Purpose::Read, options.max_connections).looking_up_in_place()
            }
            Backend::Postgres => writers.clone(),
        };
        let queued = (backend == Backend::Postgres).then(|| Queued::new(readers.clone()));
        Ok(Self {
            url: url.clone(),
            readers,
            writers,
            queued,
            errors,
            slow_statements,
            announcer: Announcer::new(),
            _hold: hold.map(Arc::new),
        })
    }

    /// Tells an observer what this store and its clones commit, from here on, before
    /// anybody else can see it. There can be one. What other processes commit it is told
    /// by [`follow_others`](Self::follow_others).
    pub fn announce_to(&self, observer: Arc<dyn ChangeObserver>) {
        self.announcer.tell(observer);
    }

    /// Tells the observer, if there is one, what other processes commit, within a second,
    /// for as long as this is polled. While it cannot be known, nobody vouches for it.
    pub async fn follow_others(self) {
        let Some(observer) = self.announcer.observer().cloned() else { return };
        match self.backend() {
            Backend::Sqlite => follow::on_sqlite(self.writers, observer).await,
            Backend::Postgres => follow::on_postgres(self.url, self.announcer, observer).await,
        }
    }

    /// Closes its connections and those of its clones, once whoever has one gave it back.
    /// With the last of them, SQLite puts its write-ahead log into the file and removes it;
    /// where this is not waited for, the log stays beside the file until that is opened
    /// again, and nothing is lost.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when it was closed already, as everything else that is
    /// asked of a closed store.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.readers.close().await?;
        match self.backend() {
            Backend::Sqlite => self.writers.close().await,
            Backend::Postgres => Ok(()),
        }
    }

    /// The connections that read.
    pub(crate) const fn readers(&self) -> &Pool {
        &self.readers
    }

    /// Where the database is.
    pub(crate) const fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Which of the two databases it is.
    pub(crate) fn backend(&self) -> Backend {
        self.url.backend()
    }

    /// The pools of connections.
    #[must_use]
    pub fn pool_states(&self) -> Vec<PoolState> {
        match self.backend() {
            Backend::Sqlite => vec![self.readers.state(), self.writers.state()],
            Backend::Postgres => vec![self.writers.state()],
        }
    }

    /// The errors of the database so far.
    #[must_use]
    pub fn errors(&self) -> DatabaseErrors {
        self.errors.so_far()
    }

    /// How many statements were logged because they were slow.
    #[must_use]
    pub fn slow_statements(&self) -> u64 {
        self.slow_statements.load(Relaxed)
    }

    /// Runs a query outside of any transaction; see [`Pool::read`].
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        tenancy: Tenancy,
        query: impl Fn(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.readers.read(tenancy, query).await
    }

    /// The rows, as the user sees them, of a query that an index answers at once and that
    /// many requests ask; see [`Pool::look_up`] and [`LookUpQueue`].
    pub(crate) async fn look_up<Q, T>(&self, user: UserId, query: Q) -> Result<Vec<T>, StoreError>
    where
        T: Send + 'static,
        Through<Q>: Look<T>,
    {
        let query = Through::new(user, query).look();
        match &self.queued {
            Some(Queued { look_ups, .. }) => look_ups.look_up(Tenancy::Anybody, query).await,
            None => self.readers.look_up(Tenancy::Anybody, query).await,
        }
    }

    /// Where sessions are looked up together, if they are.
    pub(crate) fn session_batch(&self) -> Option<&Arc<SessionBatch>> {
        self.queued.as_ref().map(|queued| &queued.sessions)
    }

    /// Runs statements of the installation, which change that, in a transaction of
    /// their own.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        changes: Changes,
        statements: impl FnOnce(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.write_telling(changes, |connection, _| statements(connection)).await
    }

    /// The same, of statements that may find out that more is changed.
    pub(crate) async fn write_telling<T: Send + 'static>(
        &self,
        changes: Changes,
        statements: impl FnOnce(&mut DbConnection, &mut Changes) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let transaction = self.writers.begin().await?;
        transaction.commit(self.announcer.clone(), changes, false, statements).await
    }
}

#[async_trait]
impl Store for DieselStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let transaction = self.writers.begin().await?;
        Ok(Box::new(DieselUnitOfWork::new(transaction, self.announcer.clone())))
    }
}
