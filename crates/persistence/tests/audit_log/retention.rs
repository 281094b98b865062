//! Old entries are dropped, and what stays can still be proven.

use std::sync::Arc;

use guildhall_application::{
    ports::{AuditLogs, AuditQueries, AuditRetention, SignBase, StoreError},
    testing::make_checkpoints,
};
use guildhall_audit_log::{Base, Checkpoint, Line, LogId, Wrong};
use guildhall_domain::Timestamp;
use guildhall_persistence::{Backend, back_up, testing::backends};

use crate::scene::{ORGANIZATIONS, Scene, event, key, log_of};

/// How many entries each log has of each month.
const EACH: u64 = 10;

fn day(text: &str) -> Timestamp {
    format!("{text}T12:00:00Z").parse().unwrap()
}

fn march() -> Timestamp {
    "2026-03-01T00:00:00Z".parse().unwrap()
}

fn signer() -> SignBase {
    Arc::new(|log, head| key().sign_base(log, head.size, head.hash, day("2026-04-02")))
}

impl Scene {
    async fn write_on(&self, logs: &[Option<u128>], date: &str) {
        for _ in 0..EACH {
            let events: Vec<_> = logs.iter().map(|log| event(*log, day(date))).collect();
            self.write(&events).await;
        }
        self.introduce_key().await;
        let store = Arc::new(self.store.clone());
        make_checkpoints(store, key(), day(date)).execute().await.unwrap();
    }

    async fn introduce_key(&self) {
        let introduced = self.store.keep_signing_key(&key().verifying_key(), march()).await;
        introduced.unwrap();
    }

    /// Two logs of January to March and one that ends in February.
    async fn of_three_months(backend: Backend) -> Self {
        let scene = Self::empty(backend);
        let logs = [None, Some(ORGANIZATIONS[0]), Some(ORGANIZATIONS[1])];
        scene.write_on(&logs, "2026-01-15").await;
        scene.write_on(&logs, "2026-02-28").await;
        scene.write_on(&logs[..2], "2026-03-01").await;
        scene.store.make_room().await.unwrap();
        scene
    }

