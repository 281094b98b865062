//! The months that the table of events is made of on PostgreSQL. Only the owner of
//! the tables may make and drop them.

use diesel::{
    PgConnection, QueryResult, QueryableByName, RunQueryDsl, connection::SimpleConnection,
    sql_query, sql_types::Text,
};
use guildhall_domain::Timestamp;

use crate::sql_types::{DbTime, Moment};

/// How long the other statements on the table are held up at most. It is tried
/// again later.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '2s'";

/// This month, those to come, and those of events that lie in the last table.
const LACKING: &str = "
SELECT 'audit_events_' || to_char(month, 'YYYY_MM') AS name,
    to_char(month, 'YYYY-MM-DD') AS first,
    to_char(month + interval '1 month', 'YYYY-MM-DD') AS next
FROM (
    SELECT date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n) AS month
    FROM generate_series(0, 3) AS n
    UNION
    SELECT date_trunc('month', occurred_at AT TIME ZONE 'UTC') FROM audit_events_default
) AS months
WHERE to_regclass('audit_events_' || to_char(month, 'YYYY_MM')) IS NULL
ORDER BY month
";

#[derive(QueryableByName)]
struct Month {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    first: String,
    #[diesel(sql_type = Text)]
    next: String,
}

/// Makes the months that are lacking.
pub(super) fn make(connection: &mut PgConnection) -> QueryResult<()> {
    let lacking: Vec<Month> = sql_query(LACKING).load(connection)?;
    if !lacking.is_empty() {
        connection.batch_execute(LOCK_TIMEOUT)?;
    }
    for Month { name, first, next } in lacking {
        // It is made beside the table and then attached, which stops nobody; the wall
        // is built behind what is moved there.
        connection.batch_execute(&format!(
            "LOCK TABLE audit_events_default IN ACCESS EXCLUSIVE MODE;
            CREATE TABLE {name} (LIKE audit_events
                INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES);
            WITH moved AS (
                DELETE FROM audit_events_default
                WHERE occurred_at >= '{first} 00:00:00+00' AND occurred_at < '{next} 00:00:00+00'
                RETURNING *
            ) INSERT INTO {name} SELECT * FROM moved;
            ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;
            ALTER TABLE {name} FORCE ROW LEVEL SECURITY;
            ALTER TABLE audit_events ATTACH PARTITION {name}
                FOR VALUES FROM ('{first} 00:00:00+00') TO ('{next} 00:00:00+00');"
        ))?;
    }
    Ok(())
}

#[derive(QueryableByName)]
pub(super) struct OldMonth {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The months that ended by that moment.
pub(super) fn before(
    connection: &mut PgConnection,
    moment: Timestamp,
) -> QueryResult<Vec<OldMonth>> {
    const OLD: &str = "
        SELECT child.relname::text AS name FROM pg_inherits
        JOIN pg_class AS child ON child.oid = inhrelid
        WHERE inhparent = 'audit_events'::regclass
            AND child.relname ~ '^audit_events_[0-9]{4}_[0-9]{2}$'
            AND child.relname < 'audit_events_' || to_char($1 AT TIME ZONE 'UTC', 'YYYY_MM')
        ORDER BY child.relname";
    sql_query(OLD).bind::<Moment, _>(DbTime(moment)).load(connection)
}

/// Drops months with all that is in them.
pub(super) fn drop(connection: &mut PgConnection, months: &[OldMonth]) -> QueryResult<()> {
    connection.batch_execute(LOCK_TIMEOUT)?;
    months
        .iter()
        .try_for_each(|OldMonth { name }| connection.batch_execute(&format!("DROP TABLE {name}")))
}
