//! What row-level security costs a request. It measures and asserts nothing:
//!
//! ```sh
//! taskset --cpu-list 0 cargo test -p guildhall-persistence --test cost_of_the_wall -- \
//!     --ignored --nocapture
//! ```
//!
//! The statements are those of the store, prepared. Without the wall a
//! superuser sends them alone; with it, the application's role sends them and,
//! before or in them, the settings that the store makes. On one core, nobody waits for
//! another to wake up, which makes the figures the same from run to run.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

use std::time::{Duration, Instant};

use diesel::{Connection, PgConnection, connection::SimpleConnection};
use guildhall_persistence::{
    Backend,
    testing::{TestDatabase, backends},
};

/// 10,000 organizations with two members, one of them of 20 more, and one of
/// 300 members.
const ROWS: &str = "
INSERT INTO organizations (id, name, name_key, users_count, workspaces_count, created_at, updated_at)
    SELECT md5('o' || n)::uuid, 'Org ' || n, 'org ' || n, 2, 2, now() - n * interval '1 minute', now()
    FROM generate_series(1, 10000) AS n;
INSERT INTO users (id, email, email_key, name, name_key, role, status, mfa_enabled, password_hash,
    created_at, updated_at, home_organization_id)
    SELECT md5('u' || n)::uuid, n || '@x.com', n || '@x.com', 'Ada', 'ada', 'user', 'active', false,
        'hash', now(), now(), md5('o' || (n % 10000 + 1))::uuid
    FROM generate_series(1, 20000) AS n;
INSERT INTO memberships (organization_id, user_id, role, source, joined_at, organization_created_at)
    SELECT md5('o' || (n % 10000 + 1))::uuid, md5('u' || n)::uuid, 'owner', 'x',
        now() - n * interval '1 second', now() - (n % 10000 + 1) * interval '1 minute' FROM generate_series(1, 20000) AS n
    UNION ALL SELECT md5('o' || (n * 7 % 10000 + 1))::uuid, md5('u7')::uuid, 'admin', 'x', now(),
        now() - (n * 7 % 10000 + 1) * interval '1 minute' FROM generate_series(10, 29) AS n
    UNION ALL SELECT md5('o8')::uuid, md5('u' || n)::uuid, 'member', 'x',
        now() - n * interval '1 second', now() - 8 * interval '1 minute'
        FROM generate_series(101, 400) AS n;
INSERT INTO workspaces (id, organization_id, name, description, status, created_at)
    SELECT md5('w' || n)::uuid, md5('o' || (n % 10000 + 1))::uuid, 'Desk', '', 'running',
        now() - n * interval '1 second' FROM generate_series(1, 20000) AS n;
INSERT INTO sessions (id, user_id, token_hash, created_at, last_used_at, expires_at, ends_at)
    SELECT md5('s' || n)::uuid, md5('u' || n)::uuid, sha256(n::text::bytea), now(), now(),
        now() + interval '1 day', now() + interval '30 days' FROM generate_series(1, 20000) AS n;
";

/// What is looked up, by the name, the types and the text of the statement, whose first
/// parameter is through whose eyes.
const LOOK_UPS: [(&str, &str, &str); 3] = [
    (
        "by_token",
        "bytea",
        "SELECT s.*, u.*, o.name FROM sessions AS s
        JOIN (users AS u LEFT JOIN organizations AS o
            ON u.home_organization_id = o.id AND o.deleted_at IS NULL) ON s.user_id = u.id
        WHERE s.token_hash = $2 LIMIT 1",
    ),
    (
        "list",
        "uuid",
        "SELECT o.id, o.name, o.domain, o.users_count, o.workspaces_count, o.created_at
        FROM memberships AS m JOIN organizations AS o ON o.id = m.organization_id
        WHERE m.user_id = $2 AND o.deleted_at IS NULL
        ORDER BY m.organization_created_at DESC, m.organization_id DESC LIMIT 101",
    ),
    (
        "access",
        "uuid, uuid",
        "SELECT o.*, m.role FROM organizations AS o
        LEFT JOIN memberships AS m ON m.organization_id = o.id AND m.user_id = $2
        WHERE o.id = $3 AND o.deleted_at IS NULL LIMIT 1",
    ),
];

