//! The limit on the requests of one actor, by governor (GCRA), in the memory of
//! one node.

use std::{num::NonZeroU32, time::Duration};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};
use guildhall_application::ports::{RequestBudget, RequestThrottle};
use guildhall_domain::UserId;

type Limiter =
    RateLimiter<UserId, DefaultKeyedStateStore<UserId>, DefaultClock, StateInformationMiddleware>;

const WINDOW: Duration = Duration::from_mins(1);

/// How many actors are remembered at once, at most; who comes beyond that is
/// not limited. Each has proven who they are.
const MAX_KEYS: usize = 1_000_000;

/// Limits requests per actor.
pub struct RequestLimits {
    limits: Option<(Limiter, NonZeroU32)>,
}

impl RequestLimits {
    /// So many requests a minute; as many may come at once.
    #[must_use]
    pub fn per_minute(requests: NonZeroU32) -> Self {
        let limiter = RateLimiter::keyed(Quota::per_minute(requests));
        Self { limits: Some((limiter.with_middleware(), requests)) }
    }

    /// No limits at all.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self { limits: None }
    }

    /// Forgets actors who have their whole budget again. Call it every few
    /// minutes.
    pub fn forget_idle(&self) {
        if let Some((limiter, _)) = &self.limits {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

impl RequestThrottle for RequestLimits {
    fn admit(&self, actor: UserId) -> Result<Option<RequestBudget>, RequestBudget> {
        let Some((limiter, limit)) = &self.limits else { return Ok(None) };
        if limiter.len() >= MAX_KEYS {
            return Ok(None);
        }
        let limit = limit.get();
        let budget = |remaining: u32, retry_after| RequestBudget {
            limit,
            window: WINDOW,
            remaining,
            reset_after: WINDOW / limit * limit.saturating_sub(remaining),
            retry_after,
        };
        match limiter.check_key(&actor) {
            Ok(state) => Ok(Some(budget(state.remaining_burst_capacity(), Duration::ZERO))),
            Err(until) => Err(budget(0, until.wait_time_from(limiter.clock().now()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn user(number: u128) -> UserId {
        UserId::new(Uuid::from_u128(number))
    }

    #[test]
    fn each_actor_has_a_budget_and_is_told_what_is_left() {
        let limits = RequestLimits::per_minute(NonZeroU32::new(3).unwrap());
        for remaining in [2, 1, 0] {
            let budget = limits.admit(user(1)).unwrap().unwrap();
            assert_eq!((budget.limit, budget.remaining), (3, remaining));
            assert_eq!(budget.reset_after, Duration::from_secs(20) * (3 - remaining));
        }
        let spent = limits.admit(user(1)).unwrap_err();
        assert_eq!(spent.remaining, 0);
        let wait = spent.retry_after;
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(20), "{wait:?}");
        assert_eq!(limits.admit(user(2)).unwrap().unwrap().remaining, 2);
    }

    #[test]
    fn without_limits_nobody_is_counted() {
        let limits = RequestLimits::unlimited();
        assert!((0..1000).all(|_| limits.admit(user(1)) == Ok(None)));
    }
}
