//! What a node does at intervals while it serves: heartbeats, sending mail, and
//! sweeping up.

use std::{convert::Infallible, sync::Arc, time::Duration};

use guildhall_application::{UseCases, with_causes};
use guildhall_cache::Cache;
use guildhall_domain::{ServingPeriod, Uptime};
use guildhall_identity::{RequestLimits, SignInLimits};
use tokio::time::{MissedTickBehavior, interval};

use crate::metrics::{Task, TaskMetrics};

const SWEEP_EVERY: Duration = Duration::from_hours(1);
const FORGET_EVERY: Duration = Duration::from_mins(1);
const SEND_EVERY: Duration = Duration::from_secs(1);
const WRITE_USES_EVERY: Duration = Duration::from_secs(1);

fn heartbeat_every() -> Duration {
    Uptime::HEARTBEAT.to_std().unwrap_or(Duration::from_secs(15))
}

/// Writes down that this node is serving.
pub(crate) struct Heartbeats {
    use_cases: Arc<UseCases>,
    period: Option<ServingPeriod>,
    tasks: TaskMetrics,
}

impl Heartbeats {
    /// Heartbeats of a node that begins to serve.
    pub(crate) fn new(use_cases: Arc<UseCases>, tasks: TaskMetrics) -> Self {
        tasks.expect(Task::Heartbeat, heartbeat_every());
        Self { use_cases, period: None, tasks }
    }

    /// Writes one.
    pub(crate) async fn beat(&mut self) {
        let beaten = self.use_cases.heartbeat.beat(self.period).await;
        self.tasks.ended(Task::Heartbeat, &beaten);
        match beaten {
            Ok(period) => self.period = Some(period),
            Err(error) => {
                tracing::warn!(error = with_causes(&error), "a heartbeat was not written");
            }
        }
    }

    /// Goes on writing them until it is dropped.
    pub(crate) async fn run(&mut self) -> Infallible {
        let mut ticks = interval(heartbeat_every());
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            self.beat().await;
        }
    }
}

/// Removes what has ended, now and then, until it is dropped.
pub(crate) async fn sweeps(use_cases: Arc<UseCases>, tasks: TaskMetrics) {
    tasks.expect(Task::Sweep, SWEEP_EVERY);
    tasks.expect(Task::Purge, SWEEP_EVERY);
    let mut ticks = interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let swept = use_cases.sweep.execute().await;
        tasks.ended(Task::Sweep, &swept);
        match swept {
            Ok(removed) => tracing::debug!(removed, "swept"),
            Err(error) => tracing::warn!(error = with_causes(&error), "nothing was swept"),
        }
        let purged = use_cases.purge_organizations.execute().await;
        tasks.ended(Task::Purge, &purged);
        match purged {
            Ok(purged) => tracing::debug!(purged, "purged"),
            Err(error) => tracing::warn!(error = with_causes(&error), "nothing was purged"),
        }
    }
}

/// Makes room in the audit logs for the months to come, and drops those that are too
/// old, until it is dropped.
pub(crate) async fn retention(use_cases: Arc<UseCases>, tasks: TaskMetrics) {
    tasks.expect(Task::Retention, SWEEP_EVERY);
    let mut ticks = interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let dropped = use_cases.drop_old_entries.execute().await;
        tasks.ended(Task::Retention, &dropped);
        match dropped {
            Ok(0) => {}
            Ok(dropped) => tracing::info!(dropped, "old entries of audit logs were dropped"),
            Err(error) => {
                tracing::error!(error = with_causes(&error), "audit logs were not kept in bounds");
            }
        }
    }
}

/// States how far each audit log is, at that interval, until it is dropped.
pub(crate) async fn checkpoints(use_cases: Arc<UseCases>, every: Duration, tasks: TaskMetrics) {
    tasks.expect(Task::Checkpoints, every);
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_introduced = false;
    loop {
        ticks.tick().await;
        if !is_introduced {
            is_introduced = use_cases.make_checkpoints.introduce().await.is_ok();
        }
        let made = use_cases.make_checkpoints.execute().await;
        tasks.ended(Task::Checkpoints, &made);
        match made {
            Ok(made) => tracing::debug!(made, "checkpoints were made"),
            Err(error) => tracing::warn!(error = with_causes(&error), "no checkpoint was made"),
        }
    }
}

/// Writes down which sessions were used, until it is dropped.
pub(crate) async fn session_uses(use_cases: Arc<UseCases>, tasks: TaskMetrics) {
    tasks.expect(Task::SessionUses, WRITE_USES_EVERY);
    let mut ticks = interval(WRITE_USES_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        write_session_uses(&use_cases, &tasks).await;
    }
}

/// Writes down which sessions were used since this was done last.
pub(crate) async fn write_session_uses(use_cases: &UseCases, tasks: &TaskMetrics) {
    let written = use_cases.session_uses.write().await;
    tasks.ended(Task::SessionUses, &written);
    if let Err(error) = written {
        tracing::warn!(error = with_causes(&error), "uses of sessions were not written down");
    }
}

/// Sends mail that is due, until it is dropped.
pub(crate) async fn mail(use_cases: Arc<UseCases>, tasks: TaskMetrics) {
    tasks.expect(Task::Mail, SEND_EVERY);
    let mut ticks = interval(SEND_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let sent = use_cases.deliver_mail.execute().await;
        tasks.ended(Task::Mail, &sent);
        match sent {
            Ok(0) => {}
            Ok(sent) => tracing::info!(sent, "mail was sent"),
            Err(error) => tracing::warn!(error = with_causes(&error), "no mail was sent"),
        }
    }
}

/// Keeps the memory of the limits and of the cache small, until it is dropped.
pub(crate) async fn forgetting(
    sign_in: Arc<SignInLimits>,
    requests: Arc<RequestLimits>,
    cache: Option<Cache>,
) {
    let mut ticks = interval(FORGET_EVERY);
    loop {
        ticks.tick().await;
        sign_in.forget_idle();
        requests.forget_idle();
        if let Some(cache) = &cache {
            cache.forget_old();
        }
    }
}
