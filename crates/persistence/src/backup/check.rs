//! Whether a copy is whole, and what is in it.

use std::path::Path;

use diesel::{
    QueryResult, RunQueryDsl, SqliteConnection,
    dsl::sql,
    select,
    sql_types::{BigInt, Nullable, Text},
};

use super::{BackupError, snapshot, statement_error};

/// What was found in a database that is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    /// Organizations, deleted ones that can be restored among them.
    pub organizations: i64,
    /// Users.
    pub users: i64,
    /// Audit logs, each of which ends with the entry that its head names.
    pub audit_logs: i64,
}

/// What SQLite finds wrong, ten faults at most.
const INTEGRITY: &str = "SELECT group_concat(integrity_check, '; ') \
     FROM (SELECT integrity_check FROM pragma_integrity_check LIMIT 10) \
     WHERE integrity_check <> 'ok'";

/// Rows that refer to one that is missing.
const STRAY_ROWS: &str = "SELECT count(*) FROM pragma_foreign_key_check";

/// Logs that do not end with the entry that their head names.
const WRONG_HEADS: &str = "SELECT count(*) FROM audit_logs AS log WHERE size > 0 AND NOT EXISTS ( \
     SELECT 1 FROM audit_events AS event \
     WHERE coalesce(event.organization_id, zeroblob(16)) = log.id \
         AND event.sequence = log.size AND event.hash = log.head)";

/// Unless all of it was dropped, up to that entry.
const NOR_DROPPED: &str = " AND NOT EXISTS (SELECT 1 FROM audit_bases AS base \
     WHERE base.log_id = log.id AND base.size = log.size AND base.head = log.head)";

/// Reads all of the copy of `source`, and counts what is in it.
pub(super) fn check(copy: &Path, source: &Path) -> Result<Contents, BackupError> {
    let mut connection = snapshot::open(copy)?;
    if !has(&mut connection, "users").map_err(statement_error(source))? {
        return Err(BackupError::NotGuildhall { path: source.to_owned() });
    }
    let findings = findings(&mut connection).map_err(statement_error(source))?;
    if !findings.is_empty() {
        let findings = findings.join("; ");
        return Err(BackupError::Damaged { path: source.to_owned(), findings });
    }
    count(&mut connection).map_err(statement_error(source))
}

fn findings(connection: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    let query = select(sql::<Nullable<Text>>(&format!("({INTEGRITY})")));
    let mut findings: Vec<String> =
        query.get_result::<Option<String>>(connection)?.into_iter().collect();
    let stray = number(connection, STRAY_ROWS)?;
    if stray > 0 {
        findings.push(format!("rows that refer to one that is missing: {stray}"));
    }
    if has(connection, "audit_logs")? {
        let nor_dropped = if has(connection, "audit_bases")? { NOR_DROPPED } else { "" };
        let wrong = number(connection, &format!("{WRONG_HEADS}{nor_dropped}"))?;
        if wrong > 0 {
            findings.push(format!("audit logs whose end is missing: {wrong}"));
        }
    }
    Ok(findings)
}

fn count(connection: &mut SqliteConnection) -> QueryResult<Contents> {
    Ok(Contents {
        organizations: number(connection, "SELECT count(*) FROM organizations")?,
        users: number(connection, "SELECT count(*) FROM users")?,
        audit_logs: if has(connection, "audit_logs")? {
            number(connection, "SELECT count(*) FROM audit_logs")?
        } else {
            0
        },
    })
}

/// Whether there is such a table: older versions have fewer.
fn has(connection: &mut SqliteConnection, table: &str) -> QueryResult<bool> {
    let query =
        format!("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '{table}'");
    Ok(number(connection, &query)? > 0)
}

fn number(connection: &mut SqliteConnection, query: &str) -> QueryResult<i64> {
    select(sql::<BigInt>(&format!("({query})"))).get_result(connection)
}
