//! What a node does at intervals while it serves: heartbeats, sending mail, and
//! sweeping up.

use std::{convert::Infallible, sync::Arc, time::Duration};

use guildhall_application::{UseCases, with_causes};
use guildhall_domain::{ServingPeriod, Uptime};
use guildhall_identity::{RequestLimits, SignInLimits};
use tokio::time::{MissedTickBehavior, interval};

const SWEEP_EVERY: Duration = Duration::from_hours(1);
const FORGET_EVERY: Duration = Duration::from_mins(5);
const SEND_EVERY: Duration = Duration::from_secs(1);

/// Writes down that this node is serving.
pub(crate) struct Heartbeats {
    use_cases: Arc<UseCases>,
    period: Option<ServingPeriod>,
}

impl Heartbeats {
    /// Heartbeats of a node that begins to serve.
    pub(crate) const fn new(use_cases: Arc<UseCases>) -> Self {
        Self { use_cases, period: None }
    }

    /// Writes one.
    pub(crate) async fn beat(&mut self) {
        match self.use_cases.heartbeat.beat(self.period).await {
            Ok(period) => self.period = Some(period),
            Err(error) => {
                tracing::warn!(error = with_causes(&error), "a heartbeat was not written");
            }
        }
    }

    /// Goes on writing them until it is dropped.
    pub(crate) async fn run(&mut self) -> Infallible {
        let mut ticks = interval(Uptime::HEARTBEAT.to_std().unwrap_or(Duration::from_secs(15)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            self.beat().await;
        }
    }
}

/// Removes what has ended, now and then, until it is dropped.
pub(crate) async fn sweeps(use_cases: Arc<UseCases>) {
    let mut ticks = interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match use_cases.sweep.execute().await {
            Ok(removed) => tracing::debug!(removed, "swept"),
            Err(error) => tracing::warn!(error = with_causes(&error), "nothing was swept"),
        }
        match use_cases.purge_organizations.execute().await {
            Ok(purged) => tracing::debug!(purged, "purged"),
            Err(error) => tracing::warn!(error = with_causes(&error), "nothing was purged"),
        }
    }
}

/// Makes room in the audit logs for the months to come, and drops those that are too
/// old, until it is dropped.
pub(crate) async fn retention(use_cases: Arc<UseCases>) {
    let mut ticks = interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match use_cases.drop_old_entries.execute().await {
            Ok(0) => {}
            Ok(dropped) => tracing::info!(dropped, "old entries of audit logs were dropped"),
            Err(error) => {
                tracing::error!(error = with_causes(&error), "audit logs were not kept in bounds");
            }
        }
    }
}

/// States how far each audit log is, at that interval, until it is dropped.
pub(crate) async fn checkpoints(use_cases: Arc<UseCases>, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_introduced = false;
    loop {
        ticks.tick().await;
        if !is_introduced {
            is_introduced = use_cases.make_checkpoints.introduce().await.is_ok();
        }
        match use_cases.make_checkpoints.execute().await {
            Ok(made) => tracing::debug!(made, "checkpoints were made"),
            Err(error) => tracing::warn!(error = with_causes(&error), "no checkpoint was made"),
        }
    }
}

/// Sends mail that is due, until it is dropped.
pub(crate) async fn mail(use_cases: Arc<UseCases>) {
    let mut ticks = interval(SEND_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match use_cases.deliver_mail.execute().await {
            Ok(0) => {}
            Ok(sent) => tracing::info!(sent, "mail was sent"),
            Err(error) => tracing::warn!(error = with_causes(&error), "no mail was sent"),
        }
    }
}

/// Keeps the memory of the limits small, until it is dropped.
pub(crate) async fn forgetting(sign_in: Arc<SignInLimits>, requests: Arc<RequestLimits>) {
    let mut ticks = interval(FORGET_EVERY);
    loop {
        ticks.tick().await;
        sign_in.forget_idle();
        requests.forget_idle();
    }
}
