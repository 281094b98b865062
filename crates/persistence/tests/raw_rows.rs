//! What only raw SQL can show or break: the audit trail, counters that drifted,
//! rows that Guildhall never wrote.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

use guildhall_application::{
    Caller,
    ports::{
        Addition, AuditLogs, CounterDrift, Counters, Insertion, Maintenance, PasswordHash, Store,
        StoreError, UserQueries,
    },
    testing::{caller, user},
};
use guildhall_audit_log::LogId;
use guildhall_domain::{
    Action, AuditActor, AuditEvent, AuditEventId, Membership, MembershipSource, Organization,
    OrganizationId, OrganizationRole, Origin, Permission, Resource, Timestamp, UserRole,
};
use guildhall_persistence::{
    DieselStore, StoreOptions,
    testing::{TestDatabase, backends},
};
use uuid::Uuid;

fn open(database: &TestDatabase) -> DieselStore {
    DieselStore::open(database.url(), StoreOptions::default()).unwrap()
}

fn event(number: u128, action: Action, resource: Resource) -> AuditEvent {
    let origin = Origin {
        ip_address: Some("192.0.2.1".parse().unwrap()),
        user_agent: None,
        request_id: Some("request".to_owned()),
    };
    let id = AuditEventId::new(Uuid::from_u128(number));
    let now = Timestamp::from_timestamp_micros(1_767_225_600_123_456).unwrap();
    AuditEvent::new(id, AuditActor::System, action, resource, &origin, now)
}

