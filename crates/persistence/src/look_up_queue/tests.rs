//! The queue does not care which database its connections lead to: SQLite is quicker.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    thread,
    time::Duration,
};

use diesel::{
    QueryableByName, RunQueryDsl,
    result::{DatabaseErrorKind, Error},
    sql_query,
    sql_types::BigInt,
};

use super::*;
use crate::{Backend, DieselStore, StoreOptions, connection::on_backend, testing::TestDatabase};

/// A queue over that many connections, which are waited for as long as that.
fn open(max_connections: u32, acquire_timeout: Duration) -> (TestDatabase, Arc<LookUpQueue>) {
    let database = TestDatabase::new(Backend::Sqlite);
    let options =
        StoreOptions { max_connections, acquire_timeout, queue: 2_000, ..StoreOptions::default() };
    let store = DieselStore::open(database.url(), options).unwrap();
    (database, Arc::new(LookUpQueue::new(store.readers().clone())))
}

const PATIENCE: Duration = Duration::from_mins(1);

/// Waits for what comes to pass by itself.
async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        time::sleep(Duration::from_millis(1)).await;
    }
}

/// Looks something up that takes as long as that.
async fn number(
    queue: &Arc<LookUpQueue>,
    number: usize,
    takes: Duration,
) -> Result<usize, StoreError> {
    let query = move |_: &mut DbConnection| {
        thread::sleep(takes);
        Ok(number)
    };
    queue.look_up(Tenancy::Anybody, query).await
}