const STATEMENTS: &str = "
PREPARE members (uuid) AS
    SELECT m.*, u.*, o.name FROM memberships AS m JOIN users AS u ON u.id = m.user_id
    LEFT JOIN organizations AS o ON u.home_organization_id = o.id AND o.deleted_at IS NULL
    WHERE m.organization_id = $1 ORDER BY m.joined_at DESC, m.user_id DESC LIMIT 101;
PREPARE names (uuid[]) AS
    SELECT id, name FROM organizations WHERE deleted_at IS NULL AND id = ANY ($1);
PREPARE lock (uuid) AS SELECT id FROM organizations WHERE id = $1 FOR UPDATE;
PREPARE change (uuid, uuid) AS
    UPDATE workspaces SET name = 'Desk' WHERE organization_id = $1 AND id = $2;
PREPARE record (uuid) AS
    INSERT INTO audit_events (id, organization_id, actor_type, action, resource_type, details,
        success, occurred_at)
    VALUES (gen_random_uuid(), $1, 'user', 'a.b', 'workspace', '{}', true, now());
SELECT set_config('test.homes', array_agg(md5('o' || n)::uuid)::text, false)
    FROM generate_series(102, 201) AS n;
";

const BY_TOKEN: &str = "EXECUTE by_token ('system', sha256('7'))";
const LIST: &str = "EXECUTE list ('6bce05df-9831-da77-99a5-edc4f7abfbec', md5('u7')::uuid)";
const ACCESS: &str =
    "EXECUTE access ('6bce05df-9831-da77-99a5-edc4f7abfbec', md5('u7')::uuid, md5('o8')::uuid)";
const MEMBERS: &str = "EXECUTE members (md5('o8')::uuid)";
const LOCK: &str = "EXECUTE lock (md5('o8')::uuid)";
const CHANGE: &str = "EXECUTE change (md5('o8')::uuid, md5('w7')::uuid)";
const ACT_AS_INSTALLATION: &str = "SELECT set_config('guildhall.actor', 'system', true)";
const RECORD: &str = "EXECUTE record (md5('o8')::uuid)";
const NAMES: &str = "EXECUTE names (current_setting('test.homes')::uuid[])";

const USER: &str = "6bce05df-9831-da77-99a5-edc4f7abfbec";
const ORGANIZATION: &str = "6a465704-5b01-3f0d-50a8-0b71b61a5bfe";

/// Prepares the look-ups, which tell with the wall through whose eyes.
fn look_ups(is_walled: bool) -> String {
    let statements = LOOK_UPS.iter().map(|(name, types, query)| {
        let query = if is_walled {
            format!(
                "SELECT seen.* FROM (SELECT set_config('guildhall.actor', $1, true) AS actor,
                    set_config('guildhall.organizations', '', true) AS no_scope OFFSET 0) AS told
                CROSS JOIN LATERAL (SELECT * FROM ({query}) AS asked
                    WHERE told.actor || told.no_scope IS NOT NULL OFFSET 0) AS seen"
            )
        } else {
            (*query).to_owned()
        };
        format!("PREPARE {name} (text, {types}) AS {query};")
    });
    statements.collect()
}

/// A request by its round trips.
struct Request {
    name: &'static str,
    plain: Vec<String>,
    walled: Vec<String>,
}

impl Request {
    /// From the steps, of which those that are settings, and what only they make
    /// necessary, are marked.
    fn new(name: &'static str, steps: &[(bool, &str)]) -> Self {
        let all = |is_walled: bool| {
            let steps = steps.iter().filter(|(is_of_wall, _)| is_walled || !is_of_wall);
            let steps = steps.map(|(_, statements)| match *statements {
                "BEGIN" if is_walled => format!("BEGIN; {}", settings("LOCAL", "system")),
                statements => statements.to_owned(),
            });
            steps.collect()
        };
        Self { name, plain: all(false), walled: all(true) }
    }
}

