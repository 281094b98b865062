//! The session: one signed-in client.

use chrono::TimeDelta;

use crate::{Origin, SessionId, Timestamp, UserId};

/// How long a session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLifetimes {
    /// Without use. Counted from the last use that was written down.
    pub idle: TimeDelta,
    /// However much it is used.
    pub absolute: TimeDelta,
}

impl SessionLifetimes {
    /// How long a new session lives for certain: what a client is told.
    #[must_use]
    pub fn shortest(&self) -> TimeDelta {
        self.idle.min(self.absolute)
    }

    /// A use is written down when the last one is older than this: often
    /// enough for the idle lifetime, seldom enough not to make every read a
    /// write.
    fn use_granularity(&self) -> TimeDelta {
        (self.idle / 10).min(TimeDelta::minutes(1))
    }
}

/// One signed-in client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id; not its token.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// When its user signed in.
    pub created_at: Timestamp,
    /// When it was used last, to within a minute.
    pub last_used_at: Timestamp,
    /// When it ends unless it is used before.
    pub expires_at: Timestamp,
    /// When it ends however much it is used.
    pub ends_at: Timestamp,
    /// Where it was begun from.
    pub origin: Origin,
}

impl Session {
    /// How many a user has at once, at most: more than anybody's devices, and
    /// a bound on what clients leave behind that sign in for each request.
    pub const MAX_PER_USER: u32 = 100;

    /// A session that begins now.
    #[must_use]
    pub fn begin(
        id: SessionId,
        user: UserId,
        lifetimes: SessionLifetimes,
        origin: Origin,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            user,
            created_at: now,
            last_used_at: now,
            expires_at: now + lifetimes.shortest(),
            ends_at: now + lifetimes.absolute,
            origin,
        }
    }

    /// Whether its token is still good.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// The session after a use at `now`, if that use is worth writing down.
    #[must_use]
    pub fn used(&self, lifetimes: SessionLifetimes, now: Timestamp) -> Option<Self> {
        if now - self.last_used_at < lifetimes.use_granularity() {
            return None;
        }
        Some(Self {
            last_used_at: now,
            expires_at: (now + lifetimes.idle).min(self.ends_at),
            ..self.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::ids::Id;

    const LIFETIMES: SessionLifetimes =
        SessionLifetimes { idle: TimeDelta::days(7), absolute: TimeDelta::days(30) };

    fn begin(now: Timestamp) -> Session {
        Session::begin(
            Id::new(Uuid::nil()),
            Id::new(Uuid::nil()),
            LIFETIMES,
            Origin::default(),
            now,
        )
    }

    #[test]
    fn it_ends_when_idle() {
        let start = Timestamp::UNIX_EPOCH;
        let session = begin(start);
        assert!(session.is_live(start + TimeDelta::days(7) - TimeDelta::microseconds(1)));
        assert!(!session.is_live(start + TimeDelta::days(7)));
    }

    #[test]
    fn a_use_within_the_granularity_is_not_written_down() {
        let start = Timestamp::UNIX_EPOCH;
        let session = begin(start);
        assert_eq!(session.used(LIFETIMES, start + TimeDelta::seconds(59)), None);
        let used = session.used(LIFETIMES, start + TimeDelta::seconds(60)).unwrap();
        assert_eq!(used.expires_at, start + TimeDelta::seconds(60) + TimeDelta::days(7));
    }

    proptest! {
        #[test]
        fn however_much_it_is_used_it_ends(steps in prop::collection::vec(1_i64..600_000, 1..60)) {
            let start = Timestamp::UNIX_EPOCH;
            let mut session = begin(start);
            let mut now = start;
            for step in steps {
                now += TimeDelta::seconds(step);
                if !session.is_live(now) {
                    break;
                }
                session = session.used(LIFETIMES, now).unwrap_or(session);
                prop_assert!(session.expires_at <= start + LIFETIMES.absolute);
                prop_assert!(session.expires_at > now);
            }
        }
    }
}
