//! A connection to either database, how it is made, and how one query is
//! written for both.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use diesel::{
    Connection, PgConnection, QueryResult, RunQueryDsl, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    dsl::sql,
    result::{ConnectionError, Error},
    select,
    sql_types::BigInt,
};

use crate::{
    changes::Notice,
    database_url::DatabaseUrl,
    error::is_connection_loss,
    slow_statements::SlowStatements,
    standing_reader::StandingReader,
    tenancy::{self, Tenancy},
    watch::ErrorCounters,
};

/// A connection to one of the two databases.
pub(crate) enum DbConnection {
    /// To an SQLite file.
    Sqlite(SqliteConnection),
    /// To a PostgreSQL server.
    Postgres(PgConnection),
}

/// Runs the same code on whichever connection there is. It is a `match` and
/// nothing else: the code is checked against both.
macro_rules! on_backend {
    ($connection:expr, |$inner:ident| $body:expr) => {
        match $connection {
            $crate::connection::DbConnection::Sqlite($inner) => $body,
            $crate::connection::DbConnection::Postgres($inner) => $body,
        }
    };
}
pub(crate) use on_backend;

/// When SQLite waits for the disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SqliteSynchronous {
    /// At every commit: what was acknowledged survives a power failure.
    #[default]
    Full,
    /// At checkpoints: a power failure may undo the last commits, but leaves
    /// the database whole.
    Normal,
}

/// What a connection is for. PostgreSQL makes no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Statements that change nothing.
    Read,
    /// Anything.
    Write,
}

/// The changes of others are counted there; see `PRAGMA data_version`.
pub(crate) const DATA_VERSION: &str = "(SELECT data_version FROM pragma_data_version)";

/// How long SQLite waits for another process that writes.
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// No statement of Guildhall takes anywhere near this long; what does has lost
/// its client or waits for somebody who has.
const POSTGRES_SETTINGS: &str = "SET statement_timeout = '30s'; SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '60s'; SET timezone = 'UTC'";

impl DbConnection {
    /// Connects as the user of the address, for what changes the schema.
    /// Blocks.
    pub(crate) fn establish(
        url: &DatabaseUrl,
        purpose: Purpose,
        synchronous: SqliteSynchronous,
    ) -> Result<Self, ConnectionError> {
        Self::establish_with(url, purpose, synchronous, POSTGRES_SETTINGS)
    }

    /// Connects as the application, whom row-level security binds. Blocks.
    pub(crate) fn establish_bound(
        url: &DatabaseUrl,
        purpose: Purpose,
        synchronous: SqliteSynchronous,
    ) -> Result<Self, ConnectionError> {
        let settings = format!("{POSTGRES_SETTINGS}; {}", tenancy::TAKE_ROLE_ON);
        Self::establish_with(url, purpose, synchronous, &settings)
    }

    fn establish_with(
        url: &DatabaseUrl,
        purpose: Purpose,
        synchronous: SqliteSynchronous,
        postgres_settings: &str,
    ) -> Result<Self, ConnectionError> {
        if let Some(path) = url.sqlite_path() {
            return establish_sqlite(path, purpose, synchronous).map(Self::Sqlite);
        }
        let mut connection = PgConnection::establish(url.conninfo())?;
        connection
            .batch_execute(postgres_settings)
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(Self::Postgres(connection))
    }

    /// Has every statement from here on watched.
    pub(crate) fn watch(&mut self, watcher: SlowStatements) {
        on_backend!(self, |c| c.set_instrumentation(watcher));
    }

    /// Runs statements in a transaction of the installation.
    pub(crate) fn transaction<T>(
        &mut self,
        statements: impl FnOnce(&mut Self) -> QueryResult<T>,
    ) -> QueryResult<T> {
        self.begin()?;
        let outcome = statements(self);
        match &outcome {
            Ok(_) => self.commit(None)?,
            Err(_) => self.roll_back()?,
        }
        outcome
    }

