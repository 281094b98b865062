//! PostgreSQL that crashes under load, comes back, or is replaced by its standby.
//! The nodes are never restarted.

use std::{sync::Arc, time::Instant};

use guildhall_persistence::testing::{PostgresServer, TestDatabase};

use crate::{
    load::{Answer, Load, counted},
    support::{Installation, Server, until},
};

/// An installation on the database at an address.
fn installation_at(url: &str) -> Installation {
    Load::allowed(Installation::at(TestDatabase::at(url.parse().unwrap())))
}

/// Does something to a database server while the load goes on.
async fn does(postgres: &Arc<PostgresServer>, what: fn(&PostgresServer)) {
    let postgres = Arc::clone(postgres);
    tokio::task::spawn_blocking(move || what(&postgres)).await.unwrap();
}

/// Nobody was told anything but that all is well, or to come again.
fn assert_no_wrong_answer(answers: &[Answer]) {
    let strange = answers.iter().find(|answer| !answer.is_good() && !answer.is_unavailable());
    assert!(strange.is_none(), "{:#?}", counted(answers));
}

/// What those are told who ask while the database is away.
async fn assert_is_away(server: &Server, load: &Load) {
    let ready = server.client().get(server.url("/readyz")).send().await.unwrap();
    assert_eq!(ready.status(), 503);
    let alive = server.client().get(server.url("/healthz")).send().await.unwrap();
    assert_eq!(alive.status(), 200);
    // For a moment, lists are answered from memory.
    for _ in ["copies are used", "they no longer are"] {
        load.take_answers();
        for kind in ["list", "create", "sign in"] {
            let is_away = |answer: &Answer| answer.kind == kind && answer.is_unavailable();
            load.until("503 for all", is_away).await;
        }
    }
    let answers = load.take_answers();
    assert!(answers.iter().all(Answer::is_unavailable), "{:#?}", counted(&answers));
    let slowest = answers.iter().map(|answer| answer.took).max().unwrap();
    println!("the slowest of {} refusals took {slowest:?}", answers.len());
}

/// Waits until every kind of request is answered well again.
async fn assert_is_back(server: &Server, load: &Load, since: Instant) {
    for kind in ["list", "create", "add member", "sign in", "sign out"] {
        load.until(kind, |answer| answer.kind == kind && answer.at > since && answer.is_good())
            .await;
    }
    let ready = server.client().get(server.url("/readyz")).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    let answers = load.take_answers();
    assert_no_wrong_answer(&answers);
    let last = answers.iter().filter(|answer| !answer.is_good()).map(|answer| answer.at).max();
    let back = last.unwrap_or(since).saturating_duration_since(since);
    println!("the last refusal was {back:?} after the database was back");
}

fn assert_is_sound(installation: &Installation) {
    for arguments in [&["doctor"][..], &["audit", "verify"]] {
        let output = installation.run(arguments, "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[tokio::test]
async fn a_database_that_crashes_and_comes_back_is_used_again_at_once() {
    let Some(postgres) = PostgresServer::start().map(Arc::new) else { return };
    let url = format!("postgres://guildhall@{}/postgres", postgres.address());
    let installation = installation_at(&url);
    let server = installation.serve();
    let load = Load::prepare(&server).await;
    let faults = async {
        for _ in 0..3 {
            load.until("a sign-out is acknowledged", |answer| {
                answer.kind == "sign out" && answer.is_good()
            })
            .await;
            does(&postgres, PostgresServer::stop_hard).await;
            assert_no_wrong_answer(&load.take_answers());
            assert_is_away(&server, &load).await;
            does(&postgres, PostgresServer::start_again).await;
            assert_is_back(&server, &load, Instant::now()).await;
        }
        load.stop();
    };
    tokio::join!(load.run(&server), faults);
    let verified = load.verify(&server).await;
    assert!(verified.iter().all(|count| *count > 0), "{verified:?}");
    assert_is_sound(&installation);
}

#[tokio::test]
async fn a_standby_takes_over_without_a_loss() {
    let Some(primary) = PostgresServer::start().map(Arc::new) else { return };
    let standby = Arc::new(primary.standby());
    let at_primary = format!("postgres://guildhall@{}/postgres", primary.address());
    let database = TestDatabase::at(at_primary.parse().unwrap());
    // Whatever is acknowledged is on both.
    database.execute("ALTER SYSTEM SET synchronous_standby_names = '*'");
    database.execute("SELECT pg_reload_conf()");
    let synchronous = "select count(*) from pg_stat_replication where sync_state = 'sync'";
    until("the standby follows", || database.number(synchronous) == 1).await;

    let url = format!("postgres://guildhall@{},{}/postgres", primary.address(), standby.address());
    let installation = installation_at(&url);
    let server = installation.serve();
    let load = Load::prepare(&server).await;
    let fail_over = async {
        load.until("a sign-out is acknowledged", |answer| {
            answer.kind == "sign out" && answer.is_good()
        })
        .await;
        does(&primary, PostgresServer::stop_hard).await;
        assert_no_wrong_answer(&load.take_answers());
        assert_is_away(&server, &load).await;
        does(&standby, PostgresServer::promote).await;
        assert_is_back(&server, &load, Instant::now()).await;
        load.stop();
    };
    tokio::join!(load.run(&server), fail_over);
    let verified = load.verify(&server).await;
    assert!(verified.iter().all(|count| *count > 0), "{verified:?}");
    assert_is_sound(&installation);
}
