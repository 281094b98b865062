//! What the store holds of a user who was deleted: nothing that is personal,
//! and all that happened.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

use guildhall_application::{
    ports::{Insertion, Store},
    testing::{organization, password_hash, user},
};
use guildhall_domain::{
    Action, AuditActor, AuditEvent, AuditEventId, InvitationId, Origin, Resource, Timestamp, User,
    UserRole,
};
use guildhall_persistence::{
    Backend, DieselStore, StoreOptions,
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

/// What remains of the event of that number: actor's address, particulars,
/// origin; and the id of the actor is there or not.
fn remains(database: &TestDatabase, backend: Backend, number: u8) -> (String, bool) {
    let id = Uuid::from_u128(number.into());
    let id = match backend {
        Backend::Sqlite => format!("x'{}'", id.simple()),
        Backend::Postgres => format!("'{id}'"),
    };
    let row = |column: &str| {
        database
            .text(&format!("SELECT {column} FROM audit_events WHERE id = {id}"))
            .map_or("-".to_owned(), |text| text.replace("\": \"", "\":\""))
    };
    let columns = ["action", "actor_email", "details", "ip_address", "user_agent", "request_id"];
    let has_actor = format!("SELECT count(actor_id) FROM audit_events WHERE id = {id}");
    (columns.map(row).join(" | "), database.number(&has_actor) == 1)
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
        let mut work = store.begin().await.unwrap();
        work.users().erase(&ada()).await.unwrap();
        work.commit().await.unwrap();

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
            let (row, found_actor) = remains(&database, backend, number);
            let expected = format!("{expected} | request {number}");
            assert_eq!((row, found_actor), (expected, has_actor), "{backend}: {number}");
        }
        assert_eq!(database.number("SELECT count(*) FROM audit_events"), 11, "{backend}");
        let about = "SELECT count(*) FROM audit_events \
            WHERE resource_type = 'user' AND resource_id IS NOT NULL";
        assert_eq!(database.number(about), 3, "{backend}");
    }
}
