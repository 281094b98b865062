//! Every row of every table on its way to the other kind of database and back.

#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test these are how a failure shows")]

use guildhall_persistence::{
    Backend, CopyError, DatabaseUrl, DieselStore, OpenError, StoreOptions, copy, migrate,
    testing::{TestDatabase, backends},
};

/// Rows in every table, by raw SQL for SQLite: texts of many kinds, values that
/// are missing, times to the microsecond, and more sessions and longer answers
/// than go into one batch. `#N` is an id.
const ROWS: &str = "
INSERT INTO organizations (id, name, name_key, domain, users_count, workspaces_count, created_at,
    updated_at, external_id, metadata, auto_join, is_default, status, users_limit,
    workspaces_limit, deleted_at, version, invitations_limit) VALUES
    (#1, 'Ačme ''Ω'' \"\" \\ 🦀', 'ačme', 'acme.com', 2, 1, 1767225600000001, 1767225600123456,
        'crm-1', '{\"k\":\"v\\n\"}', 1, 1, 'active', 9007199254740993, 0, NULL, 7, NULL),
    (#2, 'Empty' || char(10) || char(9), 'empty', NULL, 0, 0, -1, 0, NULL, '{}', 0, 0, 'suspended',
        NULL, NULL, 253402300799999999, 9223372036854775807, 3);
UPDATE installation SET installed_at = 1700000000000001, default_organization_id = #1;
INSERT INTO users (id, email, email_key, name, role, status, mfa_enabled, home_organization_id,
    intended_organization, password_hash, created_at, updated_at, last_sign_in_at, name_key,
    email_verified_at, version) VALUES
    (#3, 'Ada@acme.com', 'ada@acme.com', 'Ada', 'admin', 'active', 1, #1, 'Acme', 'hash', 1, 2, 3,
        'ada', 4, 1),
    (#4, 'bob@acme.com', 'bob@acme.com', '', 'user', 'deactivated', 0, NULL, NULL, 'hash', 1, 2,
        NULL, '', NULL, 2);
