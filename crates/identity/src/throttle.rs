//! The throttle on guessing passwords, by governor (GCRA), in the memory of one
//! node: an attacker who reaches N nodes gets N times the attempts.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};
use guildhall_application::ports::{Refusal, SignInThrottle};
use guildhall_domain::EmailAddress;

/// How many attempts a minute are let through; as many may come at once.
///
/// A network is an address, or a /64 of IPv6, which is what one customer gets.
#[derive(Debug, Clone, Copy)]
pub struct SignInQuota {
    /// From one network: enough for an office behind one address.
    pub per_network: NonZeroU32,
    /// To one account from one network: enough for a person who has forgotten
    /// which password it was.
    pub per_account_and_network: NonZeroU32,
    /// To one account from all networks: enough that who knows nothing but its
    /// address needs many networks to keep its owner out.
    pub per_account: NonZeroU32,
}

impl Default for SignInQuota {
    fn default() -> Self {
        const fn quota(attempts: u32) -> NonZeroU32 {
            match NonZeroU32::new(attempts) {
                Some(attempts) => attempts,
                None => NonZeroU32::MIN,
            }
        }
        Self { per_network: quota(60), per_account_and_network: quota(10), per_account: quota(100) }
    }
}

/// What each limit remembers at once, at most.
const MAX_KEYS: usize = 200_000;

/// How long at least between two attempts to make room where that many are remembered.
const BETWEEN_CLEARINGS: Duration = Duration::from_secs(1);

/// What everybody is told while that many are remembered.
const WHEN_FULL: Refusal = Refusal { retry_after: Duration::from_mins(1), is_first: false };

/// Limits attempts to sign in per network and per account.
pub struct SignInLimits {
    limits: Option<Limits>,
}

struct Limits {
    networks: Limit<IpAddr>,
    accounts_and_networks: Limit<(String, Option<IpAddr>)>,
    accounts: Limit<String>,
}

impl SignInLimits {
    /// Limits by quota.
    #[must_use]
    pub fn new(quota: SignInQuota) -> Self {
        Self {
            limits: Some(Limits {
                networks: Limit::per_minute(quota.per_network),
                accounts_and_networks: Limit::per_minute(quota.per_account_and_network),
                accounts: Limit::per_minute(quota.per_account),
            }),
        }
    }

    /// No limits at all.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self { limits: None }
    }

    /// Forgets networks and accounts that have their whole quota again. Call it
    /// every few minutes.
    pub fn forget_idle(&self) {
        if let Some(limits) = &self.limits {
            limits.networks.forget_idle();
            limits.accounts_and_networks.forget_idle();
            limits.accounts.forget_idle();
        }
    }
}

impl SignInThrottle for SignInLimits {
    fn admit(
        &self,
        address: Option<IpAddr>,
        account: Option<&EmailAddress>,
    ) -> Result<(), Refusal> {
        let Some(limits) = &self.limits else { return Ok(()) };
        let network = address.map(network_of);
        if let Some(network) = network {
            limits.networks.check(&network)?;
        }
        if let Some(account) = account {
            // The account's own limit comes last: what one network has too much
            // of takes nothing from the others.
            let account = account.key().to_owned();
            limits.accounts_and_networks.check(&(account.clone(), network))?;
            limits.accounts.check(&account)?;
        }
        Ok(())
    }
}

/// A limit on the attempts of each key.
struct Limit<K: Clone + Eq + Hash> {
    attempts: Limiter<K>,
    /// Lets one refusal a minute pass for the first.
    first_refusals: Limiter<K>,
}

impl<K: Clone + Eq + Hash> Limit<K> {
    fn per_minute(attempts: NonZeroU32) -> Self {
        Self {
            attempts: Limiter::per_minute(attempts),
            first_refusals: Limiter::per_minute(NonZeroU32::MIN),
        }
    }

    fn check(&self, key: &K) -> Result<(), Refusal> {
        if !self.attempts.has_room() {
            return Err(WHEN_FULL);
        }
        let attempts = &self.attempts.governor;
        attempts.check_key(key).map_err(|until| Refusal {
            retry_after: until.wait_time_from(attempts.clock().now()),
            is_first: self.first_refusals.has_room()
                && self.first_refusals.governor.check_key(key).is_ok(),
        })
    }

    fn forget_idle(&self) {
        for limiter in [&self.attempts, &self.first_refusals] {
            limiter.governor.retain_recent();
            limiter.governor.shrink_to_fit();
        }
    }
}

/// What has been let through for each key of late.
struct Limiter<K: Clone + Eq + Hash> {
    governor: DefaultKeyedRateLimiter<K>,
    /// When all keys were last gone through to make room.
    cleared_at: Mutex<Option<Instant>>,
}

impl<K: Clone + Eq + Hash> Limiter<K> {
    fn per_minute(events: NonZeroU32) -> Self {
        let governor = RateLimiter::keyed(Quota::per_minute(events));
        Self { governor, cleared_at: Mutex::default() }
    }

    /// Whether one more key can be remembered.
    fn has_room(&self) -> bool {
        if self.governor.len() >= MAX_KEYS && self.may_be_cleared() {
            self.governor.retain_recent();
        }
        self.governor.len() < MAX_KEYS
    }

