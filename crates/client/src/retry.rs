//! Which requests are sent again, and when.

use std::time::Duration;

use reqwest::StatusCode;

/// How often and how long to wait for another attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetryPolicy {
    /// So many attempts after the first.
    pub(crate) retries: u32,
    /// Who asks to be left alone for longer is not asked again.
    pub(crate) longest_wait: Duration,
}

/// The wait before the second attempt, where the service names none; doubled
/// before each further one.
const FIRST_WAIT: Duration = Duration::from_millis(200);

impl RetryPolicy {
    /// How long to wait before another attempt, if there is to be one.
    pub(crate) fn wait(&self, attempts: u32, asked_for: Option<Duration>) -> Option<Duration> {
        if attempts > self.retries {
            return None;
        }
        let doubled = || FIRST_WAIT.saturating_mul(1 << attempts.saturating_sub(1).min(16));
        let wait = asked_for.unwrap_or_else(|| doubled().min(self.longest_wait));
        (wait <= self.longest_wait).then_some(wait)
    }
}

/// Whether the service says that another attempt may succeed.
pub(crate) fn is_passing(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

/// Whether the connection failed, or broke off. To wait once more for what has
/// not come in time would double the time limit.
pub(crate) fn is_broken_connection(error: &reqwest::Error) -> bool {
    !(error.is_builder() || error.is_redirect() || error.is_timeout())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_bounded() {
        let policy = RetryPolicy { retries: 3, longest_wait: Duration::from_millis(500) };
        let millis = Duration::from_millis;
        for (attempts, asked_for, wait) in [
            (1, None, Some(200)),
            (2, None, Some(400)),
            (3, None, Some(500)),
            (4, None, None),
            (1, Some(500), Some(500)),
            (1, Some(501), None),
            (4, Some(1), None),
        ] {
            let actual = policy.wait(attempts, asked_for.map(millis));
            assert_eq!(actual, wait.map(millis), "{attempts} {asked_for:?}");
        }
    }
}