INSERT INTO memberships VALUES (#1, #3, 'owner', 'registration', 5, 1, 1767225600000001),
    (#1, #4, 'member', 'x', 6, 2, 1767225600000001);
INSERT INTO workspaces VALUES (#5, #1, 'Desk', '', 'running', 7, 1);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1234)
INSERT INTO sessions SELECT randomblob(16), #3, randomblob(32), i, i, i, i,
    CASE i % 2 WHEN 0 THEN '192.0.2.1' END, 'agent ' || i FROM n;
INSERT INTO invitations VALUES
    (#6, #1, 'eve@x.com', 'eve@x.com', 'member', 'pending', #3, zeroblob(32), 8, 9, 1),
    (#7, #1, 'eve@x.com', 'eve@x.com', 'member', 'revoked', NULL, NULL, 8, 9, 2);
INSERT INTO one_time_tokens VALUES (#3, 'verify', zeroblob(32), 10);
INSERT INTO mail_queue VALUES (#8, 'invitation', #6, NULL, NULL, 0, 11, 12),
    (#9, 'password', NULL, #3, 'ada@acme.com', 3, 11, 12);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
INSERT INTO answered_requests SELECT #3, 'key ' || i, zeroblob(32), 13, 201, '[]',
    hex(randomblob(400000)) FROM n;
INSERT INTO audit_signing_keys VALUES (x'0001020304050607', 'key', 14);
INSERT INTO audit_keys VALUES (zeroblob(32), NULL), (randomblob(32), randomblob(32));
INSERT INTO audit_logs VALUES (zeroblob(16), 0, zeroblob(32), 0);
INSERT INTO audit_checkpoints VALUES (zeroblob(16), 1, zeroblob(32), 15, x'0001020304050607', 's');
INSERT INTO audit_bases VALUES (#1, 9, zeroblob(32), 15, x'0001020304050607', 's');
INSERT INTO audit_events (id, organization_id, actor_type, actor_id, action, resource_type,
    resource_id, details, request_id, success, occurred_at, sequence, previous, hash, sealed) VALUES
    (#1, NULL, 'system', NULL, 'a.b', 'c', NULL, '{}', NULL, 0, 16, 0, x'', x'', '[]'),
    (#2, #1, 'user', #3, 'a.b', 'c', #1, '{}', 'r', 1, 17, 1, randomblob(32), randomblob(32), '[1]');
INSERT INTO serving_periods VALUES (#1, 18, 19);
";

fn filled() -> TestDatabase {
    let database = TestDatabase::new(Backend::Sqlite);
    let rows = (1..10).fold(ROWS.to_owned(), |rows, number| {
        rows.replace(&format!("#{number}"), &format!("x'{number:032x}'"))
    });
    database.execute(&rows);
    database
}

fn have_postgres() -> bool {
    backends().contains(&Backend::Postgres)
}

fn quiet(_: &'static str, _: u64) {}

/// Every value of every table of an SQLite database.
fn contents(database: &TestDatabase) -> Vec<(String, String)> {
    let tables = "SELECT group_concat(name) FROM sqlite_master \
        WHERE type = 'table' AND name NOT LIKE '\\_\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'";
    let tables = database.text(tables).unwrap();
    let rows = |table: &str| {
        let columns = format!(
            "SELECT group_concat('quote(\"' || name || '\")', ' || char(31) || ')
             FROM pragma_table_info('{table}')"
        );
        let columns = database.text(&columns).unwrap();
        let rows = format!("SELECT {columns} AS line FROM {table} ORDER BY line");
        database.text(&format!("SELECT group_concat(line, char(30)) FROM ({rows})"))
    };
    let tables = tables.split(',').map(|table| {
        let rows = rows(table).unwrap_or_else(|| panic!("this test has no row for `{table}`"));
        (table.to_owned(), rows)
    });
    tables.collect()
}

#[test]
fn every_value_arrives_and_comes_back() {
    if !have_postgres() {
        return;
    }
    let source = filled();
    let there = TestDatabase::new(Backend::Postgres);
    let mut heard = Vec::new();
    let counts =
        copy(source.url(), there.url(), &mut |table, written| heard.push((table, written)));
    let counts = counts.unwrap();
    let sessions = counts.iter().find(|count| count.table == "sessions").unwrap();
    assert_eq!((sessions.source, sessions.target), (1234, 1234));
    assert!(counts.iter().all(|count| count.source > 0), "{counts:?}");
    let batches = heard.iter().filter(|(table, _)| *table == "sessions");
    assert_eq!(batches.map(|(_, written)| *written).collect::<Vec<_>>(), [500, 1000, 1234]);
    let batches = heard.iter().filter(|(table, _)| *table == "answered_requests").count();
    assert!(batches > 3, "16 MB at once");
    let exact = "SELECT count(*) FROM organizations WHERE users_limit = 9007199254740993 \
        AND updated_at = '2026-01-01 00:00:00.123456Z' AND auto_join AND deleted_at IS NULL";
    assert_eq!(there.number(exact), 1);

    let back = TestDatabase::new(Backend::Sqlite);
    let returned = copy(there.url(), back.url(), &mut quiet).unwrap();
    assert_eq!(returned, counts);
    for (before, after) in contents(&source).into_iter().zip(contents(&back)) {
        assert!(before == after, "{} was changed on the way", before.0);
    }
}

/// An owner of the tables whom row-level security binds.
#[test]
fn a_plain_owner_copies_all_rows() {
    if !have_postgres() {
        return;
    }
    let there = TestDatabase::empty(Backend::Postgres);
    let name = there.text("SELECT current_database()::text").unwrap();
    there.execute(&format!(
        "CREATE ROLE plain_copier LOGIN NOSUPERUSER; ALTER DATABASE {name} OWNER TO plain_copier"
    ));
    let url = there.url_text().replace("guildhall@", "plain_copier@");
    let url: DatabaseUrl = url.parse().unwrap();
    migrate(&url).unwrap();
    let source = filled();
    let counts = copy(source.url(), &url, &mut quiet).unwrap();
    let back = TestDatabase::new(Backend::Sqlite);
    assert_eq!(copy(&url, back.url(), &mut quiet).unwrap(), counts);
    assert!(contents(&source) == contents(&back));
}

#[test]
fn what_fails_leaves_the_target_empty() {
    if !have_postgres() {
        return;
    }
    let source = filled();
    let there = TestDatabase::new(Backend::Postgres);
    let nothing = || {
        for table in ["organizations", "users", "sessions", "audit_events"] {
            assert_eq!(there.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
        }
        assert_eq!(there.number("SELECT count(*) FROM installation"), 1);
    };

    // No text of PostgreSQL holds it; the table is one of the last.
    source.execute("UPDATE audit_events SET request_id = 'a' || char(0) WHERE sequence = 1");
    let refusal = copy(source.url(), there.url(), &mut quiet).unwrap_err();
    assert!(refusal.to_string().contains("`audit_events`"), "{refusal}");
    nothing();
    source.execute("UPDATE audit_events SET request_id = 'a'");

    // Some rows are not taken, and nobody says so.
    there.execute("CREATE RULE lost AS ON INSERT TO workspaces DO INSTEAD NOTHING");
    let refusal = copy(source.url(), there.url(), &mut quiet).unwrap_err();
    let CopyError::Differs(counts) = refusal else { panic!("{refusal}") };
    let differing: Vec<_> = counts.iter().filter(|count| count.source != count.target).collect();
    assert_eq!(differing.len(), 1);
    assert_eq!((differing[0].table, differing[0].target), ("workspaces", 0));
    nothing();
    there.execute("DROP RULE lost ON workspaces");

    copy(source.url(), there.url(), &mut quiet).unwrap();
    let refusal = copy(source.url(), there.url(), &mut quiet).unwrap_err();
    assert!(matches!(refusal, CopyError::NotEmpty { table: "organizations" }), "{refusal}");
}

#[test]
fn only_an_empty_and_migrated_target_of_the_other_kind_is_taken() {
    let [source, other] = [filled(), filled()];
    let refusal = copy(source.url(), other.url(), &mut quiet).unwrap_err();
    assert!(matches!(refusal, CopyError::SameKind(Backend::Sqlite)), "{refusal}");
    if !have_postgres() {
        return;
    }
    let there = TestDatabase::empty(Backend::Postgres);
    for (from, to) in [(source.url(), there.url()), (there.url(), source.url())] {
        let refusal = copy(from, to, &mut quiet).unwrap_err();
        let CopyError::Database(OpenError::NotMigrated { .. }) = refusal else {
            panic!("{refusal}")
        };
    }
    migrate(there.url()).unwrap();
    let refusal = copy(there.url(), source.url(), &mut quiet).unwrap_err();
    assert!(matches!(refusal, CopyError::NotEmpty { .. }), "{refusal}");

    let used = TestDatabase::new(Backend::Sqlite);
    let _store = DieselStore::open(used.url(), StoreOptions::default()).unwrap();
    let refusal = copy(there.url(), used.url(), &mut quiet).unwrap_err();
    assert!(matches!(refusal, CopyError::Database(OpenError::Held { .. })), "{refusal}");
}
