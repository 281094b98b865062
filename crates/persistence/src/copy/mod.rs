//! Moving an installation from one kind of database to the other.
//!
//! **Invariant:** the source is read in one snapshot, and the target is written in
//! one transaction, which ends with a commit when both have the same numbers of
//! rows. Whatever fails leaves the target empty.

mod cells;
mod insert;
mod source;
mod tables;
mod target;

use diesel::result::{ConnectionError, Error};

use self::{source::Source, target::Target};
use crate::{
    database_url::{Backend, DatabaseUrl},
    error::{OpenError, open_error},
    migrations,
    sqlite_hold::Hold,
};

/// How many rows of a table there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableCount {
    /// The name of the table.
    pub table: &'static str,
    /// Rows in the source.
    pub source: i64,
    /// Rows in the target.
    pub target: i64,
}

/// Why nothing was copied. The target is as it was.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Two SQLite files, or two databases of PostgreSQL.
    #[error(
        "both are {0} databases; copying is from one kind to the other. Within one, back up and \
         restore"
    )]
    SameKind(Backend),
    /// A database cannot be opened, lacks migrations, or is of a newer version.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The target holds data.
    #[error("the target is not empty: `{table}` has rows. Copy into a new database")]
    NotEmpty {
        /// The first table that has.
        table: &'static str,
    },
    /// The two databases do not have the same columns, or one of a kind that
    /// nobody has taught this.
    #[error("the table `{table}` is not the same in both databases: {reason}")]
    Unlike {
        /// The table.
        table: &'static str,
        /// In what it differs.
        reason: String,
    },
    /// A statement failed.
    #[error("{what}: {reason}")]
    Failed {
        /// What was done.
        what: String,
        /// What the database says.
        reason: String,
    },
    /// The target did not take every row.
    #[error("the target does not have the rows of the source")]
    Differs(Vec<TableCount>),
}

/// Copies every row from one database into the other, which is of the other
/// kind, migrated, and empty. Rows go through memory a few hundred at a time.
/// `progress` hears how many rows of a table are written. Returns how many rows
/// both have. Blocks.
///
/// What is written to the source meanwhile is not copied.
///
/// # Errors
///
/// [`CopyError`].
pub fn copy(
    from: &DatabaseUrl,
    to: &DatabaseUrl,
    progress: &mut dyn FnMut(&'static str, u64),
) -> Result<Vec<TableCount>, CopyError> {
    if from.backend() == to.backend() {
        return Err(CopyError::SameKind(from.backend()));
    }
    for url in [from, to] {
        let pending = migrations::pending(url)?;
        if !pending.is_empty() {
            return Err(OpenError::NotMigrated { url: url.to_string(), pending }.into());
        }
    }
    let _hold = to.sqlite_path().map(Hold::exclusive).transpose()?;
    let mut source = Source::open(from)?;
    let mut target = Target::open(to)?;
    target.require_empty()?;
    let tables = match to.backend() {
        Backend::Postgres => tables::of_both(source.connection(), target.connection())?,
        Backend::Sqlite => tables::of_both(target.connection(), source.connection())?,
    };

    target.clear_installation()?;
    for table in &tables {
        let mut written = 0;
        source.read(table, &mut |batch| {
            written += batch.rows();
            target.insert(table, batch)?;
            progress(table.name, written);
            Ok(())
        })?;
    }
    let counts = tables.iter().map(|table| {
        let (source, target) = (source.count(table.name)?, target.count(table.name)?);
        Ok(TableCount { table: table.name, source, target })
    });
    let counts = counts.collect::<Result<Vec<_>, CopyError>>()?;
    if counts.iter().any(|count| count.source != count.target) {
        return Err(CopyError::Differs(counts));
    }
    target.commit()?;
    Ok(counts)
}

/// What a database says when it is opened.
fn unopened(url: &DatabaseUrl) -> impl FnOnce(ConnectionError) -> CopyError {
    move |error| open_error(url, error).into()
}

/// What a database says of a statement.
fn failed(what: impl Into<String>) -> impl FnOnce(Error) -> CopyError {
    move |error| CopyError::Failed { what: what.into(), reason: error.to_string() }
}
