//! Many who write at once.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use guildhall_application::{ports::Store, testing::at};
use guildhall_audit_log::LogId;
use guildhall_persistence::testing::backends;
use tokio::{task::JoinSet, time::timeout};

use crate::scene::{Scene, event, log_of};

const TASKS: u32 = 32;
const TIMES: i64 = 4;
/// Longer than any of it takes, so that a deadlock is a failure.
const PATIENCE: Duration = Duration::from_mins(2);

/// Runs that many tasks on a scene to their end.
async fn at_once<F>(scene: &Arc<Scene>, task: impl Fn(Arc<Scene>, u32) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut tasks: JoinSet<()> = (0..TASKS).map(|number| task(Arc::clone(scene), number)).collect();
    let ended = async {
        while let Some(outcome) = tasks.join_next().await {
            outcome.unwrap();
        }
    };
    timeout(PATIENCE, ended).await.unwrap();
}

/// Nothing is wrong with that many logs of that many entries together.
async fn assert_whole(scene: &Scene, logs: u64, entries: u64) {
    let report = scene.verify().await;
    assert_eq!(report.findings, [], "{}", scene.backend);
    assert_eq!((report.logs, report.entries), (logs, entries), "{}", scene.backend);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_log_takes_all_of_them() {
    for backend in backends() {
        let scene = Arc::new(Scene::empty(backend));
        at_once(&scene, |scene, _| async move {
            for time in 0..TIMES {
                scene.write(&[event(Some(7), at(time)), event(Some(7), at(time))]).await;
            }
        })
        .await;
        assert_whole(&scene, 1, 2 * 32 * 4).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn so_do_many_logs() {
    for backend in backends() {
        let scene = Arc::new(Scene::empty(backend));
        at_once(&scene, |scene, task| async move {
            for time in 0..TIMES {
                scene.write(&[event(Some(100 + u128::from(task)), at(time))]).await;
            }
        })
        .await;
        assert_whole(&scene, 32, 32 * 4).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_logs_in_either_order_never_wait_for_each_other() {
    for backend in backends() {
        let scene = Arc::new(Scene::empty(backend));
        at_once(&scene, |scene, task| async move {
            let logs = if task % 2 == 0 { [Some(7), None] } else { [None, Some(7)] };
            for time in 0..TIMES {
                scene.write(&logs.map(|log| event(log, at(time)))).await;
            }
        })
        .await;
        assert_whole(&scene, 2, 2 * 32 * 4).await;
    }
}

/// And what was noted in it is in no log.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_rolled_back_leaves_no_gap() {
    for backend in backends() {
        let scene = Arc::new(Scene::empty(backend));
        at_once(&scene, |scene, task| async move {
            for time in 0..TIMES {
                let mut work = scene.store.begin().await.unwrap();
                work.audit_log().append(&event(Some(7), at(time))).await.unwrap();
                if task % 2 == 0 {
                    work.commit().await.unwrap();
                }
            }
        })
        .await;
        assert_whole(&scene, 1, 16 * 4).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn time_goes_on_in_a_log_whatever_a_clock_says() {
    for backend in backends() {
        let scene = Scene::empty(backend);
        for now in [5, 9, 3, 7, 12] {
            scene.write(&[event(Some(7), at(now)), event(None, at(20 - now))]).await;
        }
        assert_whole(&scene, 2, 10).await;
        // Seconds, and by how many microseconds an entry must be behind the one before.
        for (log, expected) in [
            (log_of(7), [(5, 0), (9, 0), (9, 1), (9, 2), (12, 0)]),
            (LogId::Installation, [(15, 0), (15, 1), (17, 0), (17, 1), (17, 2)]),
        ] {
            let records = scene.records(log).await;
            let times: Vec<_> = records.iter().map(|record| record.entry.occurred_at).collect();
            let moment = |(second, more)| at(second) + TimeDelta::microseconds(more);
            assert_eq!(times, expected.map(moment), "{backend}, {log}");
        }
    }
}
