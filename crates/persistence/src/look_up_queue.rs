//! The look-ups of PostgreSQL that wait for a connection, and the workers that answer
//! them: blocking threads that keep a connection for as long as there are any.
//!
//! Where many wait, a connection goes from one answer to the next query, without being
//! given back and asked for, and without a thread that is woken for each. It is given back
//! where others may wait for it, and where the database was lost sight of meanwhile.
//!
//! **Invariant:** while a look-up waits, a worker is at work or about to be. A worker
//! leaves only when it has seen, under the lock under which others are added, that none
//! waits. Where no thread could be had for one, the next look-up tries again.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use diesel::QueryResult;
use guildhall_application::ports::StoreError;
use tokio::{
    sync::oneshot::{self, Receiver},
    task, time,
};

use crate::{
    blocking::span,
    connection::DbConnection,
    pool::{Lease, Pool},
    tenancy::Tenancy,
    watch::Wait,
};

/// What a worker does for one look-up, or for several at once.
type Job = Box<dyn FnOnce(&mut Worker) + Send>;

/// Look-ups over the connections of a pool.
pub(crate) struct LookUpQueue {
    pool: Pool,
    /// Workers at a time, so that transactions find connections too.
    most: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    workers: usize,
}

impl LookUpQueue {
    /// Over half of the connections of that pool, or the only one.
    pub(crate) fn new(pool: Pool) -> Self {
        let most = (pool.size() / 2).max(1);
        Self { pool, most, state: Mutex::default() }
    }

    /// Runs a query outside of any transaction, once more if its connection turns out to
    /// be lost.
    ///
    /// # Errors
    ///
    /// Those of the query; and [`StoreError::Unavailable`] when too many wait, or there is
    /// no answer in the time for which a connection is waited for.
    pub(crate) async fn look_up<T: Send + 'static>(
        self: &Arc<Self>,
        tenancy: Tenancy,
        query: impl Fn(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let wait = self.wait()?;
        self.put(move |worker| {
            drop(wait);
            // Nobody is told where whoever asked has gone.
            if !answer.is_closed() {
                let _ = answer.send(worker.read(tenancy, &query));
            }
        });
        self.answer(answered).await
    }

    /// Begins to wait; what is returned is dropped when the query is run.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when too many wait already.
    pub(crate) fn wait(self: &Arc<Self>) -> Result<Wait, StoreError> {
        let wait = self.pool.begin_wait()?;
        let state = self.state();
        // No thread could be had for what is left.
        if state.workers == 0 && !state.jobs.is_empty() {
            self.begin_shift(state);
        }
        Ok(wait)
    }

    /// Has a worker do something, soon.
    pub(crate) fn put(self: &Arc<Self>, job: impl FnOnce(&mut Worker) + Send + 'static) {
        let span = span("database.read");
        let job: Job = Box::new(move |worker| span.in_scope(|| job(worker)));
        let mut state = self.state();
        state.jobs.push_back(job);
        if state.workers < self.most {
            self.begin_shift(state);
        }
    }

    fn begin_shift(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        state.workers += 1;
        drop(state);
        let shift = Shift { queue: Arc::clone(self), is_over: false };
        task::spawn_blocking(move || shift.work());
    }

    /// What a worker sends to the other end.
    ///
    /// # Errors
    ///
    /// Those that it sends; and [`StoreError::Unavailable`] when it takes too long.
    pub(crate) async fn answer<T>(
        &self,
        answered: Receiver<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let timeout = self.pool.timeout();
        match time::timeout(timeout, answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(StoreError::Failed("a look-up panicked".to_owned())),
            Err(_) => {
                self.pool.count_timeout();
                Err(StoreError::Unavailable(format!("no look-up was answered for {timeout:?}")))
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that panics is done under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time of one worker at the queue, which counts it until it ends, or is dropped by a
/// runtime that no longer begins anything.
struct Shift {
    queue: Arc<LookUpQueue>,
    is_over: bool,
}

impl Shift {
    fn work(mut self) {
        let mut worker = Worker { pool: self.queue.pool.clone(), lease: None };
        while let Some(job) = self.next() {
            // The hook has logged it, and whoever asked is told since nobody answers.
            let _ = catch_unwind(AssertUnwindSafe(|| job(&mut worker)));
        }
    }

    /// What waits longest; the shift is over when nothing does.
    fn next(&mut self) -> Option<Job> {
        let mut state = self.queue.state();
        let next = state.jobs.pop_front();
        if next.is_none() {
            state.workers -= 1;
            self.is_over = true;
        }
        next
    }
}

impl Drop for Shift {
    fn drop(&mut self) {
        if !self.is_over {
            self.queue.state().workers -= 1;
        }
    }
}

/// A blocking thread with a connection, if it needed one so far.
pub(crate) struct Worker {
    pool: Pool,
    lease: Option<Lease>,
}

impl Worker {
    /// Runs a query outside of any transaction, once more if its connection turns out to
    /// be lost. Blocks.
    pub(crate) fn read<T>(
        &mut self,
        tenancy: Tenancy,
        query: impl Fn(&mut DbConnection) -> QueryResult<T>,
    ) -> Result<T, StoreError> {
        let lease = match self.lease.take().filter(|lease| self.pool.may_keep(lease)) {
            Some(lease) => lease,
            None => self.pool.lease_in_turn()?,
        };
        let (lease, result) = self.pool.read_on(lease, tenancy, query);
        self.lease = lease;
        result
    }
}

#[cfg(test)]
mod tests;