/// Has all workers wait until what is returned is set. They do when it returns.
fn hold_up(queue: &Arc<LookUpQueue>) -> Arc<AtomicBool> {
    let (held, go_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    for _ in 0..queue.most {
        let (held, go_on) = (Arc::clone(&held), Arc::clone(&go_on));
        queue.put(move |_| {
            held.fetch_add(1, SeqCst);
            while !go_on.load(SeqCst) {
                thread::sleep(Duration::from_millis(1));
            }
        });
    }
    while held.load(SeqCst) < queue.most {
        thread::sleep(Duration::from_millis(1));
    }
    go_on
}

#[tokio::test(flavor = "multi_thread")]
async fn all_are_answered_and_half_of_the_connections_do() {
    for (connections, workers) in [(8, 4), (3, 1), (1, 1)] {
        let (_database, queue) = open(connections, PATIENCE);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks: Vec<_> = (0..100)
            .map(|number| {
                let (queue, now, most) = (Arc::clone(&queue), Arc::clone(&now), Arc::clone(&most));
                tokio::spawn(async move {
                    let query = move |_: &mut DbConnection| {
                        most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                        thread::sleep(Duration::from_millis(1));
                        now.fetch_sub(1, SeqCst);
                        Ok(number)
                    };
                    queue.look_up(Tenancy::Anybody, query).await.unwrap()
                })
            })
            .collect();
        for (number, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await.unwrap(), number);
        }
        assert!((1..=workers).contains(&most.load(SeqCst)), "{most:?} of {connections}");
        // They leave, and others come when there is something to do.
        until(|| queue.state().workers == 0 && queue.pool.state().in_use == 0).await;
        assert_eq!(number(&queue, 7, Duration::ZERO).await.unwrap(), 7);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_panics_takes_nobody_with_it() {
    let (_database, queue) = open(1, PATIENCE);
    let go_on = hold_up(&queue);
    let panics = tokio::spawn({
        let queue = Arc::clone(&queue);
        async move {
            let query =
                |_: &mut DbConnection| -> QueryResult<()> { panic!("as the test wants it") };
            queue.look_up(Tenancy::Anybody, query).await
        }
    });
    until(|| queue.state().jobs.len() == 1).await;
    let next = tokio::spawn({
        let queue = Arc::clone(&queue);
        async move { number(&queue, 7, Duration::ZERO).await }
    });
    until(|| queue.state().jobs.len() == 2).await;
    go_on.store(true, SeqCst);
    assert!(matches!(panics.await.unwrap(), Err(StoreError::Failed(_))));
    assert_eq!(next.await.unwrap().unwrap(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_thread_could_be_had_for_is_done_with_the_next_look_up() {
    let (_database, queue) = open(1, PATIENCE);
    let (answer, answered) = oneshot::channel();
    queue.state().jobs.push_back(Box::new(move |_| answer.send(7).unwrap()));
    let _wait = queue.wait().unwrap();
    assert_eq!(answered.await.unwrap(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn look_ups_without_end_leave_a_connection_to_others() {
    let (_database, queue) = open(1, PATIENCE);
    let is_over = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (queue, is_over) = (Arc::clone(&queue), Arc::clone(&is_over));
            tokio::spawn(async move {
                while !is_over.load(SeqCst) {
                    number(&queue, 1, Duration::from_millis(1)).await.unwrap();
                }
            })
        })
        .collect();
    for _ in 0..20 {
        let others = |_: &mut DbConnection| Ok(());
        queue.pool.read(Tenancy::Anybody, others).await.unwrap();
    }
    is_over.store(true, SeqCst);
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_too_long_is_refused_and_not_asked_for() {
    let (_database, queue) = open(1, Duration::from_millis(200));
    let go_on = hold_up(&queue);
    let were_run = Arc::new(AtomicUsize::new(0));
    let waiting = (0..2_000).map(|_| {
        let (queue, were_run) = (Arc::clone(&queue), Arc::clone(&were_run));
        tokio::spawn(async move {
            let query = move |_: &mut DbConnection| Ok(were_run.fetch_add(1, SeqCst));
            queue.look_up(Tenancy::Anybody, query).await
        })
    });
    let waiting: Vec<_> = waiting.collect();
    for task in waiting {
        let refusal = task.await.unwrap().unwrap_err();
        assert!(matches!(&refusal, StoreError::Unavailable(why) if why.contains("200ms")));
    }
    // None of those was taken out yet.
    let refusal = number(&queue, 1, Duration::ZERO).await.unwrap_err();
    assert!(matches!(&refusal, StoreError::Unavailable(why) if why.contains("2000 requests")));
    let state = queue.pool.state();
    assert_eq!((state.timeouts, state.refused, state.waiting), (2_000, 1, 2_000));
    go_on.store(true, SeqCst);
    until(|| queue.pool.state().waiting == 0).await;
    assert_eq!(were_run.load(SeqCst), 0);
    assert_eq!(number(&queue, 7, Duration::ZERO).await.unwrap(), 7);
}

/// After a fail-over, the connections to the former server may still answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_not_kept_when_another_was_lost() {
    for (is_lost, timeout) in [(false, 123), (true, 5_000)] {
        let (_database, queue) = open(2, PATIENCE);
        let go_on = hold_up(&queue);
        let sets = tokio::spawn({
            let queue = Arc::clone(&queue);
            async move { queue.look_up(Tenancy::Anybody, |c| busy_timeout(c, "= 123")).await }
        });
        until(|| queue.state().jobs.len() == 1).await;
        let (was_set, lost) = (oneshot::channel(), std::sync::mpsc::channel());
        queue.put(move |_| {
            was_set.0.send(()).unwrap();
            lost.1.recv().unwrap();
        });
        let asks = tokio::spawn({
            let queue = Arc::clone(&queue);
            async move { queue.look_up(Tenancy::Anybody, |c| busy_timeout(c, "")).await }
        });
        until(|| queue.state().jobs.len() == 3).await;
        go_on.store(true, SeqCst);
        was_set.1.await.unwrap();
        if is_lost {
            let gone = || Box::new("it is gone".to_owned());
            let query = move |_: &mut DbConnection| -> QueryResult<()> {
                Err(Error::DatabaseError(DatabaseErrorKind::ClosedConnection, gone()))
            };
            queue.pool.read(Tenancy::Anybody, query).await.unwrap_err();
        }
        lost.0.send(()).unwrap();
        assert_eq!(sets.await.unwrap().unwrap(), 123);
        assert_eq!(asks.await.unwrap().unwrap(), timeout);
    }
}

/// What only this connection knows of: how long it waits for a lock.
fn busy_timeout(connection: &mut DbConnection, change: &str) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        timeout: i64,
    }
    let statement = sql_query(format!("PRAGMA busy_timeout {change}"));
    let row: Row = on_backend!(connection, |c| statement.get_result(c))?;
    Ok(row.timeout)
}

/// As that of a worker of the HTTP server that has no more clients.
#[test]
fn a_runtime_that_ends_does_not_take_the_workers_of_others_along() {
    let (_database, queue) = open(2, PATIENCE);
    let (short, long) = (runtime(), runtime());
    let go_on = short.block_on(async { hold_up(&queue) });
    let waiting = long.spawn({
        let queue = Arc::clone(&queue);
        async move { number(&queue, 7, Duration::ZERO).await }
    });
    long.block_on(until(|| queue.state().jobs.len() == 1));
    short.shutdown_background();
    go_on.store(true, SeqCst);
    assert_eq!(long.block_on(waiting).unwrap().unwrap(), 7);
    // One that it no longer lets begin is not counted on.
    queue.state().workers += 1;
    drop(Shift { queue: Arc::clone(&queue), is_over: false });
    assert_eq!(long.block_on(number(&queue, 8, Duration::ZERO)).unwrap(), 8);
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}
