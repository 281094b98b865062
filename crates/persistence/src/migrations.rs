//! Brings a database to the schema that this version knows, and tells how far
//! it is from it.

use std::{error::Error, path::Path};

use diesel::{
    QueryResult, QueryableByName, RunQueryDsl, SqliteConnection,
    backend::Backend,
    connection::{Connection, SimpleConnection},
    dsl::sql,
    migration::{Migration, MigrationSource},
    pg::Pg,
    select, sql_query,
    sql_types::{Bool, Text},
    sqlite::Sqlite,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::{
    audit,
    connection::{DbConnection, Purpose, SqliteSynchronous, on_backend},
    database_url::{self, DatabaseUrl},
    error::{OpenError, inaccessible, open_error, unusable},
    sqlite_file,
    sqlite_hold::Hold,
};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The lock under which one node migrates while the others wait, however long.
/// A plain owner of the tables is bound by row-level security too, and would
/// migrate no row of a tenant's.
pub(crate) const POSTGRES_LOCK: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
     SET LOCAL guildhall.actor = 'system'; SELECT pg_advisory_xact_lock(7455559029447483756)";

/// Changes nothing, but is a write: whether the file can be written is told at the
/// start, even if there is nothing to migrate.
const TRIAL_OF_SQLITE: &str = "UPDATE installation SET id = id";

/// What [`migrate`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationReport {
    /// The names of the migrations that were run, in order.
    pub applied: Vec<String>,
    /// How many migrations the database has now.
    pub total: usize,
}

/// Runs every migration that the database lacks, in one transaction under a
/// lock, so that many processes may start at once. Creates the SQLite file and
/// its folder where they are missing, readable for nobody else. Blocks.
///
/// # Errors
///
/// [`OpenError`] when the database cannot be reached, was migrated by a newer
/// version, or cannot be written; it is then as it was.
pub fn migrate(url: &DatabaseUrl) -> Result<MigrationReport, OpenError> {
    let _hold = url.sqlite_path().map(make_and_hold).transpose()?;
    migrate_held(url)
}

/// Makes the file where it is missing, so that nobody replaces it from here on.
fn make_and_hold(path: &Path) -> Result<Hold, OpenError> {
    sqlite_file::create_folder(path).map_err(|error| inaccessible(path, &error))?;
    let hold = Hold::shared(path)?;
    sqlite_file::create(path).map_err(|error| inaccessible(path, &error))?;
    Ok(hold)
}

/// The same for whoever holds the file, which exists.
pub(crate) fn migrate_held(url: &DatabaseUrl) -> Result<MigrationReport, OpenError> {
    let mut connection = connect(url, Purpose::Write)?;
    let report = match &mut connection {
        DbConnection::Sqlite(connection) => connection.immediate_transaction(|connection| {
            let report = run_pending(connection, &SQLITE)?;
            connection.batch_execute(TRIAL_OF_SQLITE)?;
            Ok(report)
        }),
        DbConnection::Postgres(connection) => connection.transaction(|connection| {
            connection.batch_execute(POSTGRES_LOCK)?;
            run_pending(connection, &POSTGRES)
        }),
    };
    let report = report.map_err(|failure: Failure| failure.explain(url))?;
    audit::number_all(&mut connection)
        .and_then(|()| connection.transaction(audit::make_room))
        .map_err(|error| Failure::from(error).explain(url))
        .map(|()| report)
}

/// The names of the migrations that the database lacks, in order. Changes
/// nothing, and creates no file. Blocks.
///
/// # Errors
///
/// [`OpenError`] when the database cannot be reached, or was migrated by a
/// newer version.
pub fn pending(url: &DatabaseUrl) -> Result<Vec<String>, OpenError> {
    let applied = match url.sqlite_path() {
        Some(path) if !path.exists() => Ok(Vec::new()),
        _ => applied_versions(&mut connect(url, Purpose::Read)?),
    };
    let names_lacking = |applied: Vec<String>| match url.backend() {
        database_url::Backend::Sqlite => Ok(names(&lacking::<Sqlite>(&SQLITE, &applied)?)),
        database_url::Backend::Postgres => Ok(names(&lacking::<Pg>(&POSTGRES, &applied)?)),
    };
    applied.map_err(Failure::from).and_then(names_lacking).map_err(|failure| failure.explain(url))
}

