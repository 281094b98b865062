//! What a node does at intervals while it serves: heartbeats, and sweeping up.

use std::{sync::Arc, time::Duration};

use guildhall_application::UseCases;
use guildhall_domain::{ServingPeriod, Uptime};
use guildhall_identity::SignInLimits;
use tokio::time::{MissedTickBehavior, interval};

const SWEEP_EVERY: Duration = Duration::from_hours(1);
const FORGET_EVERY: Duration = Duration::from_mins(5);

/// Writes heartbeats until it is dropped.
pub(crate) async fn heartbeats(use_cases: Arc<UseCases>, mut period: Option<ServingPeriod>) {
    let mut ticks = interval(Uptime::HEARTBEAT.to_std().unwrap_or(Duration::from_secs(15)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        match use_cases.heartbeat.beat(period).await {
            Ok(current) => period = Some(current),
            Err(error) => tracing::warn!(%error, "a heartbeat was not written"),
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
            Err(error) => tracing::warn!(%error, "nothing was swept"),
        }
    }
}

/// Keeps the memory of the sign-in throttle small, until it is dropped.
pub(crate) async fn forgetting(limits: Arc<SignInLimits>) {
    let mut ticks = interval(FORGET_EVERY);
    loop {
        ticks.tick().await;
        limits.forget_idle();
    }
}
