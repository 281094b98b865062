//! The security score: a sum of named checks, each with the points that it
//! gave, so that nobody has to take the number on trust.

/// What the score is computed from: the installation's settings, and facts
/// about the organizations that the viewer's list returns and their members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SecurityFacts {
    /// Attempts to sign in are limited per address and account.
    pub sign_in_is_throttled: bool,
    /// Clients reach the service by `https`.
    pub transport_is_encrypted: bool,
    /// Nobody joins an organization by an address that is not verified.
    pub joining_is_proven: bool,
    /// How many organizations are looked at.
    pub organizations: u64,
    /// Organizations that have a single owner though they have other members.
    pub organizations_with_single_owner: u64,
    /// Organizations in which more than a quarter of the members, and more
    /// than two, are owners or admins.
    pub organizations_with_many_admins: u64,
    /// Distinct members of those organizations.
    pub members: u64,
    /// Members with a second factor.
    pub members_with_mfa: u64,
    /// Members who signed in within [`SecurityScore::DORMANT_AFTER_DAYS`].
    pub members_active: u64,
}

/// One check and what it gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecurityCheck {
    /// Its name, stable.
    pub name: &'static str,
    /// What it gave, at most `maximum`.
    pub points: u8,
    /// What it can give.
    pub maximum: u8,
    /// What to do where points are missing.
    pub advice: &'static str,
}

/// The checks; their maxima add up to 100.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityScore {
    /// Every check, in a fixed order.
    pub checks: [SecurityCheck; 7],
}

impl SecurityScore {
    /// A member who has not signed in for this long counts as dormant.
    pub const DORMANT_AFTER_DAYS: i64 = 90;

    /// Runs every check.
    #[must_use]
    pub fn of(facts: &SecurityFacts) -> Self {
        let organizations = facts.organizations;
        Self {
            checks: [
                check(
                    "sign_in_throttling",
                    15,
                    all_or_nothing(facts.sign_in_is_throttled),
                    "Switch rate limits on.",
                ),
                check(
                    "encrypted_transport",
                    15,
                    all_or_nothing(facts.transport_is_encrypted),
                    "Serve clients by https and set the public URL accordingly.",
                ),
                check(
                    "proven_membership",
                    15,
                    all_or_nothing(facts.joining_is_proven),
                    "Set auto-join to verified-domain or off.",
                ),
                check(
                    "second_owner",
                    15,
                    (
                        organizations - facts.organizations_with_single_owner.min(organizations),
                        organizations,
                    ),
                    "Give each organization a second owner, so that losing one account locks nobody out.",
                ),
                check(
                    "few_administrators",
                    15,
                    (
                        organizations - facts.organizations_with_many_admins.min(organizations),
                        organizations,
                    ),
                    "Let at most a quarter of an organization's members be owners or admins.",
                ),
                check(
                    "multi_factor",
                    15,
                    (facts.members_with_mfa, facts.members),
                    "Have every member use a second factor.",
                ),
                check(
                    "no_dormant_accounts",
                    10,
                    (facts.members_active, facts.members),
                    "Remove members who have not signed in for 90 days.",
                ),
            ],
        }
    }

    /// The sum, 0 to 100.
    #[must_use]
    pub fn total(&self) -> u8 {
        self.checks.iter().map(|check| check.points).sum()
    }
}

const fn all_or_nothing(holds: bool) -> (u64, u64) {
    (holds as u64, 1)
}

/// A check that gives its points by the share `part` of `whole`, rounded down.
/// Where there is nothing to protect, nothing is missing.
fn check(
    name: &'static str,
    maximum: u8,
    (part, whole): (u64, u64),
    advice: &'static str,
) -> SecurityCheck {
    let points = match (u64::from(maximum) * part.min(whole)).checked_div(whole) {
        Some(points) => u8::try_from(points).unwrap_or(maximum),
        None => maximum,
    };
    SecurityCheck { name, points, maximum, advice }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PERFECT: SecurityFacts = SecurityFacts {
        sign_in_is_throttled: true,
        transport_is_encrypted: true,
        joining_is_proven: true,
        organizations: 4,
        organizations_with_single_owner: 0,
        organizations_with_many_admins: 0,
        members: 10,
        members_with_mfa: 10,
        members_active: 10,
    };

    #[test]
    fn each_check_costs_what_it_says() {
        let cases: [(&str, SecurityFacts, u8); 9] = [
            ("all is well", PERFECT, 100),
            ("not throttled", SecurityFacts { sign_in_is_throttled: false, ..PERFECT }, 85),
            ("plain http", SecurityFacts { transport_is_encrypted: false, ..PERFECT }, 85),
            ("unproven members", SecurityFacts { joining_is_proven: false, ..PERFECT }, 85),
            ("lone owners", SecurityFacts { organizations_with_single_owner: 4, ..PERFECT }, 85),
            ("many admins", SecurityFacts { organizations_with_many_admins: 2, ..PERFECT }, 92),
            ("half with a factor", SecurityFacts { members_with_mfa: 5, ..PERFECT }, 92),
            ("dormant", SecurityFacts { members_active: 0, ..PERFECT }, 90),
            ("nothing there", SecurityFacts::default(), 55),
        ];
        for (what, facts, total) in cases {
            assert_eq!(SecurityScore::of(&facts).total(), total, "{what}");
        }
    }

    #[test]
    fn the_maxima_add_up_to_a_hundred() {
        let score = SecurityScore::of(&PERFECT);
        assert_eq!(score.checks.iter().map(|c| u32::from(c.maximum)).sum::<u32>(), 100);
    }

    proptest! {
        #[test]
        fn no_check_gives_more_than_its_maximum(counts in prop::array::uniform6(0_u64..1_000_000)) {
            let [organizations, single, many, members, mfa, active] = counts;
            let score = SecurityScore::of(&SecurityFacts {
                organizations,
                organizations_with_single_owner: single,
                organizations_with_many_admins: many,
                members,
                members_with_mfa: mfa,
                members_active: active,
                ..PERFECT
            });
            prop_assert!(score.checks.iter().all(|c| c.points <= c.maximum));
        }
    }
}
