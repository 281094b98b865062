//! What the tables hold, and what is opened for whom.

use std::{collections::BTreeMap, sync::Arc};

use guildhall_application::{ports::AuditLogs, testing::at};
use guildhall_audit_log::{LogId, Record};
use guildhall_persistence::testing::backends;
use tokio::task::JoinSet;

use crate::scene::{Scene, event};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_personal_is_sealed_and_opens() {
    for backend in backends() {
        let scene = Scene::empty(backend);
        scene.write(&[event(None, at(0))]).await;
        let text = scene.database.text("SELECT details || sealed FROM audit_events").unwrap();
        for personal in ["acme.com", "192.0.2.1", "curl"] {
            assert!(!text.contains(personal), "{backend}: {text}");
        }
        let opened = |records: Vec<Record>| records[0].opened.clone();
        let records = scene.store.entries(LogId::Installation, 0, 1).await.unwrap();
        let expected = [
            ("actor_email", "ada@acme.com"),
            ("email", "bob@acme.com"),
            ("ip_address", "192.0.2.1"),
            ("user_agent", "curl/8"),
        ];
        let expected: BTreeMap<_, _> =
            expected.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        assert_eq!(opened(records), expected, "{backend}");
    }
}

/// One key for each person, whoever asks for it first.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_one_key() {
    for backend in backends() {
        let scene = Arc::new(Scene::empty(backend));
        let mut tasks = JoinSet::new();
        for number in 1..=16 {
            let scene = Arc::clone(&scene);
            tasks.spawn(async move { scene.write(&[event(Some(number), at(0))]).await });
        }
        tasks.join_all().await;
        assert_eq!(scene.database.number("SELECT count(*) FROM audit_keys"), 2, "{backend}");
        for log in scene.store.logs(None, 99).await.unwrap() {
            let records = scene.store.entries(log, 0, 9).await.unwrap();
            assert_eq!(records[0].opened.len(), 4, "{backend}, {log}");
        }
    }
}
