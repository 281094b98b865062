//! The numbers of the stats page, and the security score of one organization.

mod security_score;

pub use security_score::GetSecurityScore;

use std::sync::Arc;

use chrono::TimeDelta;
use guildhall_domain::{AutoJoin, SecurityFacts, SecurityScore, Timestamp, Uptime};

use crate::{
    Caller, Error, Settings,
    ports::{Clock, StatsQueries, StatsSnapshot},
};

/// Numbers over the organizations that the caller's list returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// Live sessions of their members.
    pub active_sessions: u64,
    /// Workspaces allocated to them.
    pub total_workspaces: u64,
    /// Distinct members of them.
    pub total_users: u64,
    /// The security score and what it is made of.
    pub security_score: SecurityScore,
    /// The share of the last 30 days in which the service was up.
    pub uptime: Uptime,
}

/// Where members who signed in since count as active.
fn active_since(now: Timestamp) -> Timestamp {
    now - TimeDelta::days(SecurityScore::DORMANT_AFTER_DAYS)
}

/// Runs the checks on what was counted, and on the installation's settings.
fn score(settings: &Settings, snapshot: &StatsSnapshot) -> SecurityScore {
    SecurityScore::of(&SecurityFacts {
        sign_in_is_throttled: settings.sign_in_is_throttled,
        transport_is_encrypted: settings.transport_is_encrypted,
        joining_is_proven: settings.auto_join != AutoJoin::EmailDomain,
        organizations: snapshot.organizations,
        organizations_with_single_owner: snapshot.organizations_with_single_owner,
        organizations_with_many_admins: snapshot.organizations_with_many_admins,
        members: snapshot.members,
        members_with_mfa: snapshot.members_with_mfa,
        members_active: snapshot.members_active,
    })
}

/// Computes the stats.
pub struct GetStats {
    pub(crate) stats: Arc<dyn StatsQueries>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Arc<Settings>,
}

impl GetStats {
    /// The stats for this caller.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    #[tracing::instrument(level = "debug", name = "stats.get", skip_all)]
    pub async fn execute(&self, caller: &Caller) -> Result<Stats, Error> {
        let now = self.clock.now();
        let snapshot = self.stats.snapshot(caller.viewer(), now, active_since(now)).await?;
        let (installed_at, periods) = self.stats.serving_periods(now - Uptime::WINDOW).await?;
        Ok(Stats {
            active_sessions: snapshot.live_sessions,
            total_workspaces: snapshot.workspaces,
            total_users: snapshot.members,
            security_score: score(&self.settings, &snapshot),
            uptime: Uptime::of(&periods, installed_at, now),
        })
    }
}

#[cfg(test)]
mod tests {
    use guildhall_domain::{ServingPeriod, ServingPeriodId, UserRole};
    use uuid::Uuid;

    use super::*;
    use crate::{
        ports::StoreError,
        testing::{FixedClock, TestPorts, at, caller},
    };

    const DAY: i64 = 24 * 3600;
    /// A hundred days after the epoch.
    const NOW: i64 = 100 * DAY;

    const SNAPSHOT: StatsSnapshot = StatsSnapshot {
        organizations: 4,
        workspaces: 15,
        members: 10,
        members_with_mfa: 4,
        members_active: 5,
        live_sessions: 12,
        organizations_with_single_owner: 1,
        organizations_with_many_admins: 2,
    };

    fn ports(role: UserRole) -> TestPorts {
        let mut ports = TestPorts { clock: FixedClock(at(NOW)), ..TestPorts::default() };
        let viewer = caller(role).viewer();
        ports
            .stats
            .expect_snapshot()
            .withf(move |seen_by, now, active_since| {
                (*seen_by, *now, *active_since) == (viewer, at(NOW), at(10 * DAY))
            })
            .times(1)
            .return_once(|_, _, _| Ok(SNAPSHOT));
        // Installed ten days ago, and served in nine of them.
        let period = ServingPeriod {
            id: ServingPeriodId::new(Uuid::from_u128(1)),
            started_at: at(91 * DAY),
            last_seen_at: at(NOW),
        };
        ports
            .stats
            .expect_serving_periods()
            .withf(|since| *since == at(70 * DAY))
            .times(1)
            .return_once(move |_| Ok((at(90 * DAY), vec![period])));
        ports
    }

    async fn points(ports: TestPorts) -> Vec<u8> {
        let stats = ports.into_use_cases().get_stats.execute(&caller(UserRole::User)).await;
        stats.unwrap().security_score.checks.iter().map(|check| check.points).collect()
    }

    #[tokio::test]
    async fn the_numbers_are_those_that_the_caller_may_see() {
        for role in UserRole::ALL {
            let get_stats = ports(role).into_use_cases().get_stats;
            let stats = get_stats.execute(&caller(role)).await.unwrap();
            assert_eq!(
                (stats.active_sessions, stats.total_workspaces, stats.total_users),
                (12, 15, 10)
            );
            assert_eq!(stats.uptime.to_string(), "90.0%");
        }
    }

    #[tokio::test]
    async fn the_score_is_computed_from_settings_and_numbers() {
        assert_eq!(points(ports(UserRole::User)).await, [15, 0, 0, 11, 7, 6, 5]);

        let mut safer = ports(UserRole::User);
        safer.settings.transport_is_encrypted = true;
        safer.settings.auto_join = AutoJoin::VerifiedDomain;
        assert_eq!(points(safer).await, [15, 15, 15, 11, 7, 6, 5]);

        let mut laxer = ports(UserRole::User);
        laxer.settings.sign_in_is_throttled = false;
        laxer.settings.auto_join = AutoJoin::Off;
        assert_eq!(points(laxer).await, [0, 0, 15, 11, 7, 6, 5]);
    }

    #[tokio::test]
    async fn a_failing_store_gives_no_numbers() {
        let away = || StoreError::Unavailable("away".to_owned());
        let mut counting = TestPorts::default();
        counting.stats.expect_snapshot().return_once(move |_, _, _| Err(away()));
        let mut looking_back = TestPorts::default();
        looking_back.stats.expect_snapshot().return_once(|_, _, _| Ok(SNAPSHOT));
        looking_back.stats.expect_serving_periods().return_once(move |_| Err(away()));
        for ports in [counting, looking_back] {
            let result = ports.into_use_cases().get_stats.execute(&caller(UserRole::User)).await;
            assert!(matches!(result, Err(Error::StoreUnavailable(_))));
        }
    }
}
