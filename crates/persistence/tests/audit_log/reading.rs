//! How long it takes to read a large log. It measures and asserts nothing but that
//! there is what is looked for:
//!
//! ```sh
//! GUILDHALL_EVENTS=10000000 cargo test --release -p guildhall-persistence \
//!     --test audit_log -- --ignored --nocapture reading
//! ```
//!
//! `GUILDHALL_DATABASE=postgres` leaves the other one out.

use std::{env, time::Instant};

use chrono::TimeDelta;
use guildhall_application::{
    Caller, Cursor, PageRequest,
    ports::{
        AuditFilter, AuditLogs, AuditQueries, AuditRetention, AuditTrail, Insertion,
        OrganizationQueries, Store,
    },
    testing::{caller, password_hash, user},
};
use guildhall_domain::{Action, AuditActor, AuditEvent, Permission, Resource, Timestamp, UserRole};
use guildhall_persistence::{Backend, testing::backends};
use uuid::Uuid;

use crate::scene::{Scene, acme, event, log_of};

/// The organization that half of all events are of, and one that few are of.
const LARGE: u128 = 7;
const SMALL: u128 = 8;
const ORGANIZATIONS: u64 = 1_000;
const USERS: u64 = 10_000;
const BATCH: u64 = 1_000;
/// How many events in a row are of the large organization and of one small one: in each
/// batch few logs are written to, which makes ten million a matter of minutes.
const BURST: u64 = 200;
/// Over how many days they are spread.
const DAYS: u64 = 690;
const ROUNDS: usize = 21;

fn begin() -> Timestamp {
    "2025-01-01T00:00:00Z".parse().unwrap()
}

/// The event with that number of so many: one in a thousand a refusal, one in fifty
/// thousand a rare action.
fn numbered(number: u64, events: u64) -> AuditEvent {
    let seconds = number * DAYS * 86_400 / events;
    let now = begin() + TimeDelta::seconds(i64::try_from(seconds).unwrap());
    let organization = match number % 2 {
        0 => LARGE,
        _ => SMALL + u128::from(number / BURST % (ORGANIZATIONS - 1)),
    };
    let mut event = event(Some(organization), now);
    let person = user(10_000 + u128::from(number % USERS), "u@acme.com", UserRole::User);
    event.actor = AuditActor::user(&person);
    event.resource = Resource::User(person.id);
    event.action = match number {
        _ if number.is_multiple_of(50_000) => Action::MemberRemoved,
        _ if number.is_multiple_of(1_000) => Action::LoginFailed,
        _ => Action::MemberAdded,
    };
    event
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it measures"]
#[expect(clippy::too_many_lines, reason = "a list of what is measured")]
#[expect(clippy::disallowed_methods, reason = "how large it is, is whoever measures to say")]
async fn how_long_reading_takes() {
    let events: u64 =
        env::var("GUILDHALL_EVENTS").map_or(100_000, |events| events.parse().unwrap());
    let wanted = env::var("GUILDHALL_DATABASE").ok();
    for backend in backends() {
        if wanted.as_ref().is_some_and(|wanted| *wanted != backend.to_string()) {
            continue;
        }
        let scene = Scene::empty(backend);
        let root = user(999, "root@acme.com", UserRole::Admin);
        let mut work = scene.store.begin().await.unwrap();
        for number in [LARGE, SMALL] {
            let inserted = work.organizations().insert(&acme(number)).await.unwrap();
            assert_eq!(inserted, Insertion::Inserted);
        }
        let inserted = work.users().insert(&root, &password_hash("hash")).await.unwrap();
        assert_eq!(inserted, Insertion::Inserted);
        work.commit().await.unwrap();
        let begun = Instant::now();
        for batch in 0..events / BATCH {
            let numbers = batch * BATCH..(batch + 1) * BATCH;
            let batch_of: Vec<_> = numbers.map(|number| numbered(number, events)).collect();
            scene.write(&batch_of).await;
            if batch.is_multiple_of((events / BATCH / DAYS).max(1)) {
                scene.store.make_room().await.unwrap();
            }
        }
        let written = begun.elapsed();
        println!("{backend}: {events} events written in {written:?}");
        scene.database.execute(match backend {
            Backend::Sqlite => "ANALYZE",
            // As after a while of service.
            Backend::Postgres => "VACUUM ANALYZE",
        });

        let viewer = Caller { user: root.clone(), ..caller(UserRole::Admin) }.viewer();
        let mut scopes = Vec::new();
        for number in [LARGE, SMALL] {
            let access = scene.store.access(viewer, acme(number).id).await.unwrap().unwrap();
            scopes.push(AuditTrail::Of(access.require(Permission::ReadAudit).unwrap()));
        }
        let (large, small, all) = (scopes[0], scopes[1], AuditTrail::AccessibleTo(viewer));
        let middle = begin() + TimeDelta::days(345);
        let person = user(10_000 + 4, "u@acme.com", UserRole::User).id;
        let any = AuditFilter::default();
        let cases = [
            ("one of 1,000 organizations", small, any.clone(), None),
            ("the one that half is of", large, any.clone(), None),
            ("the same, from its middle on", large, any.clone(), Some(middle)),
            (
                "the same, in a month of its middle",
                large,
                AuditFilter {
                    since: Some(middle),
                    until: Some(middle + TimeDelta::days(30)),
                    ..any.clone()
                },
                None,
            ),
            (
                "the same, by an actor",
                large,
                AuditFilter { actor: Some(person), ..any.clone() },
                None,
            ),
            (
                "the same, about a resource",
                large,
                AuditFilter { resource: Some(person.as_uuid()), ..any.clone() },
                None,
            ),
            (
                "the same, of a rare action",
                large,
                AuditFilter { action: Some(Action::MemberRemoved), ..any.clone() },
                None,
            ),
            (
                "one of 1,000, of an action that is common elsewhere",
                small,
                AuditFilter { action: Some(Action::MemberAdded), ..any.clone() },
                None,
            ),
            (
                "the same, what was refused",
                large,
                AuditFilter { success: Some(false), ..any.clone() },
                None,
            ),
            ("everything", all, any.clone(), None),
            ("everything, by an actor", all, AuditFilter { actor: Some(person), ..any }, None),
        ];
        for (name, trail, filter, from) in cases {
            let after = from.map(|created_at| Cursor { created_at, id: Uuid::nil() });
            let page = PageRequest { after, limit: 51 };
            let mut times = Vec::new();
            for _ in 0..ROUNDS {
                let begun = Instant::now();
                let rows = scene.store.list(&trail, &filter, page).await.unwrap();
                times.push(begun.elapsed());
                assert!(!rows.is_empty(), "{backend}: {name}");
            }
            times.sort_unstable();
            println!("{backend} | {name} | {:?} (most {:?})", times[ROUNDS / 2], times[ROUNDS - 1]);
        }
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let rows = scene.store.entries(log_of(LARGE), events / 4, 1_000).await.unwrap();
            times.push(begun.elapsed());
            assert_eq!(rows.len(), 1_000);
        }
        times.sort_unstable();
        println!("{backend} | 1,000 entries in their order | {:?}", times[ROUNDS / 2]);
        let begun = Instant::now();
        let logs = scene.store.logs(None, 500).await.unwrap().len();
        println!("{backend} | {logs} logs | {:?}", begun.elapsed());
    }
}
