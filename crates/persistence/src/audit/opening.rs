//! What an addition to a log begins with: the log is locked, and everybody whom its
//! events are about has a key. PostgreSQL is asked for both at once.

use std::{collections::BTreeSet, iter};

use diesel::{
    pg::Pg,
    prelude::*,
    query_builder::{BoxedSqlQuery, SqlQuery},
    result::Error,
    sql_query,
    sql_types::{BigInt, Binary, Nullable},
};
use guildhall_audit_log::{Head, LogId, Subject};

use super::{
    keys::{self, Keys},
    row::log_column,
};
use crate::{
    connection::DbConnection,
    prepared::Prepared,
    schema::audit_logs,
    sql_types::{DbTime, Id, Moment},
};

/// How far a log is.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_logs)]
pub(super) struct LogRow {
    pub(super) size: i64,
    pub(super) head: Vec<u8>,
    pub(super) last_at: DbTime,
}

/// Locks a log, which is made if need be, and finds or makes the keys of those subjects.
/// Waits for whoever else adds to the log.
pub(super) fn open(
    connection: &mut DbConnection,
    log: LogId,
    subjects: &BTreeSet<Subject>,
) -> QueryResult<(LogRow, Keys)> {
    let (row, mut keys) = match connection {
        // Whoever has begun a transaction on SQLite has the only write lock.
        DbConnection::Sqlite(c) => (find_or_make(c, log)?, keys::find(connection, subjects)?),
        DbConnection::Postgres(c) => lock_or_make(c, log, subjects)?,
    };
    keys::make_lacking(connection, subjects, &mut keys)?;
    Ok((row, keys))
}

fn find_or_make(connection: &mut SqliteConnection, log: LogId) -> QueryResult<LogRow> {
    let row = audit_logs::table.find(log_column(log));
    if let Some(found) = row.select(LogRow::as_select()).first(connection).optional()? {
        return Ok(found);
    }
    let empty = (
        audit_logs::id.eq(log_column(log)),
        audit_logs::size.eq(0),
        audit_logs::head.eq(Head::empty(log).hash.0.to_vec()),
        audit_logs::last_at.eq(DbTime(chrono::DateTime::UNIX_EPOCH)),
    );
    diesel::insert_into(audit_logs::table).values(empty).execute(connection)?;
    row.select(LogRow::as_select()).first(connection)
}

/// Keys that another transaction makes meanwhile are not among those that come back.
fn lock_or_make(
    connection: &mut PgConnection,
    log: LogId,
    subjects: &BTreeSet<Subject>,
) -> QueryResult<(LogRow, Keys)> {
    const TRIES: u32 = 2;
    let mut keys = Keys::new();
    for _ in 0..TRIES {
        let mut found = None;
        for row in Prepared(query(log, subjects)?).load::<Part>(connection)? {
            match row {
                Part { size: Some(size), head: Some(head), last_at: Some(last_at), .. } => {
                    found = Some(LogRow { size, head, last_at });
                }
                Part { subject, key, .. } => {
                    keys.extend(subject.and_then(|subject| keys::entry(subject, key)));
                }
            }
        }
        // Without it, another transaction made the log meanwhile: the next statement
        // sees it, and logs are not deleted.
        if let Some(row) = found {
            return Ok((row, keys));
        }
    }
    Err(Error::NotFound)
}

/// A key, or how far the log is.
#[derive(QueryableByName)]
struct Part {
    #[diesel(sql_type = Nullable<Binary>)]
    subject: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    key: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    size: Option<i64>,
    #[diesel(sql_type = Nullable<Binary>)]
    head: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Moment>)]
    last_at: Option<DbTime>,
}

/// The keys come first, in the order of their subjects, and then the log, as in every
/// transaction, so that two never wait for each other.
fn query(
    log: LogId,
    subjects: &BTreeSet<Subject>,
) -> QueryResult<BoxedSqlQuery<'static, Pg, SqlQuery>> {
    // As many parameters as there are values: PostgreSQL keeps no plan for an array, whose
    // length it does not know before. Some values come twice, so that there are few texts.
    let count = match subjects.len() {
        0 => 0,
        some => some.next_power_of_two(),
    };
    let mut query = sql_query(text(count))
        .into_boxed()
        .bind::<Id, _>(log_column(log))
        .bind::<Binary, _>(Head::empty(log).hash.0.to_vec());
    for subject in subjects.iter().chain(iter::repeat(subjects.last()).flatten()).take(count) {
        query = query
            .bind::<Binary, _>(subject.as_bytes().to_vec())
            .bind::<Binary, _>(keys::random()?.to_vec());
    }
    Ok(query)
}

/// The statement for so many subjects.
fn text(subjects: usize) -> String {
    const LOG: &str = "
        log_found AS (SELECT size, head, last_at FROM audit_logs WHERE id = $1 FOR UPDATE),
        log_made AS (
            INSERT INTO audit_logs (id, size, head, last_at)
            SELECT $1, 0, $2, 'epoch' WHERE NOT EXISTS (SELECT FROM log_found)
            ON CONFLICT DO NOTHING RETURNING size, head, last_at
        )";
    const OF_LOG: &str = "
        SELECT NULL::bytea AS subject, NULL::bytea AS key, size, head, last_at FROM log_found
        UNION ALL SELECT NULL, NULL, size, head, last_at FROM log_made";
    if subjects == 0 {
        return format!("WITH {LOG} {OF_LOG}");
    }
    let listed = |text: fn(usize) -> String| (0..subjects).map(text).collect::<Vec<_>>().join(", ");
    let wanted = listed(|n| format!("${}", 2 * n + 3));
    let new = listed(|n| format!("(${}::bytea, ${}::bytea)", 2 * n + 3, 2 * n + 4));
    format!(
        "WITH keys_found AS (SELECT subject, key FROM audit_keys WHERE subject IN ({wanted})),
        keys_made AS (
            INSERT INTO audit_keys (subject, key)
            SELECT * FROM (VALUES {new}) AS new (subject, key)
            WHERE NOT EXISTS (SELECT FROM keys_found WHERE keys_found.subject = new.subject)
            ORDER BY new.subject
            ON CONFLICT DO NOTHING RETURNING subject, key
        ), {LOG}
        SELECT subject, key, NULL::bigint AS size, NULL::bytea AS head, NULL::timestamptz AS last_at
        FROM keys_found
        UNION ALL SELECT subject, key, NULL, NULL, NULL FROM keys_made
        UNION ALL {OF_LOG}"
    )
}
