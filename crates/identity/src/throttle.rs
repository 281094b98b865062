//! The throttle on guessing passwords, by governor (GCRA), in the memory of one
//! node: an attacker who reaches N nodes gets N times the attempts.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use guildhall_application::ports::SignInThrottle;
use guildhall_domain::EmailAddress;

/// How many attempts a minute are let through; as many may come at once.
#[derive(Debug, Clone, Copy)]
pub struct SignInQuota {
    /// From one address (one /64 of IPv6, which is what one customer gets):
    /// enough for an office behind one address.
    pub per_address: NonZeroU32,
    /// To one account: enough for a person who has forgotten which password it was.
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
        Self { per_address: quota(60), per_account: quota(10) }
    }
}

/// Addresses and accounts that are remembered at once, at most.
const MAX_KEYS: usize = 200_000;

/// What a newcomer is told while that many are remembered.
const WHEN_FULL: Duration = Duration::from_mins(1);

/// Limits attempts to sign in per address and per account.
pub struct SignInLimits {
    limits: Option<Limits>,
}

struct Limits {
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    accounts: DefaultKeyedRateLimiter<String>,
    clock: DefaultClock,
}

impl SignInLimits {
    /// Limits by quota.
    #[must_use]
    pub fn new(quota: SignInQuota) -> Self {
        Self {
            limits: Some(Limits {
                addresses: RateLimiter::keyed(Quota::per_minute(quota.per_address)),
                accounts: RateLimiter::keyed(Quota::per_minute(quota.per_account)),
                clock: DefaultClock::default(),
            }),
        }
    }

    /// No limits at all.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self { limits: None }
    }

    /// Forgets addresses and accounts that have their whole quota again. Call
    /// it every few minutes.
    pub fn forget_idle(&self) {
        if let Some(limits) = &self.limits {
            limits.addresses.retain_recent();
            limits.addresses.shrink_to_fit();
            limits.accounts.retain_recent();
            limits.accounts.shrink_to_fit();
        }
    }
}

impl SignInThrottle for SignInLimits {
    fn admit(
        &self,
        address: Option<IpAddr>,
        account: Option<&EmailAddress>,
    ) -> Result<(), Duration> {
        let Some(limits) = &self.limits else { return Ok(()) };
        if let Some(address) = address {
            limits.check(&limits.addresses, &network_of(address))?;
        }
        if let Some(account) = account {
            limits.check(&limits.accounts, &account.key().to_owned())?;
        }
        Ok(())
    }
}

impl Limits {
    fn check<K: Clone + Eq + Hash>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        key: &K,
    ) -> Result<(), Duration> {
        if limiter.len() >= MAX_KEYS {
            limiter.retain_recent();
            if limiter.len() >= MAX_KEYS {
                return Err(WHEN_FULL);
            }
        }
        limiter.check_key(key).map_err(|until| until.wait_time_from(self.clock.now()))
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

    fn limits(per_address: u32, per_account: u32) -> SignInLimits {
        SignInLimits::new(SignInQuota {
            per_address: NonZeroU32::new(per_address).unwrap(),
            per_account: NonZeroU32::new(per_account).unwrap(),
        })
    }

    #[expect(clippy::unnecessary_wraps, reason = "what the port takes")]
    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn an_address_is_stopped_and_told_when_to_come_back() {
        let limits = limits(2, 100);
        assert!(limits.admit(ip("192.0.2.1"), None).is_ok());
        assert!(limits.admit(ip("192.0.2.1"), None).is_ok());
        let wait = limits.admit(ip("192.0.2.1"), None).unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(30));
        assert!(limits.admit(ip("192.0.2.2"), None).is_ok(), "others go on");
    }

    #[test]
    fn an_account_is_protected_from_many_addresses() {
        let limits = limits(100, 1);
        let ada: EmailAddress = "ada@acme.com".parse().unwrap();
        let same: EmailAddress = "ADA@acme.com".parse().unwrap();
        assert!(limits.admit(ip("192.0.2.1"), Some(&ada)).is_ok());
        assert!(limits.admit(ip("192.0.2.2"), Some(&same)).is_err());
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let limits = limits(1, 1);
        assert!(limits.admit(ip("2001:db8::1"), None).is_ok());
        assert!(limits.admit(ip("2001:db8::2"), None).is_err());
        assert!(limits.admit(ip("2001:db8:0:1::1"), None).is_ok());
        assert!(limits.admit(ip("192.0.2.1"), None).is_ok());
        assert!(limits.admit(ip("::ffff:192.0.2.1"), None).is_err(), "mapped is the same");
    }

    #[test]
    fn without_limits_everybody_is_let_through() {
        let limits = SignInLimits::unlimited();
        assert!((0..1000).all(|_| limits.admit(ip("192.0.2.1"), None).is_ok()));
    }
}
