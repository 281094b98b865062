//! Throw-away databases on both backends, for the tests of this crate and of
//! the server.
//!
//! A PostgreSQL cluster is started once for a test process, from whatever
//! PostgreSQL is installed, and is gone when the process is, however it ends.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "support for tests: what fails here is a failed test"
)]

mod cluster;
mod postgres_server;
mod write_protection;

use std::sync::{
    LazyLock, Mutex,
    atomic::{AtomicU32, Ordering},
};

use diesel::{
    RunQueryDsl,
    connection::SimpleConnection,
    dsl::sql,
    select,
    sql_types::{BigInt, Nullable, Text},
};

use crate::{
    Backend, DatabaseUrl, SqliteSynchronous,
    connection::{DbConnection, Purpose, on_backend},
    migrate,
};
use cluster::Cluster;
pub use postgres_server::PostgresServer;
pub use write_protection::WriteProtection;

/// The backends that can be tested here: both, or SQLite alone where no
/// PostgreSQL is installed, which is said on standard error.
///
/// # Panics
///
/// When there is no PostgreSQL and `GUILDHALL_REQUIRE_POSTGRES` is `1`.
#[must_use]
pub fn backends() -> Vec<Backend> {
    match Cluster::shared() {
        Some(_) => vec![Backend::Sqlite, Backend::Postgres],
        None => vec![Backend::Sqlite],
    }
}

/// A database of one's own, removed when it is dropped.
pub struct TestDatabase {
    url: DatabaseUrl,
    place: Place,
}

/// A transaction that is open until it is dropped. On SQLite nobody else writes
/// meanwhile.
pub struct WriteLock {
    _connection: DbConnection,
}

enum Place {
    Folder { _folder: tempfile::TempDir },
    Postgres { name: String },
    Elsewhere,
}

impl TestDatabase {
    /// A migrated database.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    #[must_use]
    pub fn new(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let database = Self::empty(backend);
                migrate(&database.url).expect("a new SQLite database can be migrated");
                database
            }
            Backend::Postgres => Self::postgres(TEMPLATE.as_str()),
        }
    }

    /// A database that was never migrated. On SQLite there is no file yet.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    #[must_use]
    pub fn empty(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder can be made");
                let url = DatabaseUrl::sqlite(&folder.path().join("guildhall.db"));
                Self { url, place: Place::Folder { _folder: folder } }
            }
            Backend::Postgres => Self::postgres("template0"),
        }
    }

    fn postgres(template: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let name = format!("guildhall_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let url = create_database(&name, template);
        Self { url, place: Place::Postgres { name } }
    }

    /// A database that somebody else makes and removes.
    #[must_use]
    pub const fn at(url: DatabaseUrl) -> Self {
        Self { url, place: Place::Elsewhere }
    }

    /// Where it is.
    #[must_use]
    pub const fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Where it is, as an operator would write it down.
    #[must_use]
    pub fn url_text(&self) -> String {
        self.url.to_string()
    }

    /// Begins to write, as another process would, and goes no further.
    ///
    /// # Panics
    ///
    /// When the database refuses.
    #[must_use]
    pub fn write_lock(&self) -> WriteLock {
        let mut connection = connect(&self.url);
        connection.begin().unwrap_or_else(|error| panic!("{}: {error}", self.url));
        WriteLock { _connection: connection }
    }

    /// Keeps its file from being opened to be written; none where nobody can be
    /// kept from that, or where it is no file.
    #[must_use]
    pub fn write_protection(&self) -> Option<WriteProtection> {
        self.url.sqlite_path().and_then(WriteProtection::of)
    }

    /// Runs SQL, several statements if need be.
    ///
    /// # Panics
    ///
    /// When the database refuses.
    pub fn execute(&self, statements: &str) {
        execute(&self.url, statements);
    }

    /// What an SQL expression, such as a query of one number, comes to.
    ///
    /// # Panics
    ///
    /// When the database refuses.
    #[must_use]
    pub fn number(&self, expression: &str) -> i64 {
        let query = select(sql::<BigInt>(&format!("({expression})")));
        on_backend!(&mut connect(&self.url), |c| query.get_result(c))
            .unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// What an SQL expression, such as a query of one text, comes to.
    ///
    /// # Panics
    ///
    /// When the database refuses.
    #[must_use]
    pub fn text(&self, expression: &str) -> Option<String> {
        let query = select(sql::<Nullable<Text>>(&format!("({expression})")));
        on_backend!(&mut connect(&self.url), |c| query.get_result(c))
            .unwrap_or_else(|error| panic!("{expression}: {error}"))
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Place::Postgres { name } = &self.place {
            execute(
                &Cluster::required().url("postgres"),
                &format!("DROP DATABASE {name} WITH (FORCE)"),
            );
        }
    }
}

/// The name of the migrated database that others are copied from.
static TEMPLATE: LazyLock<String> = LazyLock::new(|| {
    let name = "guildhall_template".to_owned();
    let url = create_database(&name, "template0");
    migrate(&url).expect("a new PostgreSQL database can be migrated");
    name
});

fn create_database(name: &str, template: &str) -> DatabaseUrl {
    // PostgreSQL copies a template for one at a time.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let cluster = Cluster::required();
    let turn = ONE_AT_A_TIME.lock();
    execute(&cluster.url("postgres"), &format!("CREATE DATABASE {name} TEMPLATE {template}"));
    drop(turn);
    cluster.url(name)
}

fn execute(url: &DatabaseUrl, statements: &str) {
    on_backend!(&mut connect(url), |c| c.batch_execute(statements))
        .unwrap_or_else(|error| panic!("{statements}: {error}"));
}

fn connect(url: &DatabaseUrl) -> DbConnection {
    DbConnection::establish(url, Purpose::Write, SqliteSynchronous::Normal)
        .unwrap_or_else(|error| panic!("{url}: {error}"))
}