    /// Whoever fills it must not have all keys gone through for each further attempt.
    fn may_be_cleared(&self) -> bool {
        let mut cleared_at = self.cleared_at.lock().unwrap_or_else(PoisonError::into_inner);
        let may_be = cleared_at.is_none_or(|at| at.elapsed() >= BETWEEN_CLEARINGS);
        if may_be {
            *cleared_at = Some(Instant::now());
        }
        may_be
    }
}

/// The address, or the /64 it lies in.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(per_network: u32, per_account_and_network: u32, per_account: u32) -> SignInLimits {
        let quota = |attempts| NonZeroU32::new(attempts).unwrap();
        SignInLimits::new(SignInQuota {
            per_network: quota(per_network),
            per_account_and_network: quota(per_account_and_network),
            per_account: quota(per_account),
        })
    }

    #[expect(clippy::unnecessary_wraps, reason = "what the port takes")]
    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    fn email(text: &str) -> EmailAddress {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_is_stopped_and_told_when_to_come_back() {
        let limits = limits(2, 100, 100);
        assert!(limits.admit(ip("192.0.2.1"), None).is_ok());
        assert!(limits.admit(ip("192.0.2.1"), None).is_ok());
        let wait = limits.admit(ip("192.0.2.1"), None).unwrap_err().retry_after;
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(30));
        assert!(limits.admit(ip("192.0.2.2"), None).is_ok(), "others go on");
    }

    #[test]
    fn one_network_does_not_lock_the_owner_out() {
        let limits = limits(100, 1, 3);
        let (ada, same) = (email("ada@acme.com"), email("ADA@acme.com"));
        assert!(limits.admit(ip("192.0.2.1"), Some(&ada)).is_ok());
        for _ in 0..5 {
            assert!(limits.admit(ip("192.0.2.1"), Some(&same)).is_err());
        }
        assert!(limits.admit(ip("192.0.2.1"), Some(&email("bob@acme.com"))).is_ok());
        assert!(limits.admit(ip("192.0.2.2"), Some(&ada)).is_ok());
        assert!(limits.admit(ip("192.0.2.3"), Some(&ada)).is_ok());
    }

    #[test]
    fn an_account_is_protected_from_many_networks() {
        let limits = limits(100, 100, 2);
        let (ada, same) = (email("ada@acme.com"), email("ADA@acme.com"));
        assert!(limits.admit(ip("192.0.2.1"), Some(&ada)).is_ok());
        assert!(limits.admit(None, Some(&ada)).is_ok());
        assert!(limits.admit(ip("192.0.2.2"), Some(&same)).is_err());
        assert!(limits.admit(ip("192.0.2.2"), Some(&email("bob@acme.com"))).is_ok());
    }

    #[test]
    fn attempts_from_nowhere_are_one_network() {
        let limits = limits(100, 1, 100);
        assert!(limits.admit(None, Some(&email("ada@acme.com"))).is_ok());
        assert!(limits.admit(None, Some(&email("ada@acme.com"))).is_err());
    }

    #[test]
    fn of_many_refusals_one_is_the_first_for_each_key() {
        let limits = limits(2, 1, 100);
        let is_first = |address: &str, account: Option<&str>| {
            let account = account.map(email);
            limits.admit(ip(address), account.as_ref()).err().map(|refusal| refusal.is_first)
        };
        let (ada, bob) = (Some("ada@acme.com"), Some("bob@acme.com"));
        for expected in [None, Some(true), Some(true), Some(false), Some(false)] {
            assert_eq!(is_first("192.0.2.1", ada), expected, "the account, then the network");
        }
        for (account, expected) in [(ada, None), (ada, Some(true)), (bob, Some(true))] {
            assert_eq!(is_first("192.0.2.2", account), expected, "another network");
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let limits = limits(1, 1, 1);
        assert!(limits.admit(ip("2001:db8::1"), None).is_ok());
        assert!(limits.admit(ip("2001:db8::2"), None).is_err());
        assert!(limits.admit(ip("2001:db8:0:1::1"), None).is_ok());
        assert!(limits.admit(ip("192.0.2.1"), None).is_ok());
        assert!(limits.admit(ip("::ffff:192.0.2.1"), None).is_err(), "mapped is the same");
    }

    #[test]
    fn where_no_more_can_be_remembered_nobody_is_let_through_until_some_are_forgotten() {
        // Each is remembered for a millisecond, and for a minute.
        for (quota, is_free_again) in [(60_000, true), (1, false)] {
            let limits = limits(quota, 1, 1);
            let mut numbers = (0_u32..).map(|number| Some(IpAddr::V4(number.into())));
            let full = numbers
                .by_ref()
                .take(MAX_KEYS + 1000)
                .find(|address| limits.admit(*address, None).is_err());
            assert_eq!(full.is_some(), !is_free_again, "{quota}");
            let refused = limits.admit(numbers.next().unwrap(), None);
            assert_eq!(refused.is_err(), !is_free_again, "{quota}");
        }
    }

    #[test]
    fn without_limits_everybody_is_let_through() {
        let limits = SignInLimits::unlimited();
        assert!((0..1000).all(|_| limits.admit(ip("192.0.2.1"), None).is_ok()));
    }
}