    async fn drop_before(&self, moment: Timestamp) -> Result<u64, StoreError> {
        self.store.drop_before(moment, signer()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_is_proven_from_its_base() {
    for backend in backends() {
        let scene = Scene::of_three_months(backend).await;
        let kept = scene.checkpoints().await;
        assert_eq!(kept.len(), 8);
        assert_eq!(scene.drop_before(march()).await.unwrap(), 3 * 2 * EACH, "{backend}");
        assert_eq!(scene.drop_before(march()).await.unwrap(), 0, "{backend}: nothing is left");

        let report = scene.verify().await;
        assert_eq!(report.findings, [], "{backend}");
        assert_eq!((report.logs, report.entries, report.dropped), (3, 2 * EACH, 6 * EACH));
        assert_eq!(scene.findings_by(kept).await, [], "{backend}: nor for who kept checkpoints");
        let mut bases = Vec::new();
        let mut before = None;
        for line in scene.exported().await {
            if let Line::Base { base } = &line {
                assert_ne!(before, Some(line.log()), "before all else of its log");
                bases.push((base.0.log, base.0.size));
            }
            before = Some(line.log());
        }
        let [first, second] = ORGANIZATIONS.map(log_of);
        let logs = [LogId::Installation, first, second];
        assert_eq!(bases, logs.map(|log| (log, 2 * EACH)), "{backend}");
        let rest: u64 = 2 * EACH;
        assert_eq!(
            scene.database.number("SELECT count(*) FROM audit_events"),
            i64::try_from(rest).unwrap()
        );
        assert_eq!(scene.database.number("SELECT min(size) FROM audit_checkpoints"), 20);

        if backend == Backend::Sqlite {
            let folder = tempfile::tempdir().unwrap();
            let backed_up = back_up(scene.database.url(), &folder.path().join("backup.db"));
            assert_eq!(backed_up.unwrap().0.audit_logs, 3, "one is empty, and whole");
        }

        // Every log goes on, also that of which nothing is left.
        scene.write_on(&[None, Some(ORGANIZATIONS[1])], "2026-04-01").await;
        let report = scene.verify().await;
        assert_eq!((report.findings, report.entries), (Vec::new(), 4 * EACH), "{backend}");
        let april = "2026-04-01T00:00:00Z".parse().unwrap();
        assert_eq!(scene.drop_before(april).await.unwrap(), 2 * EACH, "{backend}");
        let report = scene.verify().await;
        assert_eq!((report.findings, report.dropped), (Vec::new(), 8 * EACH), "{backend}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_drops_entries() {
    for backend in backends() {
        let scene = Scene::of_three_months(backend).await;
        scene.drop_before(march()).await.unwrap();
        let log = log_of(ORGANIZATIONS[0]);
        let (id, of) = (scene.log_id(log), scene.of(log));
        let first = scene.records(log).await.remove(0);
        assert_eq!(first.entry.sequence, 2 * EACH + 1);
        let hash = scene.bytes(&first.hash.0);
        let cases = [
            (format!("DELETE FROM audit_bases WHERE log_id = {id}"), 21),
            (format!("UPDATE audit_bases SET size = 19 WHERE log_id = {id}"), 19),
            (
                format!(
                    "DELETE FROM audit_events WHERE {of} AND sequence = 21; \
                     UPDATE audit_bases SET size = 21, head = {hash} WHERE log_id = {id}"
                ),
                21,
            ),
            (
                format!(
                    "UPDATE audit_bases SET (size, head, made_at, key_id, signature) = \
                     (SELECT size, head, made_at, key_id, signature FROM audit_checkpoints \
                     WHERE log_id = {id} AND size = 30) WHERE log_id = {id}; \
                     DELETE FROM audit_events WHERE {of}"
                ),
                30,
            ),
        ];
        for table in ["audit_events", "audit_bases"] {
            scene.database.execute(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}"));
        }
        for (statements, sequence) in cases {
            scene.database.execute(&statements);
            let findings = scene.verify().await.findings;
            let [found] = findings.try_into().unwrap();
            assert_eq!((found.log, found.sequence), (log, sequence), "{backend}: {statements}");
            let is_told = match &found.wrong {
                Wrong::Missing { expected } => *expected == 1,
                Wrong::UnsignedBase(_) => true,
                _ => false,
            };
            assert!(is_told, "{backend}: {statements}: {found}");
            for table in ["audit_events", "audit_bases"] {
                scene.database.execute(&format!(
                    "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}"
                ));
            }
            assert_eq!(scene.verify().await.findings, [], "{backend}: as it was");
        }
    }
}

/// Or the signed base would say that what was forged had stood there.
#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_to_what_stays_is_not_dropped() {
    for backend in backends() {
        let scene = Scene::of_three_months(backend).await;
        let log = log_of(ORGANIZATIONS[0]);
        let (of, zeros) = (scene.of(log), scene.bytes(&[0; 32]));
        scene.database.execute(&format!(
            "UPDATE audit_events SET hash = {zeros} WHERE {of} AND sequence = 20"
        ));
        let error = scene.drop_before(march()).await.unwrap_err().to_string();
        assert!(error.contains(&format!("{log}, entry 20")), "{backend}: {error}");
        assert!(scene.store.base(log).await.unwrap().is_none(), "{backend}");
        let left = scene.database.number(&format!("SELECT count(*) FROM audit_events WHERE {of}"));
        assert_eq!(left, 30, "{backend}");
        let [found] = scene.verify().await.findings.try_into().unwrap();
        assert_eq!((found.sequence, found.wrong), (20, Wrong::Changed), "{backend}");
    }
}

/// SQLite drops them in more than one transaction.
#[tokio::test(flavor = "multi_thread")]
async fn many_are_dropped_while_others_are_added() {
    const MANY: u64 = 2_500;
    for backend in backends() {
        let scene = Arc::new(Scene::empty(backend));
        let old: Vec<_> = (0..MANY).map(|_| event(Some(7), day("2026-01-15"))).collect();
        scene.write(&old).await;
        scene.introduce_key().await;
        scene.store.make_room().await.unwrap();
        let writer = tokio::spawn({
            let scene = Arc::clone(&scene);
            async move {
                for _ in 0..50 {
                    scene.write(&[event(Some(7), day("2026-03-15"))]).await;
                    assert_eq!(scene.verify().await.findings, []);
                }
            }
        });
        // While nothing stands behind them, the end of the log is what they must fit to.
        let dropped = scene.drop_before(march()).await.unwrap();
        writer.await.unwrap();
        let report = scene.verify().await;
        assert_eq!(report.findings, [], "{backend}");
        assert_eq!((dropped, report.dropped, report.entries), (MANY, MANY, 50), "{backend}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_each_month_is_a_table_that_nobody_reads_by_itself() {
    if !backends().contains(&Backend::Postgres) {
        return;
    }
    let scene = Scene::of_three_months(Backend::Postgres).await;
    let count = |what: &str| scene.database.number(&format!("SELECT count(*) FROM {what}"));
    let months = "pg_class WHERE relname ~ '^audit_events_[0-9]{4}_[0-9]{2}$' AND relkind = 'r' \
         AND relrowsecurity AND relforcerowsecurity";
    assert_eq!(count("audit_events_default"), 0, "all were moved");
    assert_eq!(count("audit_events_2026_02"), 30);
    assert_eq!(count(months), 3 + 4, "those that were, this one and three to come");
    scene.store.make_room().await.unwrap();
    assert_eq!(count(months), 7, "made once");
    scene.drop_before(march()).await.unwrap();
    assert_eq!(count(months), 5);
    let policies = "pg_policies WHERE tablename ~ '^audit_events_[0-9]'";
    assert_eq!(count(policies), 0, "a wall without a door");
}

/// What the last table takes until there is a month for it is no less a part.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_month_took_is_proven_and_dropped_too() {
    for backend in backends() {
        let scene = Scene::empty(backend);
        scene.write_on(&[Some(7)], "2026-01-15").await;
        scene.write_on(&[Some(7)], "2031-01-15").await;
        assert_eq!(scene.verify().await.findings, [], "{backend}");
        assert_eq!(scene.drop_before(march()).await.unwrap(), EACH, "{backend}");
        assert_eq!(scene.verify().await.findings, [], "{backend}");
        assert_eq!(scene.records(log_of(7)).await.len() as u64, EACH, "{backend}");
        let Some(Base(Checkpoint { size, .. })) = scene.store.base(log_of(7)).await.unwrap() else {
            panic!("{backend}: no base");
        };
        assert_eq!(size, EACH, "{backend}");
    }
}
