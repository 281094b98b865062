//! Which tables are copied, in which order, and what kinds of values they have.

use std::collections::BTreeSet;

use diesel::{QueryResult, QueryableByName, RunQueryDsl, sql_query, sql_types::Text};

use super::{CopyError, failed};
use crate::connection::{DbConnection, on_backend};

/// Every table of the schema but Diesel's own, each behind those that its rows
/// refer to. A test fails when one is missing.
pub(super) const NAMES: [&str; 17] = [
    "organizations",
    "installation",
    "users",
    "memberships",
    "workspaces",
    "sessions",
    "invitations",
    "one_time_tokens",
    "mail_queue",
    "answered_requests",
    "audit_signing_keys",
    "audit_keys",
    "audit_logs",
    "audit_checkpoints",
    "audit_bases",
    "audit_events",
    "serving_periods",
];

/// The one table that a migration puts a row into.
pub(super) const INSTALLATION: &str = "installation";

/// What a column holds; `migrations/README.md` says how each database keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Id,
    Moment,
    Truth,
    Number,
    Text,
    Bytes,
}

impl Kind {
    /// By the name that PostgreSQL has for the type.
    fn of(postgres: &str) -> Option<Self> {
        Some(match postgres {
            "uuid" => Self::Id,
            "timestamptz" => Self::Moment,
            "bool" => Self::Truth,
            "int8" => Self::Number,
            "text" => Self::Text,
            "bytea" => Self::Bytes,
            _ => return None,
        })
    }
}

/// A column of both databases.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// A table of both databases.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: Vec<Column>,
}

impl Table {
    /// The names of the columns, as a list in a statement.
    pub(super) fn column_list(&self) -> String {
        let names: Vec<_> =
            self.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        names.join(", ")
    }
}

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

/// The tables, whose columns both databases must agree on.
pub(super) fn of_both(
    sqlite: &mut DbConnection,
    postgres: &mut DbConnection,
) -> Result<Vec<Table>, CopyError> {
    let tables = NAMES.into_iter().map(|name| {
        let unlike = |reason: String| CopyError::Unlike { table: name, reason };
        let reading = || failed(format!("the columns of `{name}` could not be read"));
        let here = columns(sqlite, name).map_err(reading())?;
        let there = columns(postgres, name).map_err(reading())?;
        let names = |rows: &[ColumnRow]| -> BTreeSet<String> {
            rows.iter().map(|row| row.name.clone()).collect()
        };
        let (here, known) = (names(&here), names(&there));
        if here.is_empty() || here != known {
            let only: Vec<_> = here.symmetric_difference(&known).cloned().collect();
            return Err(unlike(format!("columns of one alone: {}", only.join(", "))));
        }
        let columns = there.into_iter().map(|row| match Kind::of(&row.kind) {
            Some(kind) => Ok(Column { name: row.name, kind }),
            None => Err(unlike(format!("`{}` is of the type {}", row.name, row.kind))),
        });
        Ok(Table { name, columns: columns.collect::<Result<_, _>>()? })
    });
    tables.collect()
}

fn columns(connection: &mut DbConnection, table: &str) -> QueryResult<Vec<ColumnRow>> {
    let query = match connection {
        DbConnection::Sqlite(_) => {
            format!("SELECT name, type AS kind FROM pragma_table_info('{table}')")
        }
        DbConnection::Postgres(_) => format!(
            "SELECT column_name::text AS name, udt_name::text AS kind \
             FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = '{table}' \
             ORDER BY ordinal_position"
        ),
    };
    on_backend!(connection, |c| sql_query(query).load(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{TestDatabase, backends};
    use crate::{Backend, SqliteSynchronous, connection::Purpose};

    /// A table that a migration adds must be named above, or `copy` would leave
    /// its rows behind.
    #[test]
    fn every_table_of_the_schema_is_copied() {
        for backend in backends() {
            let database = TestDatabase::new(backend);
            let tables = database.text(match backend {
                Backend::Sqlite => {
                    "SELECT group_concat(name) FROM sqlite_master
                     WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                }
                Backend::Postgres => {
                    "SELECT string_agg(relname::text, ',') FROM pg_class
                     WHERE relkind IN ('r', 'p') AND NOT relispartition
                         AND relnamespace = 'public'::regnamespace"
                }
            });
            let tables = tables.unwrap();
            let mut there: BTreeSet<_> = tables.split(',').collect();
            assert!(there.remove("__diesel_schema_migrations"));
            assert_eq!(there, BTreeSet::from(NAMES), "{backend}");
        }
    }

    #[test]
    fn a_column_of_one_database_alone_is_told() {
        if !backends().contains(&Backend::Postgres) {
            return;
        }
        let [sqlite, postgres] = [Backend::Sqlite, Backend::Postgres].map(TestDatabase::new);
        let check = || {
            let open = |database: &TestDatabase| {
                DbConnection::establish(database.url(), Purpose::Read, SqliteSynchronous::Full)
            };
            of_both(&mut open(&sqlite).unwrap(), &mut open(&postgres).unwrap())
        };
        assert!(check().unwrap().iter().all(|table| !table.columns.is_empty()));
        for (change, told) in [
            ("ALTER TABLE sessions ADD COLUMN device text", "device"),
            ("ALTER TABLE sessions DROP COLUMN device", ""),
            ("ALTER TABLE users ALTER COLUMN version TYPE integer", "int4"),
        ] {
            postgres.execute(change);
            match check() {
                Ok(_) => assert_eq!(told, ""),
                Err(error) => assert!(error.to_string().contains(told), "{error}"),
            }
        }
    }
}
