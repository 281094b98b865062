//! What somebody with every right on the database can do, and where it is found.

use std::sync::Arc;

use guildhall_application::{Error, testing::verify_audit_logs};
use guildhall_audit_log::{Digest, LogId, Record, Wrong};
use guildhall_persistence::testing::backends;
use uuid::Uuid;

use crate::scene::{ORGANIZATIONS, SIZE, Scene, key, log_of};

/// The columns of an event, but for its id and number.
const REST: &str = "organization_id, actor_type, actor_id, action, resource_type, resource_id, \
    details, request_id, success, occurred_at, previous, hash, sealed";

fn copy(scene: &Scene, of: &str, sequence: u64, from: u64) -> String {
    let id = scene.id(Uuid::from_u128(99));
    format!(
        "INSERT INTO audit_events (id, sequence, {REST}) \
         SELECT {id}, {sequence}, {REST} FROM audit_events WHERE {of} AND sequence = {from}"
    )
}

/// What is done to a log by SQL, the first entry that is wrong by then, and how.
fn cases(scene: &Scene, log: LogId) -> Vec<(String, u64, Wrong)> {
    let of = scene.of(log);
    let set = |change: &str, sequence: u64| {
        format!("UPDATE audit_events SET {change} WHERE {of} AND sequence = {sequence}")
    };
    let other = |column: &str| {
        format!("{column} = (SELECT {column} FROM audit_events WHERE {of} AND sequence = 3)")
    };
    let zeros = scene.bytes(&[0; 32]);
    let mut cases = Vec::new();
    for at in [1, 7, SIZE] {
        for change in [
            "action = 'member.removed'".to_owned(),
            "actor_type = 'system'".to_owned(),
            "actor_id = NULL".to_owned(),
            "resource_type = 'session'".to_owned(),
            "details = '{\"role\":\"owner\"}'".to_owned(),
            "request_id = NULL".to_owned(),
            "success = NOT success".to_owned(),
            "sealed = '[]'".to_owned(),
            other("sealed"),
            other("occurred_at"),
            format!("id = {}", scene.id(Uuid::from_u128(98))),
            format!("previous = {zeros}"),
            format!("hash = {zeros}"),
        ] {
            cases.push((set(&change, at), at, Wrong::Changed));
        }
    }
    let shift = format!(
        "UPDATE audit_events SET sequence = sequence + 1000 WHERE {of} AND sequence > 7; \
         UPDATE audit_events SET sequence = sequence - 999 WHERE {of} AND sequence > 1000; "
    );
    let remove = |condition: &str| format!("DELETE FROM audit_events WHERE {of} AND {condition}");
    cases.extend([
        (shift + &copy(scene, &of, 8, 7), 8, Wrong::Changed),
        (copy(scene, &of, SIZE + 1, SIZE), SIZE + 1, Wrong::Changed),
        (copy(scene, &of, 0, 7), 0, Wrong::OutOfOrder { expected: 1 }),
        (remove("sequence = 1"), 2, Wrong::Missing { expected: 1 }),
        (remove("sequence = 7"), 8, Wrong::Missing { expected: 7 }),
        (remove("sequence = 20"), 20, Wrong::CutOff { size: 20 }),
        (remove("sequence > 14"), 15, Wrong::CutOff { size: 20 }),
        (remove("sequence > 0"), 1, Wrong::CutOff { size: 10 }),
        (
            [("sequence = 1000", 7), ("sequence = 7", 8), ("sequence = 8", 1000)]
                .map(|(change, at)| set(change, at))
                .join(";"),
            7,
            Wrong::Changed,
        ),
        (set("sequence = 70", 7), 8, Wrong::Missing { expected: 7 }),
        (set("sequence = 30", SIZE), 30, Wrong::Missing { expected: SIZE }),
        (set("organization_id = NULL, sequence = 21", 7), 8, Wrong::Missing { expected: 7 }),
    ]);
    let (id, tables) = (scene.log_id(log), ["audit_logs", "audit_checkpoints"]);
    let [heads, checkpoints] = tables.map(|table| format!("DELETE FROM {table} WHERE "));
    let no_checkpoints = format!("{checkpoints} log_id = {id}");
    let no_head = format!("{heads} id = {id}");
    cases.extend([
        (no_head.clone(), SIZE, Wrong::OtherHead { size: 0 }),
        (format!("{no_head}; {no_checkpoints}"), SIZE, Wrong::OtherHead { size: 0 }),
        (
            format!("{no_checkpoints}; {}", remove("sequence > 14")),
            15,
            Wrong::OtherHead { size: 20 },
        ),
        (format!("{}; {no_head}", remove("sequence > 0")), 1, Wrong::CutOff { size: 10 }),
        (
            format!(
                "UPDATE audit_checkpoints SET head = {zeros} WHERE log_id = {id} AND size = 10"
            ),
            10,
            Wrong::Unsigned(guildhall_audit_log::SignatureError::Wrong),
        ),
    ]);
    cases
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_wrong_entry_is_named() {
    for backend in backends() {
        let scene = Scene::new(backend).await;
        let report = scene.verify().await;
        assert_eq!((report.logs, report.entries, report.checkpoints), (3, 3 * SIZE, 6));
        assert_eq!(report.findings, []);
        let of_each = |statement: &str| {
            ["audit_events", "audit_logs", "audit_checkpoints"]
                .map(|table| statement.replace('#', table))
                .join("; ")
        };
        scene.database.execute(&of_each("CREATE TABLE kept_# AS SELECT * FROM #"));
        let restore = of_each("DELETE FROM #; INSERT INTO # SELECT * FROM kept_#");
        for log in [log_of(ORGANIZATIONS[0]), LogId::Installation] {
            for (statements, sequence, wrong) in cases(&scene, log) {
                // An entry of the installation's is not moved by that one.
                if log == LogId::Installation && statements.contains("organization_id = NULL") {
                    continue;
                }
                scene.database.execute(&format!("{restore}; {statements}"));
                let findings = scene.verify().await.findings;
                let finding = findings.iter().find(|finding| finding.log == log);
                let found = finding.map(|finding| (finding.sequence, finding.wrong.clone()));
                assert_eq!(found, Some((sequence, wrong)), "{backend}, {log}: {statements}");
            }
        }
        scene.database.execute(&restore);
        assert_eq!(scene.verify().await.findings, [], "as it was");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_does_not_fit_into_another_log() {
    for backend in backends() {
        let scene = Scene::new(backend).await;
        let [from, to] = ORGANIZATIONS.map(log_of);
        scene.database.execute(&format!(
            "UPDATE audit_events SET organization_id = {}, sequence = 21 WHERE {} AND sequence = 20",
            scene.log_id(to),
            scene.of(from)
        ));
        let findings = scene.verify().await.findings;
        let found: Vec<_> = findings.iter().map(|found| (found.log, found.sequence)).collect();
        assert_eq!(found, [(from, 20), (to, 21)], "{backend}");
        assert_eq!(findings[1].wrong, Wrong::Changed);
    }
}

/// Writes entries over those that are there, with hashes made anew from the
/// first of them on, and the head to match.
fn forge(scene: &Scene, log: LogId, mut tail: Vec<Record>) {
    let mut previous: Option<Digest> = None;
    for Record { entry, hash, .. } in &mut tail {
        entry.previous = previous.unwrap_or(entry.previous);
        *hash = entry.hash();
        previous = Some(*hash);
        scene.database.execute(&format!(
            "UPDATE audit_events SET action = '{}', previous = {}, hash = {} \
             WHERE {} AND sequence = {}",
            entry.action,
            scene.bytes(&entry.previous.0),
            scene.bytes(&hash.0),
            scene.of(log),
            entry.sequence
        ));
    }
    let last = tail.last().unwrap();
    write_head(scene, log, last.entry.sequence, last.hash);
}

fn write_head(scene: &Scene, log: LogId, size: u64, hash: Digest) {
    scene.database.execute(&format!(
        "UPDATE audit_logs SET size = {size}, head = {} WHERE id = {}",
        scene.bytes(&hash.0),
        scene.log_id(log)
    ));
}

/// As one who knows the form, but not the key: everything fits together, except
/// with what somebody kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_forged_tail_is_found_by_a_checkpoint() {
    for backend in backends() {
        let scene = Scene::new(backend).await;
        let log = log_of(ORGANIZATIONS[0]);
        let kept = scene.checkpoints().await;
        assert_eq!(scene.findings_by(kept.clone()).await, []);
        let mut tail = scene.records(log).await.split_off(14);
        tail[0].entry.action = "member.removed".to_owned();
        forge(&scene, log, tail);
        let rewritten = (log, SIZE, Wrong::Rewritten { size: SIZE });
        let found = scene.finding().await;
        assert_eq!((found.log, found.sequence, found.wrong), rewritten, "{backend}");

        let forget = format!(
            "DELETE FROM audit_checkpoints WHERE log_id = {} AND size = {SIZE}",
            scene.log_id(log)
        );
        scene.database.execute(&forget);
        assert_eq!(scene.verify().await.findings, [], "the chain alone does not tell");
        assert_eq!(scene.findings_by(Vec::new()).await, []);
        let [found] = scene.findings_by(kept).await.try_into().unwrap();
        assert_eq!((found.log, found.sequence, found.wrong), rewritten, "{backend}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_cut_off_with_its_head_is_found_by_a_checkpoint() {
    for backend in backends() {
        let scene = Scene::new(backend).await;
        let log = log_of(ORGANIZATIONS[1]);
        let kept = scene.checkpoints().await;
        let records = scene.records(log).await;
        for (left, first) in [(14, 15), (0, 1)] {
            let (of, id) = (scene.of(log), scene.log_id(log));
            scene.database.execute(&format!(
                "DELETE FROM audit_events WHERE {of} AND sequence > {left}; \
                 DELETE FROM audit_checkpoints WHERE log_id = {id} AND size > {left}"
            ));
            if left == 0 {
                scene.database.execute(&format!("DELETE FROM audit_logs WHERE id = {id}"));
            } else {
                write_head(&scene, log, left, records[13].hash);
            }
            assert_eq!(scene.verify().await.findings, [], "{backend}: {left}");
            let [found] = scene.findings_by(kept.clone()).await.try_into().unwrap();
            assert_eq!((found.log, found.sequence), (log, first), "{backend}");
            assert!(matches!(found.wrong, Wrong::CutOff { .. }), "{found}");
        }
    }
}

/// A checkpoint by another key is none, whoever put that key into the table.
#[tokio::test(flavor = "multi_thread")]
async fn a_forger_with_a_key_of_their_own_is_found_by_who_knows_the_right_one() {
    use guildhall_audit_log::SigningKey;
    for backend in backends() {
        let scene = Scene::new(backend).await;
        let log = log_of(ORGANIZATIONS[0]);
        let last = scene.records(log).await.pop().unwrap();
        let at = last.entry.occurred_at;
        let forged = SigningKey::from_seed([9; 32]).sign(log, SIZE, last.hash, at);
        scene.database.execute(&format!(
            "UPDATE audit_checkpoints SET key_id = {}, signature = '{}' \
             WHERE log_id = {} AND size = {SIZE}",
            scene.bytes(&forged.key.0),
            forged.signature,
            scene.log_id(log)
        ));
        let found = scene.finding().await;
        assert!(matches!(found.wrong, Wrong::Unsigned(_)), "{backend}: {found}");
        assert_eq!((found.sequence, forged.key == key().verifying_key().id()), (SIZE, false));
    }
}

/// What is not even an entry any more is an error that names it.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_cannot_be_read_is_named() {
    for backend in backends() {
        for broken in ["details = 'no JSON'", "sealed = '{'", "hash = BYTES"] {
            let scene = Scene::new(backend).await;
            let broken = broken.replace("BYTES", &scene.bytes(&[1, 2, 3]));
            let log = log_of(ORGANIZATIONS[0]);
            let of = scene.of(log);
            scene
                .database
                .execute(&format!("UPDATE audit_events SET {broken} WHERE {of} AND sequence = 5"));
            let verify = verify_audit_logs(Arc::new(scene.store.clone()));
            let error = verify.execute(&[]).await.unwrap_err();
            let Error::Internal(cause) = error else { panic!("{backend}: {broken}: {error}") };
            let named = format!("{log}, entry 5: ");
            assert!(cause.to_string().contains(&named), "{backend}: {broken}: {cause}");
        }
    }
}