    /// Begins a transaction that may write. On SQLite it takes the write lock
    /// at once: a transaction that asks for it later fails, whatever the
    /// timeout, when another has written in between; and Diesel is told of it, which
    /// inserts several rows there in a transaction, or in a part of one.
    pub(crate) fn begin(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
            Self::Postgres(c) => c.batch_execute(tenancy::BEGIN),
        }
    }

    /// Ends the transaction and keeps what it did. PostgreSQL tells other nodes of it in
    /// the same round trip.
    fn commit(&mut self, notice: Option<&Notice>) -> QueryResult<()> {
        match (self, notice) {
            (Self::Sqlite(c), _) => AnsiTransactionManager::commit_transaction(c),
            (Self::Postgres(c), None) => c.batch_execute("COMMIT"),
            (Self::Postgres(c), Some(notice)) => c.batch_execute(&format!("{notice}; COMMIT")),
        }
    }

    /// Ends the transaction and forgets what it did.
    fn roll_back(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(c) => AnsiTransactionManager::rollback_transaction(c),
            Self::Postgres(c) => c.batch_execute("ROLLBACK"),
        }
    }
}

/// Connects to an SQLite file.
pub(crate) fn establish_sqlite(
    path: &Path,
    purpose: Purpose,
    synchronous: SqliteSynchronous,
) -> Result<SqliteConnection, ConnectionError> {
    // Behind `./`, no path looks like a URI or like `:memory:`.
    let path = Path::new(".").join(path);
    let path = path.to_str().ok_or_else(|| {
        ConnectionError::BadConnection("the path of the file is not in Unicode".to_owned())
    })?;
    let mut connection = SqliteConnection::establish(path)?;
    let busy_timeout = SQLITE_BUSY_TIMEOUT.as_millis();
    let synchronous = match synchronous {
        SqliteSynchronous::Full => "FULL",
        SqliteSynchronous::Normal => "NORMAL",
    };
    let query_only = match purpose {
        Purpose::Read => "ON",
        Purpose::Write => "OFF",
    };
    // In kibibytes. There is one connection that writes, to places all over the indexes.
    // Others forget all pages when it has, and the system has them still.
    let cache = match purpose {
        Purpose::Read => 500,
        Purpose::Write => 32_000,
    };
    let settings = format!(
        "PRAGMA busy_timeout = {busy_timeout}; PRAGMA journal_mode = WAL; \
         PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = ON; \
         PRAGMA secure_delete = ON; PRAGMA cache_size = -{cache}; \
         PRAGMA query_only = {query_only}"
    );
    // The change to WAL does not heed the busy timeout.
    let give_up = Instant::now() + SQLITE_BUSY_TIMEOUT;
    loop {
        match connection.batch_execute(&settings) {
            Err(Error::DatabaseError(_, information))
                if information.message().contains("locked") && Instant::now() < give_up =>
            {
                thread::sleep(Duration::from_millis(10));
            }
            result => {
                return result
                    .map(|()| connection)
                    .map_err(ConnectionError::CouldntSetupConfiguration);
            }
        }
    }
}

/// Counts a connection for as long as it lives.
pub(crate) struct Counted(Arc<AtomicUsize>);

impl Counted {
    /// One more of those.
    pub(crate) fn new(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, SeqCst);
        Self(Arc::clone(open))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// A connection in a pool, which knows whether it may be used again, and what
/// it was told last.
pub(crate) struct Slot {
    connection: DbConnection,
    /// Which outages it has come after.
    generation: u32,
    is_lost: bool,
    in_transaction: bool,
    told: Option<Tenancy>,
    /// SQLite's count of the changes of others when it was asked last.
    data_version: Option<i64>,
    /// Where this connection writes to an SQLite file.
    standing: Option<StandingReader>,
    errors: Arc<ErrorCounters>,
    /// Dropped last, behind what it counts.
    _counted: Counted,
}

impl Slot {
    /// A fresh connection, whose errors are counted there, and who stays reading while it
    /// does not write.
    pub(crate) const fn new(
        connection: DbConnection,
        generation: u32,
        standing: Option<StandingReader>,
        errors: Arc<ErrorCounters>,
        counted: Counted,
    ) -> Self {
        Self {
            connection,
            generation,
            is_lost: false,
            in_transaction: false,
            told: None,
            data_version: None,
            standing,
            errors,
            _counted: counted,
        }
    }

