//! What other processes commit, as it becomes known here: on PostgreSQL by `LISTEN`, on
//! SQLite by a count that it keeps of the changes of others.
//!
//! **Invariant:** it is vouched for what others commit only while that is certain to be
//! told within [`LATEST`], counted from before the last question that was answered.
//! With a connection, what was told over it is lost, and with that every copy.

use std::{
    sync::{Arc, Weak},
    thread,
    time::{Duration, Instant},
};

use diesel::{QueryResult, connection::SimpleConnection, result::Error};
use guildhall_application::ports::{ChangeObserver, Changes};
use tokio::time::sleep;

use super::{
    Announcer,
    message::{CHANNEL, Message},
};
use crate::{
    connection::{DbConnection, Purpose, SqliteSynchronous},
    database_url::DatabaseUrl,
    pool::Pool,
};

/// How late it may be known here what others committed.
const LATEST: Duration = Duration::from_millis(900);

/// How often PostgreSQL is asked, by a round trip.
const EVERY: Duration = Duration::from_millis(100);

/// How often SQLite is asked, which takes the connection that writes.
const EVERY_ON_SQLITE: Duration = Duration::from_millis(250);

/// How long it is waited before a lost connection is made anew.
const BEFORE_ANOTHER_TRY: Duration = Duration::from_millis(250);

/// Tells an observer for good what other processes commit to the SQLite file.
pub(crate) async fn on_sqlite(writers: Pool, observer: Arc<dyn ChangeObserver>) {
    loop {
        let asked = Instant::now();
        match writers.was_changed_elsewhere().await {
            Ok(was_changed) => {
                if was_changed {
                    observer.committed_elsewhere(&Changes::Everything);
                }
                observer.vouch_until(asked + LATEST);
            }
            Err(error) => tracing::debug!(%error, "it is not known what others changed"),
        }
        sleep(EVERY_ON_SQLITE).await;
    }
}

/// Tells an observer what other nodes commit to PostgreSQL, until it is dropped.
pub(crate) async fn on_postgres(
    url: DatabaseUrl,
    announcer: Announcer,
    observer: Arc<dyn ChangeObserver>,
) {
    let alive = Arc::new(());
    let listener = Listener { url, announcer, observer, wanted: Arc::downgrade(&alive) };
    // It has a thread of its own, as it waits for the network most of its time.
    let spawned = thread::Builder::new().name("changes".to_owned()).spawn(|| listener.run());
    if let Err(error) = spawned {
        tracing::error!(%error, "no thread could be had to listen for changes");
    }
    std::future::pending::<()>().await;
    drop(alive);
}

struct Listener {
    url: DatabaseUrl,
    announcer: Announcer,
    observer: Arc<dyn ChangeObserver>,
    wanted: Weak<()>,
}

impl Listener {
    fn run(self) {
        let mut is_known_to_be_away = false;
        while self.is_wanted() {
            let ended = self.connected(|| {
                if std::mem::take(&mut is_known_to_be_away) {
                    tracing::info!("changes of other nodes are heard of again");
                }
            });
            let Err(error) = ended else { return };
            if !std::mem::replace(&mut is_known_to_be_away, true) {
                tracing::warn!(error, "no changes of other nodes are heard of: the cache is off");
            }
            thread::sleep(BEFORE_ANOTHER_TRY);
        }
    }

    fn is_wanted(&self) -> bool {
        self.wanted.strong_count() > 0
    }

    /// Listens on a connection for as long as it lasts and is wanted.
    fn connected(&self, on_success: impl FnOnce()) -> Result<(), String> {
        let mut connection =
            DbConnection::establish_bound(&self.url, Purpose::Read, SqliteSynchronous::default())
                .map_err(|error| self.url.mask(&error.to_string()))?;
        let listening = self.listen(&mut connection, on_success);
        listening.map_err(|error| self.url.mask(&error.to_string()))
    }

    fn listen(&self, connection: &mut DbConnection, on_success: impl FnOnce()) -> QueryResult<()> {
        let DbConnection::Postgres(c) = connection else { return Err(Error::NotFound) };
        c.batch_execute(&format!("LISTEN {CHANNEL}"))?;
        // What was told before it listened.
        self.observer.committed_elsewhere(&Changes::Everything);
        on_success();
        while self.is_wanted() {
            let asked = Instant::now();
            // With the answer comes what was told until then.
            c.batch_execute("SELECT 1")?;
            for notification in c.notifications_iter() {
                self.heard(&notification?.payload);
            }
            self.observer.vouch_until(asked + LATEST);
            thread::sleep(EVERY);
        }
        Ok(())
    }

    fn heard(&self, payload: &str) {
        match Message::read(payload) {
            Some(message) if self.announcer.has_sent(&message) => {}
            Some(message) => self.observer.committed_elsewhere(&message.changes),
            None => self.observer.committed_elsewhere(&Changes::Everything),
        }
    }
}
