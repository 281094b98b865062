//! A connection to either database, how it is made, and how one query is
//! written for both.

use std::{
    path::Path,
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

use crate::{changes::Notice, database_url::DatabaseUrl, slow_statements::SlowStatements, tenancy};

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

/// How long SQLite waits for another process that writes.
pub(crate) const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(5);

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
    pub(crate) fn commit(&mut self, notice: Option<&Notice>) -> QueryResult<()> {
        match (self, notice) {
            (Self::Sqlite(c), _) => AnsiTransactionManager::commit_transaction(c),
            (Self::Postgres(c), None) => c.batch_execute("COMMIT"),
            (Self::Postgres(c), Some(notice)) => c.batch_execute(&format!("{notice}; COMMIT")),
        }
    }

    /// Ends the transaction and forgets what it did.
    pub(crate) fn roll_back(&mut self) -> QueryResult<()> {
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

/// What is another number when anybody but this connection has changed the SQLite file; see
/// `PRAGMA data_version`.
pub(crate) fn data_version(connection: &mut SqliteConnection) -> QueryResult<i64> {
    select(sql::<BigInt>("(SELECT data_version FROM pragma_data_version)")).get_result(connection)
}