    /// Which connections were made at about the same time.
    pub(crate) const fn generation(&self) -> u32 {
        self.generation
    }

    /// Whether the connection broke.
    pub(crate) const fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Whether the connection is lost, or still in a transaction: nobody may
    /// get it from the pool again.
    pub(crate) const fn is_spent(&self) -> bool {
        self.is_lost || self.in_transaction
    }

    /// Runs statements.
    pub(crate) fn run<T>(
        &mut self,
        statements: impl FnOnce(&mut DbConnection) -> QueryResult<T>,
    ) -> QueryResult<T> {
        statements(&mut self.connection).inspect_err(|error| {
            self.is_lost |= is_connection_loss(error);
            self.errors.count(error);
        })
    }

    /// Runs a query outside of any transaction, through those eyes.
    pub(crate) fn read<T>(
        &mut self,
        tenancy: Tenancy,
        query: impl FnOnce(&mut DbConnection) -> QueryResult<T>,
    ) -> QueryResult<T> {
        if tenancy != Tenancy::Anybody && self.told != Some(tenancy) {
            self.told = None;
            self.run(|connection| tenancy.tell(connection))?;
            self.told = tenancy.is_lasting().then_some(tenancy);
        }
        self.run(query)
    }

    /// Asks the database for a sign of life.
    pub(crate) fn ping(&mut self) -> QueryResult<()> {
        self.run(|connection| on_backend!(connection, |c| c.batch_execute("SELECT 1")))
    }

    /// Whether another connection has changed the SQLite file since this was asked last,
    /// or it never was.
    pub(crate) fn was_changed_elsewhere(&mut self) -> QueryResult<bool> {
        let version = self.run(|connection| match connection {
            DbConnection::Sqlite(c) => select(sql::<BigInt>(DATA_VERSION)).get_result(c),
            DbConnection::Postgres(_) => Ok(0),
        })?;
        Ok(self.data_version.replace(version) != Some(version))
    }

    /// Begins a transaction.
    pub(crate) fn begin(&mut self) -> QueryResult<()> {
        self.step_aside();
        let begun = self.run(DbConnection::begin);
        // Where it is more than one statement, the first may have worked.
        self.in_transaction |=
            begun.is_ok() || matches!(self.connection, DbConnection::Postgres(_));
        begun
    }

    /// Ends the transaction, keeps what it did, and tells other nodes.
    pub(crate) fn commit(&mut self, notice: Option<&Notice>) -> QueryResult<()> {
        self.run(|connection| connection.commit(notice))?;
        self.in_transaction = false;
        self.stand();
        Ok(())
    }

    /// Takes what was deleted out of the write-ahead log of SQLite too, if nobody
    /// is reading it; otherwise a later one does. PostgreSQL has no such means
    /// for the role of the application.
    pub(crate) fn scrub(&mut self) {
        self.step_aside();
        if let DbConnection::Sqlite(c) = &mut self.connection
            && let Err(error) = c.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")
        {
            tracing::debug!(%error, "the write-ahead log was not truncated");
        }
        self.stand();
    }

    /// Ends the transaction and forgets what it did.
    pub(crate) fn roll_back(&mut self) -> QueryResult<()> {
        self.connection.roll_back()?;
        self.in_transaction = false;
        self.stand();
        Ok(())
    }

    fn stand(&self) {
        if let Some(standing) = &self.standing {
            standing.stand();
        }
    }

    /// Whether somebody stays reading.
    #[cfg(test)]
    pub(crate) fn has_standing_reader(&self) -> bool {
        self.standing.as_ref().is_some_and(StandingReader::stands)
    }

    fn step_aside(&self) {
        if let Some(standing) = &self.standing {
            standing.step_aside();
        }
    }
}
