//! Sessions that are looked up together: whoever comes while others wait goes with them,
//! in one statement of PostgreSQL.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use guildhall_application::ports::{AccountWithSession, StoreError, TokenHash};
use tokio::sync::oneshot::{self, Sender};

use super::bearer::{Bearer, account, bearer, bearers};
use crate::{
    look_up::Look,
    look_up_queue::{LookUpQueue, Worker},
    tenancy::Tenancy,
    watch::Wait,
};

/// The most that go into a statement.
const MOST: usize = 32;

/// What is found of a token.
type Found = Result<Option<AccountWithSession>, StoreError>;

/// A token whose session somebody waits for.
struct Asked {
    token: TokenHash,
    answer: Sender<Found>,
    _wait: Wait,
}

/// The tokens that wait to be looked up together.
///
/// **Invariant:** while any wait, the queue has a job that takes them along. So what is
/// found was read after it was asked for.
pub(crate) struct SessionBatch {
    queue: Arc<LookUpQueue>,
    waiting: Mutex<Vec<Asked>>,
}

impl SessionBatch {
    /// With nobody in it, whose job goes to that queue.
    pub(crate) const fn new(queue: Arc<LookUpQueue>) -> Self {
        Self { queue, waiting: Mutex::new(Vec::new()) }
    }

    /// The session with that token, and its account.
    ///
    /// # Errors
    ///
    /// Those of [`LookUpQueue::look_up`].
    pub(crate) async fn find(self: &Arc<Self>, token: TokenHash) -> Found {
        let (answer, answered) = oneshot::channel();
        let asked = Asked { token, answer, _wait: self.queue.wait()? };
        let is_first = {
            let mut waiting = self.waiting();
            waiting.push(asked);
            waiting.len() == 1
        };
        if is_first {
            self.put_job();
        }
        self.queue.answer(answered).await
    }

    fn put_job(self: &Arc<Self>) {
        let batch = Arc::clone(self);
        self.queue.put(move |worker| batch.run(worker));
    }

    /// Looks up those that wait.
    fn run(self: &Arc<Self>, worker: &mut Worker) {
        let (asked, are_left) = {
            let mut waiting = self.waiting();
            let count = waiting.len().min(MOST);
            let asked: Vec<_> = waiting.drain(..count).collect();
            (asked, !waiting.is_empty())
        };
        if are_left {
            self.put_job();
        }
        // Who has gone is not asked for; whose turn it is waits no longer.
        let (tokens, answers): (Vec<_>, Vec<_>) = asked
            .into_iter()
            .filter(|asked| !asked.answer.is_closed())
            .map(|Asked { token, answer, .. }| (token, answer))
            .unzip();
        let found = look_up(worker, &tokens);
        for (token, answer) in tokens.iter().zip(answers) {
            // Two may have asked for the same.
            let one = match &found {
                Ok(found) => found.get(token).cloned().transpose(),
                Err(error) => Err(error.clone()),
            };
            let _ = answer.send(one);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Asked>> {
        // Nothing that panics is done under the lock.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sessions with those tokens, as far as there are any.
fn look_up(
    worker: &mut Worker,
    tokens: &[TokenHash],
) -> Result<HashMap<TokenHash, Result<AccountWithSession, StoreError>>, StoreError> {
    let rows: Vec<(TokenHash, Bearer)> = match tokens {
        [] => Vec::new(),
        &[token] => {
            let rows: Vec<Bearer> = worker.read(Tenancy::Installation, bearer(token).look())?;
            rows.into_iter().map(|row| (token, row)).collect()
        }
        [..] => {
            let rows: Vec<(Vec<u8>, Bearer)> =
                worker.read(Tenancy::Installation, bearers(tokens).look())?;
            let hash = |bytes: Vec<u8>| bytes.try_into().ok().map(TokenHash::new);
            rows.into_iter().filter_map(|(bytes, row)| Some((hash(bytes)?, row))).collect()
        }
    };
    Ok(rows.into_iter().map(|(token, row)| (token, account(row))).collect())
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;
    use crate::{
        DieselStore, StoreOptions,
        testing::{TestDatabase, backends},
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_asked_together_is_told_together_what_failed() {
        for backend in backends() {
            let database = TestDatabase::new(backend);
            let options = StoreOptions { max_connections: 1, ..StoreOptions::default() };
            let store = DieselStore::open(database.url(), options).unwrap();
            let queue = Arc::new(LookUpQueue::new(store.readers().clone()));
            let batch = Arc::new(SessionBatch::new(Arc::clone(&queue)));
            assert_eq!(batch.find(TokenHash::new([0; 32])).await.unwrap(), None);
            database.execute("ALTER TABLE sessions RENAME TO lost");
            let (go_on, held) = mpsc::channel();
            queue.put(move |_| held.recv().unwrap());
            let asked: Vec<_> = (0..5)
                .map(|number| {
                    let batch = Arc::clone(&batch);
                    tokio::spawn(async move { batch.find(TokenHash::new([number; 32])).await })
                })
                .collect();
            while batch.waiting().len() < 5 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            go_on.send(()).unwrap();
            for task in asked {
                assert!(matches!(task.await.unwrap(), Err(StoreError::Failed(_))));
            }
            database.execute("ALTER TABLE lost RENAME TO sessions");
            assert_eq!(batch.find(TokenHash::new([0; 32])).await.unwrap(), None);
        }
    }
}
