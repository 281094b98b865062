//! Whether short reads may be run in place, on the thread that asks for them.
//!
//! In memory, SQLite takes less time for one than it takes to hand it to a blocking
//! thread and back. Where it does take long, for a cold or failing disk or a lock,
//! everybody else whom the thread serves would wait.
//!
//! **Invariant:** what is run in place keeps its threads from others for about a
//! hundredth of the time at most. Of what takes longer, all is handed over for a while,
//! before a few are tried again.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

/// How long reads may take on the average. In memory it is some 20 µs; the rest is for
/// threads that were not let on by the system.
const LIMIT: Duration = Duration::from_millis(1);

/// Over about how many reads the average is.
const READS: u64 = 64;

/// How many times as long as the reads of an average took together is waited.
const REST: u64 = 100;

/// How short reads have gone so far. Threads that note one at the same moment may lose
/// one of both; it is for an estimate.
pub(crate) struct Pace {
    began: Instant,
    /// Of what was run in place, in nanoseconds.
    average: AtomicU64,
    /// Until when nothing is run in place, in nanoseconds from the beginning.
    rests_until: AtomicU64,
}

impl Pace {
    /// Quick, until it turns out otherwise.
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), average: AtomicU64::new(0), rests_until: AtomicU64::new(0) }
    }

    /// Whether a read that begins now may be run in place.
    pub(crate) fn is_quick(&self, now: Instant) -> bool {
        self.nanoseconds(now) >= self.rests_until.load(Relaxed)
    }

    /// Notes one that was, when it is done.
    pub(crate) fn took(&self, duration: Duration, now: Instant) {
        let limit = nanoseconds(LIMIT);
        let before = self.average.load(Relaxed);
        let average = before - before / READS + nanoseconds(duration) / READS;
        if average <= limit {
            return self.average.store(average, Relaxed);
        }
        let rest = average.saturating_mul(READS * REST);
        self.rests_until.store(self.nanoseconds(now).saturating_add(rest), Relaxed);
        // From there a few slow ones will do.
        self.average.store(limit / 2, Relaxed);
    }

    fn nanoseconds(&self, now: Instant) -> u64 {
        nanoseconds(now.saturating_duration_since(self.began))
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    /// How much of an hour is spent in place, where reads come at this interval and take
    /// as long as that says of the number of each.
    fn spent(interval: Duration, takes: impl Fn(u64) -> Duration) -> f64 {
        let pace = Pace::new();
        let (mut now, mut spent) = (pace.began, Duration::ZERO);
        for number in 0.. {
            if now.duration_since(pace.began) >= HOUR {
                break;
            }
            if pace.is_quick(now) {
                let duration = takes(number);
                now += duration;
                spent += duration;
                pace.took(duration, now);
            }
            now += interval;
        }
        spent.as_secs_f64() / HOUR.as_secs_f64()
    }

    #[test]
    fn slow_reads_take_a_hundredth_of_the_time() {
        for milliseconds in [2, 5, 20, 100, 1_000, 5_000] {
            let each = Duration::from_millis(milliseconds);
            let share = spent(Duration::from_millis(1), |_| each);
            assert!(share > 0.0, "{each:?} are never tried again");
            assert!(share < 0.02, "{each:?} took {share}");
        }
    }

    #[test]
    fn a_read_that_hangs_is_not_followed_by_another_for_minutes() {
        let pace = Pace::new();
        let done = pace.began + Duration::from_secs(5);
        pace.took(Duration::from_secs(5), done);
        assert!(!pace.is_quick(done + Duration::from_mins(5)));
        assert!(pace.is_quick(done + Duration::from_mins(10)));
    }

    #[test]
    fn a_thread_that_now_and_then_was_not_let_on_makes_no_difference() {
        let pace = Pace::new();
        for number in 0..10_000 {
            let milliseconds = if number % 100 == 0 { 6 } else { 0 };
            let duration = Duration::from_millis(milliseconds) + Duration::from_micros(20);
            pace.took(duration, pace.began);
            assert!(pace.is_quick(pace.began), "after {number}");
        }
    }
}
