//! What the store holds of a user who was deleted: nothing that is personal,
//! and all that happened.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

use std::sync::Arc;

use guildhall_application::{
    ports::{AuditLogs, Insertion, Store},
    testing::{organization, password_hash, user, verify_audit_logs},
};
use guildhall_audit_log::Record;
use guildhall_domain::{
    Action, AuditActor, AuditEvent, AuditEventId, InvitationId, Origin, Resource, Timestamp, User,
    UserRole,
};
use guildhall_persistence::{
    DieselStore, StoreOptions,
    testing::{TestDatabase, backends},
};
use uuid::Uuid;

/// An event of that number, from an address that ends in it.
fn event(number: u8, actor: AuditActor, action: Action, resource: Resource) -> AuditEvent {
    let origin = Origin {
        ip_address: Some([192, 0, 2, number].into()),
        user_agent: Some(format!("agent {number}")),
        request_id: Some(format!("request {number}")),
    };
    let id = AuditEventId::new(Uuid::from_u128(number.into()));
    AuditEvent::new(id, actor, action, resource, &origin, Timestamp::UNIX_EPOCH)
}

/// What remains of the event of that number: what is plain and what opens; and
/// the id of the actor is there or not.
fn remains(records: &[Record], number: u8) -> (String, bool) {
    let id = format!("event-{}", Uuid::from_u128(number.into()));
    let Record { entry, opened, .. } = records.iter().find(|record| record.entry.id == id).unwrap();
    let opened = |name: &str| opened.get(name).map_or("-", String::as_str);
    let mut details = entry.details.clone();
    if opened("email") != "-" {
        details.insert("email".to_owned(), opened("email").to_owned());
    }
    let row = format!(
        "{} | {} | {details:?} | {} | {} | {}",
        entry.action,
        opened("actor_email"),
        opened("ip_address"),
        opened("user_agent"),
        entry.request_id.as_deref().unwrap_or("-")
    );
    (row.replace("\": \"", "\":\"").replace("\", \"", "\",\""), entry.actor.id.is_some())
}

/// Every entry of every log.
async fn records(store: &DieselStore) -> Vec<Record> {
    let mut records = Vec::new();
    for log in store.logs(None, 9).await.unwrap() {
        records.extend(store.entries(log, 0, 99).await.unwrap());
    }
    records
}

async fn assert_verified(store: &DieselStore, entries: u64) {
    let verify = verify_audit_logs(Arc::new(store.clone()));
    let report = verify.execute(&[]).await.unwrap();
    assert_eq!((report.entries, report.findings), (entries, Vec::new()));
}

async fn erase(store: &DieselStore, user: &User) {
    let mut work = store.begin().await.unwrap();
    work.users().erase(user).await.unwrap();
    work.commit().await.unwrap();
}

fn ada() -> User {
    user(1, "Adaë@acme.com", UserRole::User)
}