fn settings(extent: &str, actor: &str) -> String {
    format!("SET {extent} guildhall.actor = '{actor}'; SET {extent} guildhall.organizations = ''")
}

fn scope(extent: &str) -> String {
    let is_local = extent == "LOCAL";
    format!(
        "{}; SELECT set_config('guildhall.organizations', (SELECT CASE WHEN EXISTS (\
             SELECT FROM memberships \
             WHERE organization_id = '{ORGANIZATION}' AND user_id = '{USER}'\
         ) OR EXISTS (\
             SELECT FROM users WHERE id = '{USER}' AND role = 'admin' AND status = 'active'\
         ) THEN '{{{ORGANIZATION}}}' ELSE '{{}}' END), {is_local})",
        settings(extent, USER)
    )
}

fn requests() -> [Request; 4] {
    let system = settings("SESSION", "system");
    let (in_session, in_transaction) = (scope("SESSION"), scope("LOCAL"));
    let members = [(true, in_session.as_str()), (false, MEMBERS)];
    let homes = [(true, system.as_str()), (true, NAMES)];
    let change = [
        (false, "BEGIN"),
        (false, LOCK),
        (true, in_transaction.as_str()),
        (false, ACCESS),
        (false, CHANGE),
        (true, ACT_AS_INSTALLATION),
        (false, RECORD),
        (false, "COMMIT"),
    ];
    [
        Request::new("list of 21 organizations", &[(false, BY_TOKEN), (false, LIST)]),
        Request::new("one organization", &[(false, BY_TOKEN), (false, ACCESS)]),
        // All of whom have their homes elsewhere: the worst case.
        Request::new(
            "page of 100 members",
            &[&[(false, BY_TOKEN), (false, ACCESS)], &members[..], &homes].concat(),
        ),
        Request::new("change of a workspace", &[&[(false, BY_TOKEN)], &change[..]].concat()),
    ]
}

/// How long the median of many goes takes.
fn median(connection: &mut PgConnection, round_trips: &[String]) -> Duration {
    const TIMES: usize = 500;
    let mut times: Vec<_> = (0..TIMES)
        .map(|_| {
            let begun = Instant::now();
            for statements in round_trips {
                connection.batch_execute(statements).unwrap();
            }
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times.swap_remove(TIMES / 2)
}

#[test]
#[ignore = "it measures"]
fn what_the_wall_costs() {
    if !backends().contains(&Backend::Postgres) {
        return;
    }
    let database = TestDatabase::new(Backend::Postgres);
    database.execute(ROWS);
    database.execute("VACUUM ANALYZE");
    let connect = |role: &str, is_walled| {
        let mut connection = PgConnection::establish(&database.url_text()).unwrap();
        connection.batch_execute(role).unwrap();
        connection.batch_execute(STATEMENTS).unwrap();
        connection.batch_execute(&look_ups(is_walled)).unwrap();
        connection
    };
    let mut plain = connect("RESET ROLE", false);
    let mut walled = connect("SET ROLE guildhall_application", true);
    println!("| request | round trips | without | with | ratio |\n|---|---|---|---|---|");
    for request in requests() {
        let mut rounds: Vec<_> = (0..9)
            .map(|_| (median(&mut plain, &request.plain), median(&mut walled, &request.walled)))
            .collect();
        rounds.sort_unstable_by_key(|(without, with)| with.as_nanos() * 1000 / without.as_nanos());
        let (without, with) = rounds.swap_remove(rounds.len() / 2);
        println!(
            "| {} | {} and {} | {} µs | {} µs | {:.2} |",
            request.name,
            request.plain.len(),
            request.walled.len(),
            without.as_micros(),
            with.as_micros(),
            with.as_secs_f64() / without.as_secs_f64(),
        );
    }
}
