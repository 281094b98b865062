//! What a node does at intervals while it serves.

use std::sync::Arc;

use chrono::TimeDelta;
use guildhall_domain::{ServingPeriod, Uptime};

use crate::{
    Error,
    idempotency::Once,
    ports::{Clock, EndedBefore, IdGenerator, Maintenance},
};

/// Writes down that this node is serving, every [`Uptime::HEARTBEAT`].
pub struct Heartbeat {
    pub(crate) maintenance: Arc<dyn Maintenance>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
}

impl Heartbeat {
    /// Writes a heartbeat and returns the period that it belongs to, which the
    /// next heartbeat continues: `current`, or a new one after a silence, in
    /// which nobody can have been served. A clock that is set back takes nothing
    /// from what the period has already.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    pub async fn beat(&self, current: Option<ServingPeriod>) -> Result<ServingPeriod, Error> {
        let now = self.clock.now();
        let period = match current {
            Some(period) if now - period.last_seen_at <= Uptime::SILENCE => {
                ServingPeriod { last_seen_at: now.max(period.last_seen_at), ..period }
            }
            _ => ServingPeriod {
                id: self.ids.serving_period_id(),
                started_at: now,
                last_seen_at: now,
            },
        };
        self.maintenance.heartbeat(&period).await?;
        Ok(period)
    }
}

/// Removes what has no more meaning: sessions that expired, serving periods
/// older than the window of uptime, answers that need not be repeated, and
/// invitations that ended a while ago, with the addresses in them.
pub struct Sweep {
    pub(crate) maintenance: Arc<dyn Maintenance>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Sweep {
    /// How many rows one transaction removes, so that it stays short.
    const BATCH: u32 = 1000;
    /// How long an invitation that ended is shown.
    const INVITATIONS_KEPT_FOR: TimeDelta = TimeDelta::days(90);

    /// Removes batches until little is left, and says how many rows went.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    #[tracing::instrument(level = "debug", name = "upkeep.sweep", skip_all)]
    pub async fn execute(&self) -> Result<u64, Error> {
        let now = self.clock.now();
        let ended = EndedBefore {
            sessions: now,
            periods: now - Uptime::WINDOW,
            requests: now - Once::<()>::KEPT_FOR,
            invitations: now - Self::INVITATIONS_KEPT_FOR,
        };
        let mut removed = 0;
        loop {
            let batch = self.maintenance.sweep(&ended, Self::BATCH).await?;
            removed += batch;
            if batch < u64::from(Self::BATCH) {
                return Ok(removed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use guildhall_domain::ServingPeriodId;
    use uuid::Uuid;

    use super::*;
    use crate::{
        ports::StoreError,
        testing::{FixedClock, TestPorts, at},
    };

    fn away() -> StoreError {
        StoreError::Unavailable("away".to_owned())
    }

    /// A heartbeat so many seconds after the epoch.
    async fn beat(current: Option<ServingPeriod>, seconds: i64) -> ServingPeriod {
        let mut ports = TestPorts { clock: FixedClock(at(seconds)), ..TestPorts::default() };
        let (written, writing) = std::sync::mpsc::channel();
        ports.maintenance.expect_heartbeat().times(1).return_once(move |period| {
            written.send(*period).unwrap();
            Ok(())
        });
        let period = ports.into_use_cases().heartbeat.beat(current).await.unwrap();
        assert_eq!(writing.recv().unwrap(), period);
        period
    }

    #[tokio::test]
    async fn a_heartbeat_continues_its_period_until_a_silence() {
        let first = beat(None, 0).await;
        assert_eq!((first.started_at, first.last_seen_at), (at(0), at(0)));

        let second = beat(Some(first), 30).await;
        assert_eq!(second, ServingPeriod { last_seen_at: at(30), ..first });

        // An id that the next heartbeat's generator cannot come up with.
        let second = ServingPeriod { id: ServingPeriodId::new(Uuid::from_u128(1)), ..second };
        let after_silence = beat(Some(second), 61).await;
        assert_ne!(after_silence.id, second.id);
        assert_eq!((after_silence.started_at, after_silence.last_seen_at), (at(61), at(61)));
    }

    #[tokio::test]
    async fn a_clock_that_steps_back_takes_nothing_away() {
        let period = beat(Some(beat(None, 0).await), 30).await;
        assert_eq!(beat(Some(period), 10).await, period);
        let later = beat(Some(period), 45).await;
        assert_eq!(later, ServingPeriod { last_seen_at: at(45), ..period });
    }

    #[tokio::test]
    async fn a_heartbeat_that_fails_says_so() {
        let mut ports = TestPorts::default();
        ports.maintenance.expect_heartbeat().return_once(|_| Err(away()));
        let result = ports.into_use_cases().heartbeat.beat(None).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))));
    }

    /// Sweeps a store that removes so many rows at each call.
    async fn sweep(batches: Vec<Result<u64, StoreError>>) -> Result<u64, Error> {
        let mut ports = TestPorts { clock: FixedClock(at(60)), ..TestPorts::default() };
        for batch in batches {
            ports
                .maintenance
                .expect_sweep()
                .withf(|ended, limit| {
                    let expected = EndedBefore {
                        sessions: at(60),
                        periods: at(60) - TimeDelta::days(30),
                        requests: at(60) - TimeDelta::days(1),
                        invitations: at(60) - TimeDelta::days(90),
                    };
                    *ended == expected && *limit == 1000
                })
                .times(1)
                .return_once(move |_, _| batch);
        }
        ports.into_use_cases().sweep.execute().await
    }

    #[tokio::test]
    async fn a_sweep_ends_at_the_first_batch_that_is_not_full() {
        assert_eq!(sweep(vec![Ok(0)]).await.unwrap(), 0);
        assert_eq!(sweep(vec![Ok(999)]).await.unwrap(), 999);
        assert_eq!(sweep(vec![Ok(1000), Ok(2000), Ok(0)]).await.unwrap(), 3000);
    }

    #[tokio::test]
    async fn a_sweep_that_fails_says_so() {
        let result = sweep(vec![Ok(1000), Err(away())]).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))));
    }
}
