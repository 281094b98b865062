//! The invitation: an offer of membership, made to an e-mail address.

use chrono::TimeDelta;

use crate::{EmailAddress, InvitationId, OrganizationId, OrganizationRole, Timestamp, UserId};

/// What has become of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InvitationStatus {
    /// It can be accepted.
    Pending,
    /// It became a membership.
    Accepted,
    /// Whoever holds it does not want it.
    Declined,
    /// It was taken back.
    Revoked,
    /// Nobody took it up in time.
    Expired,
}

impl InvitationStatus {
    /// Every status.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Accepted, Self::Declined, Self::Revoked, Self::Expired];

    /// `pending`, `accepted`, `declined`, `revoked` or `expired`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

/// How long an invitation can be accepted: an hour to 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvitationLifetime(TimeDelta);

/// The lifetime is out of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be from {} to {} seconds",
    InvitationLifetime::MIN_SECONDS,
    InvitationLifetime::MAX_SECONDS
)]
pub struct InvitationLifetimeError;

impl InvitationLifetime {
    /// An hour.
    pub const MIN_SECONDS: i64 = 3_600;
    /// 30 days.
    pub const MAX_SECONDS: i64 = 2_592_000;

    /// Takes a number of seconds.
    ///
    /// # Errors
    ///
    /// [`InvitationLifetimeError`] when that is too short or too long.
    pub fn from_seconds(seconds: i64) -> Result<Self, InvitationLifetimeError> {
        if (Self::MIN_SECONDS..=Self::MAX_SECONDS).contains(&seconds) {
            Ok(Self(TimeDelta::seconds(seconds)))
        } else {
            Err(InvitationLifetimeError)
        }
    }
}

impl Default for InvitationLifetime {
    /// A week.
    fn default() -> Self {
        Self(TimeDelta::days(7))
    }
}

/// An offer of membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id; not its token: knowing it gives nothing.
    pub id: InvitationId,
    /// Where to.
    pub organization: OrganizationId,
    /// To whom: who has this address, and nobody else, can accept it.
    pub email: EmailAddress,
    /// As what.
    pub role: OrganizationRole,
    /// Who made it; none once that account is deleted.
    pub invited_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// Pending, or how it was closed; never [`Expired`](InvitationStatus::Expired),
    /// which is a matter of time: see [`status_at`](Self::status_at).
    pub status: InvitationStatus,
    /// Counts its changes, from 1.
    pub version: u64,
}

impl Invitation {
    /// The most that one request makes.
    pub const MAX_AT_ONCE: usize = 1_000;

    /// An invitation that is made now.
    #[must_use]
    pub fn new(
        id: InvitationId,
        organization: OrganizationId,
        email: EmailAddress,
        role: OrganizationRole,
        lifetime: InvitationLifetime,
        invited_by: UserId,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            organization,
            email,
            role,
            invited_by: Some(invited_by),
            created_at: now,
            expires_at: now + lifetime.0,
            status: InvitationStatus::Pending,
            version: 1,
        }
    }

    /// What has become of it by now.
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> InvitationStatus {
        match self.status {
            InvitationStatus::Pending if self.expires_at <= now => InvitationStatus::Expired,
            status => status,
        }
    }

    /// Whether it can be accepted now.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.status_at(now) == InvitationStatus::Pending
    }

    /// The same, closed.
    #[must_use]
    pub fn close(self, status: InvitationStatus) -> Self {
        Self { status, version: self.version + 1, ..self }
    }

    /// The same, for as long again as it lived at first, from now on.
    #[must_use]
    pub fn renew(self, lifetime: InvitationLifetime, now: Timestamp) -> Self {
        Self { expires_at: now + lifetime.0, version: self.version + 1, ..self }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ids::Id;

    fn invitation(now: Timestamp) -> Invitation {
        let nil = Uuid::nil();
        Invitation::new(
            Id::new(nil),
            Id::new(nil),
            "grace@acme.com".parse().unwrap(),
            OrganizationRole::Member,
            InvitationLifetime::from_seconds(3_600).unwrap(),
            Id::new(nil),
            now,
        )
    }

    #[test]
    fn it_is_open_until_it_expires_or_is_closed() {
        let start = Timestamp::UNIX_EPOCH;
        let end = start + TimeDelta::hours(1);
        let pending = invitation(start);
        assert!(pending.is_open(end - TimeDelta::microseconds(1)));
        assert_eq!(pending.status_at(end), InvitationStatus::Expired);
        let declined = pending.clone().close(InvitationStatus::Declined);
        assert_eq!(declined.status_at(start), InvitationStatus::Declined);
        assert_eq!(declined.status_at(end), InvitationStatus::Declined);
        assert_eq!((pending.version, declined.version), (1, 2));
    }

    #[test]
    fn it_can_be_renewed_after_it_expired() {
        let start = Timestamp::UNIX_EPOCH;
        let later = start + TimeDelta::days(2);
        let renewed = invitation(start).renew(InvitationLifetime::default(), later);
        assert!(renewed.is_open(later + TimeDelta::days(6)));
    }

    #[test]
    fn lifetimes_have_bounds() {
        for (seconds, taken) in [
            (i64::MIN, false),
            (0, false),
            (3_599, false),
            (3_600, true),
            (2_592_000, true),
            (2_592_001, false),
            (i64::MAX, false),
        ] {
            assert_eq!(InvitationLifetime::from_seconds(seconds).is_ok(), taken, "{seconds}");
        }
    }
}