/// Whether a database was ever migrated by a Guildhall that this one knows, and
/// by none that is newer. Changes nothing.
pub(crate) fn is_known(connection: SqliteConnection, url: &DatabaseUrl) -> Result<bool, OpenError> {
    let applied = applied_versions(&mut DbConnection::Sqlite(connection)).map_err(Failure::from);
    applied
        .and_then(|applied| {
            lacking::<Sqlite>(&SQLITE, &applied)?;
            Ok(!applied.is_empty())
        })
        .map_err(|failure| failure.explain(url))
}

/// Why a migration did not happen.
enum Failure {
    /// The database has a migration of this version, which is not known.
    Newer(String),
    /// What the database says.
    Other(String),
}

impl Failure {
    fn explain(self, url: &DatabaseUrl) -> OpenError {
        match self {
            Self::Newer(version) => OpenError::NewerSchema { url: url.to_string(), version },
            Self::Other(reason) => unusable(url, reason),
        }
    }
}

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        Self::Other(error.to_string())
    }
}

impl From<Box<dyn Error + Send + Sync>> for Failure {
    fn from(error: Box<dyn Error + Send + Sync>) -> Self {
        Self::Other(error.to_string())
    }
}

type Migrations<DB> = Vec<Box<dyn Migration<DB>>>;

fn run_pending<C: MigrationHarness<DB>, DB: Backend>(
    connection: &mut C,
    source: &EmbeddedMigrations,
) -> Result<MigrationReport, Failure> {
    let applied: Vec<_> =
        connection.applied_migrations()?.iter().map(ToString::to_string).collect();
    let lacking = lacking::<DB>(source, &applied)?;
    for migration in &lacking {
        connection.run_migration(migration)?;
    }
    Ok(MigrationReport { total: applied.len() + lacking.len(), applied: names(&lacking) })
}

/// The migrations behind those that were applied.
fn lacking<DB: Backend>(
    source: &EmbeddedMigrations,
    applied: &[String],
) -> Result<Migrations<DB>, Failure> {
    let mut known: Migrations<DB> = source.migrations()?;
    known.sort_unstable_by_key(|migration| migration.name().to_string());
    let version = |migration: &dyn Migration<DB>| migration.name().version().to_string();
    let versions: Vec<_> = known.iter().map(|migration| version(&**migration)).collect();
    if let Some(newer) = applied.iter().find(|applied| !versions.contains(applied)) {
        return Err(Failure::Newer(newer.clone()));
    }
    known.retain(|migration| !applied.contains(&version(&**migration)));
    Ok(known)
}

fn names<DB: Backend>(migrations: &Migrations<DB>) -> Vec<String> {
    migrations.iter().map(|migration| migration.name().to_string()).collect()
}

/// The versions that the database says it has, the first one first. Unlike
/// Diesel's harness it creates no table to look into.
fn applied_versions(connection: &mut DbConnection) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        version: String,
    }
    let table_exists = match connection {
        DbConnection::Sqlite(_) => {
            "EXISTS (SELECT 1 FROM sqlite_master WHERE name = '__diesel_schema_migrations')"
        }
        DbConnection::Postgres(_) => "to_regclass('__diesel_schema_migrations') IS NOT NULL",
    };
    on_backend!(connection, |c| {
        if !select(sql::<Bool>(table_exists)).get_result::<bool>(c)? {
            return Ok(Vec::new());
        }
        let rows: Vec<Row> =
            sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version").load(c)?;
        Ok(rows.into_iter().map(|row| row.version).collect())
    })
}

/// Connects and puts into words why that does not work.
fn connect(url: &DatabaseUrl, purpose: Purpose) -> Result<DbConnection, OpenError> {
    if let Some(path) = url.sqlite_path().filter(|path| sqlite_file::holds_something_else(path)) {
        return Err(OpenError::NotADatabase { path: path.to_owned() });
    }
    DbConnection::establish(url, purpose, SqliteSynchronous::Full)
        .map_err(|error| open_error(url, error))
}
