//! Which logs there are, and the entries of one in their order.

use diesel::{
    dsl::{AsExprOf, sql},
    expression::{SqlLiteral, UncheckedBind},
    prelude::*,
    sql_query,
    sql_types::{BigInt, Bool},
};
use guildhall_audit_log::LogId;
use uuid::Uuid;

use super::row::{AuditEventRow, log_column, log_of};
use crate::{
    connection::{DbConnection, on_backend},
    decode,
    schema::audit_events,
    sql_types::{DbId, Id},
};

/// The log that an event is of, as the index `audit_events_in_log` has it.
const fn log_expression(connection: &DbConnection) -> &'static str {
    match connection {
        DbConnection::Sqlite(_) => "coalesce(organization_id, x'00000000000000000000000000000000')",
        DbConnection::Postgres(_) => {
            "CASE WHEN organization_id IS NULL THEN '00000000-0000-0000-0000-000000000000'::uuid \
             ELSE organization_id END"
        }
    }
}

type OfLog = UncheckedBind<SqlLiteral<Bool>, AsExprOf<DbId, Id>>;

/// Whether an event is of that log.
pub(super) fn of_log(connection: &DbConnection, log: LogId) -> OfLog {
    let expression = log_expression(connection);
    sql::<Bool>(&format!("({expression}) = ")).bind::<Id, _>(log_column(log))
}

#[derive(QueryableByName)]
struct LogIdRow {
    #[diesel(sql_type = Id)]
    id: DbId,
}

/// Logs behind that one that have a head, a statement or an entry: a log does not
/// vanish with one row. At most `limit`.
pub(super) fn after(
    connection: &mut DbConnection,
    after: Option<LogId>,
    limit: u32,
) -> QueryResult<Vec<LogId>> {
    let Some(from) = after.map_or(Some(0), |log| log_column(log).0.as_u128().checked_add(1)) else {
        return Ok(Vec::new());
    };
    // From one log of the index to the next: there are few of them and many events.
    let log = format!("({})", log_expression(connection));
    let next = |bound: &str| {
        format!(
            "(SELECT {log} FROM audit_events WHERE {log} {bound} AND sequence > 0 \
             ORDER BY {log} LIMIT 1)"
        )
    };
    let (first, next) = (next(">= $1"), next("> logs.id"));
    let statement = format!(
        "WITH RECURSIVE logs (id, place) AS (SELECT {first}, 1 \
             UNION ALL SELECT {next}, place + 1 FROM logs WHERE id IS NOT NULL AND place < $2) \
         SELECT id FROM (SELECT id FROM logs UNION SELECT id FROM audit_logs \
             UNION SELECT log_id FROM audit_checkpoints UNION SELECT log_id FROM audit_bases \
             UNION SELECT {log} FROM audit_events WHERE sequence = 0) AS found \
         WHERE id >= $1 ORDER BY id LIMIT $2"
    );
    let logs = sql_query(statement)
        .bind::<Id, _>(DbId(Uuid::from_u128(from)))
        .bind::<BigInt, _>(i64::from(limit));
    let rows: Vec<LogIdRow> = on_backend!(connection, |c| logs.load(c))?;
    Ok(rows.into_iter().map(|row| log_of(row.id)).collect())
}

/// Entries of a log behind the number `after`, in their order. At most `limit`.
pub(super) fn numbered(
    connection: &mut DbConnection,
    log: LogId,
    after: u64,
    limit: i64,
) -> QueryResult<Vec<AuditEventRow>> {
    let after = decode::column(after);
    // Numbers follow each other: in a range, PostgreSQL does not weigh whether to sort
    // all that come. Behind a gap that somebody made, the range is empty.
    let near = between(connection, log, after, after.saturating_add(limit), limit)?;
    if near.is_empty() { between(connection, log, after, i64::MAX, limit) } else { Ok(near) }
}

fn between(
    connection: &mut DbConnection,
    log: LogId,
    after: i64,
    last: i64,
    limit: i64,
) -> QueryResult<Vec<AuditEventRow>> {
    let entries = audit_events::table
        .filter(of_log(connection, log))
        .filter(audit_events::sequence.gt(after))
        .filter(audit_events::sequence.le(last))
        // Told once more, for the index over those that have a number.
        .filter(sql::<Bool>("sequence > 0"))
        .order(audit_events::sequence)
        .limit(limit);
    on_backend!(connection, |c| entries.select(AuditEventRow::as_select()).load(c))
}

/// Events of a log that have no number.
pub(super) fn unnumbered(
    connection: &mut DbConnection,
    log: LogId,
    limit: u32,
) -> QueryResult<Vec<AuditEventRow>> {
    let entries = audit_events::table
        .filter(of_log(connection, log))
        .filter(sql::<Bool>("sequence = 0"))
        .order((audit_events::occurred_at, audit_events::id))
        .limit(limit.into());
    on_backend!(connection, |c| entries.select(AuditEventRow::as_select()).load(c))
}
