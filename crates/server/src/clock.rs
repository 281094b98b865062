//! The system's clock.

use chrono::{SubsecRound, Utc};
use guildhall_application::ports::Clock;
use guildhall_domain::Timestamp;

/// Tells the system's time.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others ask")]
    fn now(&self) -> Timestamp {
        Utc::now().trunc_subsecs(6)
    }
}
