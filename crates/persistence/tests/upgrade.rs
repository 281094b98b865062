//! What earlier versions wrote, after the migrations that came since.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

use std::{fs, path::PathBuf, sync::Arc};

use guildhall_application::{
    Caller, PageRequest,
    ports::{
        AuditLogs, Insertion, MemberFilter, MemberQueries, OrganizationQueries, PasswordHash,
        SessionQueries, Store, TokenHash, UserQueries, WorkspaceQueries,
    },
    testing::{caller, user, verify_audit_logs},
};
use guildhall_audit_log::LogId;
use guildhall_domain::{
    Membership, MembershipSource, Organization, OrganizationId, OrganizationRole, Origin,
    Permission, Session, SessionId, Timestamp, User, UserId, UserRole, Workspace, WorkspaceId,
};
use guildhall_persistence::{
    Backend, DatabaseUrl, DieselStore, StoreOptions, back_up, migrate, pending, restore,
    testing::{TestDatabase, backends},
};
use uuid::Uuid;

/// What Diesel keeps account of migrations in.
const ACCOUNT: &str = "CREATE TABLE __diesel_schema_migrations (
    version VARCHAR(50) PRIMARY KEY NOT NULL,
    run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO __diesel_schema_migrations (version) VALUES ('20261124000001');";

/// The migrations that came after the first.
const LATER: [&str; 8] = [
    "2026-11-24-000002_management",
    "2026-11-24-000003_row_level_security",
    "2026-11-24-000004_accounts_and_invitations",
    "2026-11-24-000005_audit_log",
    "2026-11-24-000006_audit_months",
    "2026-11-25-000007_indexes_for_reads",
    "2026-11-25-000008_audit_actions",
    "2026-11-26-000009_sessions_by_token",
];

