//! Uptime: the share of a window of time in which at least one node was serving.

use std::fmt;

use chrono::TimeDelta;

use crate::{ServingPeriodId, Timestamp};

/// A stretch of time in which one node was serving, as its heartbeats tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServingPeriod {
    /// Its id.
    pub id: ServingPeriodId,
    /// The first heartbeat.
    pub started_at: Timestamp,
    /// The last heartbeat so far.
    pub last_seen_at: Timestamp,
}

/// A share of time, in thousandths, rounded down: what was not served is never
/// rounded away. Printed like `99.9%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uptime(u16);

impl Uptime {
    /// The window that uptime looks back over.
    pub const WINDOW: TimeDelta = TimeDelta::days(30);

    /// How far apart heartbeats are. A period counts this long past its last one.
    pub const HEARTBEAT: TimeDelta = TimeDelta::seconds(15);

    /// The longest silence after which a heartbeat still continues its period.
    pub const SILENCE: TimeDelta = TimeDelta::seconds(30);

    /// The uptime at `now` of an installation that exists since `installed_at`.
    #[must_use]
    pub fn of(periods: &[ServingPeriod], installed_at: Timestamp, now: Timestamp) -> Self {
        let from = began_to_serve(periods, installed_at).max(now - Self::WINDOW);
        let window = (now - from).num_milliseconds();
        if window <= 0 {
            return Self(1000);
        }
        let served = served(periods, from, now).num_milliseconds();
        let thousandths = (served.saturating_mul(1000) / window).clamp(0, 1000);
        Self(u16::try_from(thousandths).unwrap_or(1000))
    }

    /// The share in thousandths, 0 to 1000.
    #[must_use]
    pub const fn thousandths(self) -> u16 {
        self.0
    }
}

/// When the first node was up, if that was right after the database was made:
/// the moments between are no outage.
fn began_to_serve(periods: &[ServingPeriod], installed_at: Timestamp) -> Timestamp {
    let first = periods.iter().map(|period| period.started_at).min();
    match first {
        Some(first) if first - installed_at <= Uptime::SILENCE => first,
        _ => installed_at,
    }
}

/// How much of `from..to` the union of the periods covers.
fn served(periods: &[ServingPeriod], from: Timestamp, to: Timestamp) -> TimeDelta {
    let mut spans: Vec<_> = periods
        .iter()
        .map(|p| (p.started_at.max(from), (p.last_seen_at + Uptime::HEARTBEAT).min(to)))
        .filter(|(start, end)| start < end)
        .collect();
    spans.sort_unstable();
    let mut covered = TimeDelta::zero();
    let mut reached = from;
    for (start, end) in spans {
        let start = start.max(reached);
        if start < end {
            covered += end - start;
            reached = end;
        }
    }
    covered
}

impl fmt::Display for Uptime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}%", self.0 / 10, self.0 % 10)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::ids::Id;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn period(start: i64, last: i64) -> ServingPeriod {
        ServingPeriod { id: Id::new(Uuid::nil()), started_at: at(start), last_seen_at: at(last) }
    }

    #[test]
    fn it_is_the_share_of_the_window_that_any_node_served() {
        let hour = 3600;
        for (periods, installed, now, printed) in [
            (vec![], 0, 0, "100.0%"),
            (vec![], 0, hour, "0.0%"),
            (vec![period(0, hour - 15)], 0, hour, "100.0%"),
            (vec![period(0, hour - 15)], 0, 2 * hour, "50.0%"),
            (vec![period(0, 1800 - 15), period(900, hour - 15)], 0, hour, "100.0%"),
            (vec![period(0, 585), period(0, 585), period(600, 1185)], 0, hour, "33.3%"),
            (vec![period(0, 3582)], 0, hour, "99.9%"),
            (vec![period(30, hour - 15)], 0, hour, "100.0%"),
            (vec![period(31, hour - 15)], 0, hour, "99.1%"),
            (vec![period(0, hour * 24 * 45 - 15)], 0, hour * 24 * 45, "100.0%"),
        ] {
            let uptime = Uptime::of(&periods, at(installed), at(now));
            assert_eq!(uptime.to_string(), printed, "{periods:?}");
        }
    }

    #[test]
    fn only_a_month_back_counts() {
        let day = 24 * 3600;
        let uptime = Uptime::of(&[period(15 * day, 45 * day - 15)], at(0), at(45 * day));
        assert_eq!(uptime.thousandths(), 1000);
    }

    proptest! {
        #[test]
        fn more_periods_never_lower_it(
            spans in prop::collection::vec((0_i64..5000, 0_i64..500), 0..20),
            more in (0_i64..5000, 0_i64..500),
        ) {
            let mut periods: Vec<_> = spans.iter().map(|(s, l)| period(*s, s + l)).collect();
            let before = Uptime::of(&periods, at(0), at(5000));
            periods.push(period(more.0, more.0 + more.1));
            let after = Uptime::of(&periods, at(0), at(5000));
            prop_assert!(before <= after && after.thousandths() <= 1000);
        }

        #[test]
        fn overlaps_count_once(start in 0_i64..1000, length in 0_i64..1000, copies in 1_usize..5) {
            let one = Uptime::of(&[period(start, start + length)], at(0), at(3000));
            let many = Uptime::of(&vec![period(start, start + length); copies], at(0), at(3000));
            prop_assert_eq!(one, many);
        }
    }
}