/// Ada and an admin, and what they and others did, in which Ada is spoken of.
async fn scene(store: &DieselStore) {
    let (ada, root) = (ada(), user(2, "root@acme.com", UserRole::Admin));
    let (by_ada, by_root) = (AuditActor::user(&ada), AuditActor::user(&root));
    let invitation = Resource::Invitation(InvitationId::new(Uuid::from_u128(9)));
    let acme = organization(7, "Acme", None);
    let (about_ada, nobody) = (Resource::User(ada.id), AuditActor::Anonymous);
    let failed = |number, email| {
        event(number, nobody.clone(), Action::LoginFailed, Resource::Installation)
            .with("email", email)
    };
    let invited = |number, email| {
        event(number, by_root.clone(), Action::InvitationCreated, invitation)
            .with("email", email)
            .with("role", "member")
    };
    let events = [
        event(1, by_ada.clone(), Action::UserRegistered, about_ada).with("session", "ses-1"),
        event(2, by_ada.clone(), Action::OrganizationCreated, Resource::Organization(acme.id))
            .of(&acme)
            .with("name", "Acme"),
        event(3, by_root.clone(), Action::UserUpdated, about_ada).with("fields", "name"),
        failed(4, "Adaë@acme.com"),
        failed(5, "ADAË@acme.com"),
        failed(6, "Bob@acme.com"),
        invited(7, "adaë@acme.com"),
        invited(8, "bob@acme.com"),
        failed(9, "adae@acme.com"),
        event(10, by_root, Action::UserDeleted, about_ada),
        failed(11, "Adaë@acme.com.example"),
    ];
    let mut work = store.begin().await.unwrap();
    for user in [&ada, &root] {
        let inserted = work.users().insert(user, &password_hash("hash")).await.unwrap();
        assert_eq!(inserted, Insertion::Inserted);
    }
    work.audit_log().append_all(&events).await.unwrap();
    work.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_stays_without_who_it_was() {
    for backend in backends() {
        let database = TestDatabase::new(backend);
        let store = DieselStore::open(database.url(), StoreOptions::default()).unwrap();
        scene(&store).await;
        let before = records(&store).await;
        assert!(remains(&before, 4).0.contains("Adaë@acme.com"), "{backend}");
        erase(&store, &ada()).await;

        let records = records(&store).await;
        let registered = r#"user.registered | - | {"session":"ses-1"} | - | -"#;
        let created = r#"organization.created | - | {"name":"Acme"} | - | -"#;
        let updated = r#"user.updated | root@acme.com | {"fields":"name"} | 192.0.2.3 | agent 3"#;
        let failed = "login.failed | - | {} | - | -";
        let of_bob = r#"login.failed | - | {"email":"Bob@acme.com"} | 192.0.2.6 | agent 6"#;
        let invited =
            r#"invitation.created | root@acme.com | {"role":"member"} | 192.0.2.7 | agent 7"#;
        let bob_invited = r#"invitation.created | root@acme.com | {"email":"bob@acme.com","role":"member"} | 192.0.2.8 | agent 8"#;
        let alike = r#"login.failed | - | {"email":"adae@acme.com"} | 192.0.2.9 | agent 9"#;
        let deleted = "user.deleted | root@acme.com | {} | 192.0.2.10 | agent 10";
        let longer =
            r#"login.failed | - | {"email":"Adaë@acme.com.example"} | 192.0.2.11 | agent 11"#;
        for (number, expected, has_actor) in [
            (1, registered, true),
            (2, created, true),
            (3, updated, true),
            (4, failed, false),
            (5, failed, false),
            (6, of_bob, false),
            (7, invited, true),
            (8, bob_invited, true),
            (9, alike, false),
            (10, deleted, true),
            (11, longer, false),
        ] {
            let (row, found_actor) = remains(&records, number);
            let expected = format!("{expected} | request {number}");
            assert_eq!((row, found_actor), (expected, has_actor), "{backend}: {number}");
        }
        assert_eq!(database.number("SELECT count(*) FROM audit_events"), 11, "{backend}");
        let about = "SELECT count(*) FROM audit_events \
            WHERE resource_type = 'user' AND resource_id IS NOT NULL";
        assert_eq!(database.number(about), 3, "{backend}");
        assert_verified(&store, 11).await;
        let hashes = |records: &[Record]| records.iter().map(|r| r.hash).collect::<Vec<_>>();
        assert_eq!(hashes(&records), hashes(&before), "{backend}: what is proven stays");
    }
}

/// A request of theirs that was under way: it is recorded, without who they were,
/// and their account gets no new key. Who has the address later is another.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_later_brings_nothing_back() {
    for backend in backends() {
        let database = TestDatabase::new(backend);
        let store = DieselStore::open(database.url(), StoreOptions::default()).unwrap();
        scene(&store).await;
        let keys = database.number("SELECT count(*) FROM audit_keys WHERE key IS NOT NULL");
        erase(&store, &ada()).await;
        let left = database.number("SELECT count(*) FROM audit_keys WHERE key IS NOT NULL");
        assert_eq!(left, keys - 2, "{backend}: the account's and the address's");
        let late =
            event(12, AuditActor::user(&ada()), Action::PasswordChanged, Resource::User(ada().id));
        let again = event(13, AuditActor::Anonymous, Action::LoginFailed, Resource::Installation)
            .with("email", "Adaë@acme.com");
        let mut work = store.begin().await.unwrap();
        work.audit_log().append_all(&[late, again]).await.unwrap();
        work.commit().await.unwrap();
        let records = records(&store).await;
        let (row, has_actor) = remains(&records, 12);
        assert_eq!(
            (row.as_str(), has_actor),
            ("password.changed | - | {} | - | - | request 12", true)
        );
        assert!(remains(&records, 13).0.contains("192.0.2.13"), "{backend}");
        assert!(!remains(&records, 4).0.contains("192.0.2"), "{backend}: the old ones stay shut");
        assert_verified(&store, 13).await;
    }
}