/// An organization with one member, who is signed in, and one workspace, by raw SQL of the
/// first version, in which `#N` is the id and `@N` the moment of that number, and `$` the hash
/// of the session's token.
const ROWS: &str = "
INSERT INTO organizations (id, name, name_key, domain, users_count, workspaces_count,
    created_at, updated_at) VALUES (#1, 'Acme', 'acme', 'acme.com', 1, 1, @1, @2);
UPDATE installation SET default_organization_id = #1;
INSERT INTO users (id, email, email_key, name, role, status, mfa_enabled, home_organization_id,
    password_hash, created_at, updated_at)
    VALUES (#2, 'Ada@acme.com', 'ada@acme.com', 'Ada Lovelace', 'user', 'active', ?, #1,
    'hash', @1, @1);
INSERT INTO memberships (organization_id, user_id, role, source, joined_at)
    VALUES (#1, #2, 'owner', 'registration', @3);
INSERT INTO workspaces (id, organization_id, name, description, status, created_at)
    VALUES (#3, #1, 'Workspace 1', '', 'running', @4);
INSERT INTO sessions (id, user_id, token_hash, created_at, last_used_at, expires_at, ends_at,
    ip_address, user_agent) VALUES (#4, #2, $, @1, @2, @3, @4, '192.0.2.1', 'curl/8');
INSERT INTO audit_events (id, organization_id, actor_type, actor_id, actor_email, action,
    resource_type, resource_id, details, ip_address, user_agent, request_id, success, occurred_at)
    VALUES
    (#4, #1, 'user', #2, 'Ada@acme.com', 'member.added', 'user', #2, '{\"role\":\"owner\"}',
        '192.0.2.1', 'curl/8', 'r-1', ?, @4),
    (#3, #1, 'system', NULL, NULL, 'counters.repaired', 'organization', #1, '{}', NULL, NULL, NULL,
        ?, @3),
    (#2, NULL, 'anonymous', NULL, NULL, 'login.failed', 'installation', NULL,
        '{\"email\":\"ada@acme.com\",\"reason\":\"credentials\"}', '192.0.2.1', NULL, 'r-2', ?,
        @1);";

const TOKEN: TokenHash = TokenHash::new([7; 32]);

/// How many memberships know when their organization was created.
const IN_PLACE: &str = "SELECT count(*) FROM memberships AS m JOIN organizations AS o
    ON o.id = m.organization_id AND o.created_at = m.organization_created_at";

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn moment(number: i64) -> Timestamp {
    Timestamp::from_timestamp_micros(1_767_225_600_000_000 + number).unwrap()
}

fn script(backend: Backend, migration: &str, direction: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    fs::read_to_string(folder.join(backend.as_str()).join(migration).join(direction)).unwrap()
}

/// A database as the first version left it.
fn first_version(backend: Backend) -> TestDatabase {
    let database = TestDatabase::empty(backend);
    if let Some(path) = database.url().sqlite_path() {
        fs::write(path, []).unwrap();
    }
    let mut rows = ROWS.replace('?', if backend == Backend::Sqlite { "1" } else { "true" });
    for number in 1..=4_u8 {
        let (id, at) = (uuid(number.into()), moment(number.into()));
        let (id, at) = match backend {
            Backend::Sqlite => (format!("x'{}'", id.simple()), at.timestamp_micros().to_string()),
            Backend::Postgres => (format!("'{id}'"), format!("'{}'", at.to_rfc3339())),
        };
        rows = rows.replace(&format!("#{number}"), &id).replace(&format!("@{number}"), &at);
    }
    let token = "07".repeat(TOKEN.as_bytes().len());
    let token = match backend {
        Backend::Sqlite => format!("x'{token}'"),
        Backend::Postgres => format!("'\\x{token}'"),
    };
    let rows = rows.replace('$', &token);
    database.execute(&script(backend, "2026-11-24-000001_initial", "up.sql"));
    database.execute(ACCOUNT);
    database.execute(&rows);
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_first_version_wrote_can_be_managed() {
    for backend in backends() {
        let database = first_version(backend);
        assert_eq!(migrate(database.url()).unwrap().applied, LATER);
        let store = DieselStore::open(database.url(), StoreOptions::default()).unwrap();

        let id = OrganizationId::new(uuid(1));
        let acme = Organization {
            users_count: 1,
            workspaces_count: 1,
            is_default: true,
            updated_at: moment(2),
            ..Organization::new(
                id,
                "Acme".parse().unwrap(),
                Some("acme.com".parse().unwrap()),
                moment(1),
            )
        };
        let root = user(9, "root@acme.com", UserRole::Admin);
        let mut work = store.begin().await.unwrap();
        let hash = PasswordHash::new("hash".to_owned());
        assert_eq!(work.users().insert(&root, &hash).await.unwrap(), Insertion::Inserted);
        work.commit().await.unwrap();
        let root = Caller { user: root, ..caller(UserRole::Admin) }.viewer();
        let access = store.access(root, id).await.unwrap().unwrap();
        assert_eq!(access.organization(), &acme);
        let scope = access.require(Permission::ReadMembers).unwrap();

        let everything = PageRequest { after: None, limit: 10 };
        let ada = User {
            mfa_enabled: true,
            home: Some(id),
            ..User::new(
                UserId::new(uuid(2)),
                "Ada@acme.com".parse().unwrap(),
                "Ada Lovelace".parse().unwrap(),
                UserRole::User,
                moment(1),
            )
        };
        let ada_sees = Caller { user: ada.clone(), ..caller(UserRole::User) }.viewer();
        let listed =
            OrganizationQueries::accessible_to(&store, ada_sees, everything).await.unwrap();
        assert_eq!(listed.iter().map(|found| found.id).collect::<Vec<_>>(), [id], "{backend}");
        assert_eq!(database.number(IN_PLACE), 1, "{backend}");

        let membership = Membership {
            organization: id,
            user: ada.id,
            role: OrganizationRole::Owner,
            source: MembershipSource::Registration,
            joined_at: moment(3),
            version: 1,
        };
        let by_name = MemberFilter { text: Some("LOVELACE".to_owned()), role: None };
        let members = MemberQueries::list(&store, &scope, &by_name, everything).await.unwrap();
        let [member] = members.try_into().unwrap();
        assert_eq!((member.membership, &member.account.user), (membership, &ada));
        assert_eq!(member.account.organization.as_deref(), Some("Acme"));
        assert_eq!(store.by_email(&ada.email).await.unwrap().unwrap().account.user, ada);

        let found = store.by_token(&TOKEN).await.unwrap().unwrap();
        assert_eq!(found.account.user, ada);
        let session = Session {
            id: SessionId::new(uuid(4)),
            user: ada.id,
            created_at: moment(1),
            last_used_at: moment(2),
            expires_at: moment(3),
            ends_at: moment(4),
            origin: Origin {
                ip_address: Some([192, 0, 2, 1].into()),
                user_agent: Some("curl/8".to_owned()),
                request_id: None,
            },
        };
        assert_eq!(found.session, session, "{backend}");

        let workspaces = WorkspaceQueries::list(&store, &scope, everything).await.unwrap();
        let [workspace] = workspaces.try_into().unwrap();
        let name = "Workspace 1".parse().unwrap();
        let expected = Workspace::new(WorkspaceId::new(uuid(3)), id, name, moment(4));
        assert_eq!(Workspace { status: expected.status, ..workspace }, expected);

        let mut work = store.begin().await.unwrap();
        assert!(work.organizations().lock(root, id).await.unwrap().is_some());
        let changed = Organization { external_id: Some("crm".parse().unwrap()), ..acme };
        let _ = work.organizations().update(&scope, &changed).await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(store.access(root, id).await.unwrap().unwrap().organization(), &changed);
    }
}

/// What happened before there were logs is in them, in its order, and without what
/// was personal in the clear.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_first_version_recorded_is_numbered_and_chained() {
    for backend in backends() {
        let database = first_version(backend);
        migrate(database.url()).unwrap();
        migrate(database.url()).unwrap();
        let store = DieselStore::open(database.url(), StoreOptions::default()).unwrap();
        let verify = verify_audit_logs(Arc::new(store.clone()));
        let report = verify.execute(&[]).await.unwrap();
        assert_eq!((report.logs, report.entries, report.findings), (2, 3, Vec::new()), "{backend}");
        let entries = store.entries(LogId::Organization(uuid(1)), 0, 9).await.unwrap();
        let found: Vec<_> = entries.iter().map(|record| record.entry.action.as_str()).collect();
        assert_eq!(found, ["counters.repaired", "member.added"]);
        assert_eq!(entries[1].entry.details["role"], "owner");
        let failed = store.entries(LogId::Installation, 0, 9).await.unwrap();
        let details = &failed[0].entry.details;
        assert_eq!(details.keys().collect::<Vec<_>>(), ["reason"], "{backend}");
    }
}

#[test]
fn going_back_keeps_what_the_first_version_knew() {
    for backend in backends() {
        let database = first_version(backend);
        migrate(database.url()).unwrap();
        for migration in LATER.iter().rev() {
            database.execute(&script(backend, migration, "down.sql"));
        }
        for (table, rows) in [
            ("organizations", 1),
            ("users", 1),
            ("memberships", 1),
            ("workspaces", 1),
            ("sessions", 1),
            ("audit_events", 3),
        ] {
            let count = format!("SELECT count(*) FROM {table}");
            assert_eq!(database.number(&count), rows, "{backend}: {table}");
        }
        let name = database.text("SELECT name FROM organizations WHERE domain = 'acme.com'");
        assert_eq!(name.as_deref(), Some("Acme"), "{backend}");
    }
}

#[test]
fn a_backup_that_the_first_version_left_is_upgraded_when_it_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.db");
    let old = first_version(Backend::Sqlite);
    let (contents, bytes) = back_up(old.url(), &backup).unwrap();
    assert_eq!((contents.organizations, contents.users, contents.audit_logs), (1, 1, 0));
    let whole = fs::read(&backup).unwrap();
    assert_eq!(bytes, whole.len() as u64);

    let new = TestDatabase::empty(Backend::Sqlite);
    let restored = restore(new.url(), &backup, None).unwrap();
    assert_eq!(restored.migrated, LATER);
    assert_eq!((restored.contents.audit_logs, restored.kept), (2, None));
    assert!(fs::read(&backup).unwrap() == whole, "a backup is only read");
    assert_eq!(pending(&DatabaseUrl::sqlite(&backup)).unwrap(), LATER);
    DieselStore::open(new.url(), StoreOptions::default()).unwrap();
    assert_eq!(new.number("SELECT count(*) FROM audit_events WHERE sequence > 0"), 3);
}
