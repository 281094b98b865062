//! What the proof costs. It measures and asserts nothing but that all was written:
//!
//! ```sh
//! cargo test --release -p guildhall-persistence --test audit_log -- --ignored --nocapture cost
//! ```

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use guildhall_application::{
    Caller, Error,
    ports::{Addition, Insertion, MailJob, MailSubject, Store},
    testing::{at, caller, export_audit_logs, password_hash, user},
};
use guildhall_audit_log::Line;
use guildhall_domain::{
    Membership, MembershipSource, OrganizationRole, Permission, Timestamp, User, UserRole,
};
use guildhall_persistence::{Backend, testing::backends};
use tokio::task::JoinSet;

use crate::scene::{Scene, acme, event};

const TASKS: u32 = 32;
const TIMES: u32 = 8;
const ROUNDS: usize = 7;

/// What is written besides the member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Besides {
    /// A row without number, hash and seal; of another table, since none of this
    /// one is like that, which gets as many indexes for reading.
    Plain,
    /// An event.
    Proven,
}

/// The account with that number, of those that are added.
fn account(number: u32) -> User {
    user(1000 + u128::from(number), &format!("u{number}@acme.com"), UserRole::User)
}

fn root() -> User {
    user(999, "root@acme.com", UserRole::Admin)
}

/// 32 organizations and as many users as are added in a round.
async fn crowd(backend: Backend) -> Scene {
    let scene = Scene::empty(backend);
    let mut work = scene.store.begin().await.unwrap();
    for number in 0..TASKS {
        let organization = acme(7 + u128::from(number));
        let inserted = work.organizations().insert(&organization).await.unwrap();
        assert_eq!(inserted, Insertion::Inserted);
    }
    for user in (0..TASKS * TIMES).map(account).chain([root()]) {
        let inserted = work.users().insert(&user, &password_hash("hash")).await.unwrap();
        assert_eq!(inserted, Insertion::Inserted);
    }
    work.commit().await.unwrap();
    for columns in [
        "queued_at, id",
        "user_id, queued_at, id",
        "subject, queued_at, id",
        "user_id, subject, queued_at, id",
    ] {
        let name = columns.replace(", ", "_");
        scene.database.execute(&format!("CREATE INDEX plain_{name} ON mail_queue ({columns})"));
    }
    scene
}

async fn add(scene: &Scene, organization: u128, number: u32, besides: Besides) {
    let acme = acme(organization);
    let root = Caller { user: root(), ..caller(UserRole::Admin) }.viewer();
    let user = account(number);
    let member = Membership {
        organization: acme.id,
        user: user.id,
        role: OrganizationRole::Member,
        source: MembershipSource::Registration,
        joined_at: Timestamp::UNIX_EPOCH,
        version: 1,
    };
    let mut work = scene.store.begin().await.unwrap();
    let access = work.organizations().lock(root, acme.id).await.unwrap().unwrap();
    let scope = access.require(Permission::ManageOwners).unwrap();
    assert_eq!(work.memberships().insert(&scope, &member).await.unwrap(), Addition::Added);
    let event = event(Some(organization), at(0));
    match besides {
        Besides::Proven => work.audit_log().append(&event).await.unwrap(),
        Besides::Plain => {
            let subject = MailSubject::EmailVerification(user.id);
            let id = event.id.as_uuid();
            let job = MailJob { id, subject, attempts: 0, queued_at: at(0) };
            work.mail_queue().enqueue(&[job]).await.unwrap();
        }
    }
    work.commit().await.unwrap();
}

/// How long a round takes, from its first addition to its last.
async fn round(scene: &Arc<Scene>, organizations: u32, besides: Besides) -> Duration {
    scene.database.execute(
        "DELETE FROM memberships; DELETE FROM mail_queue; UPDATE organizations SET users_count = 0",
    );
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let scene = Arc::clone(scene);
        tasks.spawn(async move {
            for time in 0..TIMES {
                let organization = 7 + u128::from(task % organizations);
                add(&scene, organization, task * TIMES + time, besides).await;
            }
        });
    }
    tasks.join_all().await;
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it measures"]
async fn what_the_proof_costs_a_change() {
    println!("| | organizations | plain | proven | ratio |\n|---|---|---|---|---|");
    for backend in backends() {
        let scene = Arc::new(crowd(backend).await);
        for organizations in [1, TASKS] {
            round(&scene, organizations, Besides::Proven).await;
            let (mut plain, mut proven, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                let without = round(&scene, organizations, Besides::Plain).await;
                let with = round(&scene, organizations, Besides::Proven).await;
                ratios.push(with.as_micros() * 100 / without.as_micros());
                plain.push(without.as_micros());
                proven.push(with.as_micros());
            }
            let [plain, proven, ratio] = [plain, proven, ratios].map(|mut figures| {
                figures.sort_unstable();
                figures[ROUNDS / 2]
            });
            let changes = u128::from(TASKS * TIMES);
            println!(
                "| {backend} | {organizations} | {} µs | {} µs | {}.{:02} |",
                plain / changes,
                proven / changes,
                ratio / 100,
                ratio % 100
            );
        }
        assert_eq!(scene.verify().await.findings, []);
    }
}

/// Resident memory in kilobytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it measures"]
async fn what_a_long_export_costs() {
    const EVENTS: u32 = 1_000_000;
    const BATCH: u32 = 1_000;
    for backend in backends() {
        let scene = Scene::empty(backend);
        let begun = Instant::now();
        for _ in 0..EVENTS / BATCH {
            let events: Vec<_> = (0..BATCH).map(|_| event(Some(7), at(0))).collect();
            scene.write(&events).await;
        }
        let written = begun.elapsed();
        let (idle, begun) = (resident(), Instant::now());
        let (mut lines, mut bytes, mut most) = (0_u32, 0, idle);
        let export = export_audit_logs(Arc::new(scene.store.clone()));
        let exported: Result<(), Error> = export
            .execute(None, |line: Line| {
                bytes += serde_json::to_vec(&line).unwrap().len();
                lines += 1;
                if lines.is_multiple_of(BATCH) {
                    most = most.max(resident());
                }
                Ok(())
            })
            .await;
        exported.unwrap();
        let took = begun.elapsed();
        assert_eq!(lines, EVENTS);
        let begun = Instant::now();
        assert_eq!(scene.verify().await.findings, []);
        println!(
            "{backend}: {EVENTS} events written in {written:?}; exported, {bytes} bytes, in \
             {took:?}; {} KiB over idle ({idle} KiB); verified in {:?}",
            most - idle,
            begun.elapsed()
        );
    }
}