/// An organization with one member, committed.
async fn acme(store: &DieselStore) -> Organization {
    let id = OrganizationId::new(Uuid::from_u128(7));
    let acme = Organization::new(id, "Acme".parse().unwrap(), None, Timestamp::UNIX_EPOCH);
    let ada = user(1, "ada@acme.com", UserRole::User);
    let member = Membership {
        organization: acme.id,
        user: ada.id,
        role: OrganizationRole::Owner,
        source: MembershipSource::Registration,
        joined_at: Timestamp::UNIX_EPOCH,
        version: 1,
    };
    let root = user(2, "root@example.com", UserRole::Admin);
    let mut work = store.begin().await.unwrap();
    let hash = PasswordHash::new("$argon2id$".to_owned());
    assert_eq!(work.users().insert(&root, &hash).await.unwrap(), Insertion::Inserted);
    assert_eq!(work.organizations().insert(&acme).await.unwrap(), Insertion::Inserted);
    assert_eq!(work.users().insert(&ada, &hash).await.unwrap(), Insertion::Inserted);
    let root = Caller { user: root, ..caller(UserRole::Admin) }.viewer();
    let access = work.organizations().lock(root, acme.id).await.unwrap().unwrap();
    let scope = access.require(Permission::ManageOwners).unwrap();
    assert_eq!(work.memberships().insert(&scope, &member).await.unwrap(), Addition::Added);
    work.commit().await.unwrap();
    acme
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_written_as_they_are() {
    for backend in backends() {
        let database = TestDatabase::new(backend);
        let store = open(&database);
        let acme = acme(&store).await;
        let failed = event(9, Action::LoginFailed, Resource::Organization(acme.id))
            .of(&acme)
            .with("reason", "\"x\"")
            .with("email", "x@\"y\"");
        let mut work = store.begin().await.unwrap();
        work.audit_log().append(&failed).await.unwrap();
        let plain = event(10, Action::UserCreated, Resource::Installation);
        work.audit_log().append(&plain).await.unwrap();
        work.commit().await.unwrap();

        let column = |name: &str, action: &str| {
            database.text(&format!("SELECT {name} FROM audit_events WHERE action = '{action}'"))
        };
        for (name, value) in [
            ("actor_type", Some("system")),
            ("resource_type", Some("organization")),
            ("details", Some(r#"{"reason":"\"x\""}"#)),
            ("request_id", Some("request")),
        ] {
            assert_eq!(column(name, "login.failed").as_deref(), value, "{backend}: {name}");
        }
        assert_eq!(column("details", "user.created").as_deref(), Some("{}"));
        let count = |condition: &str| {
            database.number(&format!("SELECT count(*) FROM audit_events WHERE {condition}"))
        };
        assert_eq!(count("sealed LIKE '%192%' OR sealed LIKE '%x@%'"), 0, "in the clear");
        let records = store.entries(LogId::Organization(acme.id.as_uuid()), 0, 9).await.unwrap();
        let opened = [("email", "x@\"y\""), ("ip_address", "192.0.2.1")];
        let opened = opened.map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(records[0].opened, opened.into(), "{backend}");
        assert_eq!(count("NOT success AND organization_id IS NOT NULL"), 1);
        assert_eq!(count("success AND organization_id IS NULL AND resource_id IS NULL"), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_found_and_repaired() {
    for backend in backends() {
        let database = TestDatabase::new(backend);
        let store = open(&database);
        let acme = acme(&store).await;
        database.execute("UPDATE organizations SET users_count = 41, workspaces_count = 3");
        let drift = CounterDrift {
            organization: acme.id,
            name: "Acme".to_owned(),
            stored: Counters { users: 41, workspaces: 3 },
            actual: Counters { users: 1, workspaces: 0 },
        };
        assert_eq!(store.counter_drift().await.unwrap(), [drift]);
        let repaired =
            event(9, Action::CountersRepaired, Resource::Organization(acme.id)).of(&acme);
        store.repair_counters(acme.id, &repaired).await.unwrap();
        assert_eq!(store.counter_drift().await.unwrap(), []);
        assert_eq!(database.number("SELECT users_count FROM organizations"), 1);
        let events = "SELECT count(*) FROM audit_events WHERE action = 'counters.repaired'";
        assert_eq!(database.number(events), 1);

        let absent = OrganizationId::new(Uuid::from_u128(8));
        let of_absent = event(10, Action::CountersRepaired, Resource::Organization(absent));
        assert!(store.repair_counters(absent, &of_absent).await.is_err());
        assert_eq!(database.number(events), 1, "nothing was repaired and nothing recorded");
    }
}

/// The trail outlives what it speaks of, and a purge that did nothing is not
/// in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_purge_keeps_the_trail() {
    for backend in backends() {
        let database = TestDatabase::new(backend);
        let store = open(&database);
        let acme = acme(&store).await;
        let resource = Resource::Organization(acme.id);
        let mut work = store.begin().await.unwrap();
        let created = event(9, Action::OrganizationCreated, resource).of(&acme);
        work.audit_log().append(&created).await.unwrap();
        work.commit().await.unwrap();
        let purged = event(10, Action::OrganizationPurged, resource).of(&acme);
        let count = |table: &str| database.number(&format!("SELECT count(*) FROM {table}"));
        store.purge(acme.id, &purged).await.unwrap();
        assert_eq!((count("organizations"), count("audit_events")), (1, 1), "it is not deleted");

        database.execute("UPDATE organizations SET deleted_at = created_at");
        for _ in 0..2 {
            store.purge(acme.id, &purged).await.unwrap();
            assert_eq!((count("organizations"), count("memberships")), (0, 0));
            assert_eq!(count("audit_events WHERE organization_id IS NOT NULL"), 2);
        }
        assert_eq!(count("users"), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_guildhall_never_wrote_is_named_by_its_column() {
    for backend in backends() {
        let database = TestDatabase::new(backend);
        let store = open(&database);
        acme(&store).await;
        let email = "ada@acme.com".parse().unwrap();
        for (change, column) in
            [("name = ''", "users.name"), ("name = 'Ada', email = 'nonsense'", "users.email")]
        {
            database.execute(&format!("UPDATE users SET {change}"));
            let Err(StoreError::Failed(message)) = store.by_email(&email).await else {
                panic!("{change} was taken");
            };
            assert!(message.ends_with(column), "{message}");
        }
    }
}
