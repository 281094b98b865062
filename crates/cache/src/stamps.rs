//! What changed, and when: by this it is known whether a copy is still right.
//!
//! Time is a count of changes. What copies are made of is spread over a fixed number of
//! stamps, each of which says when anything of its kind changed last. Two that share
//! one make each other's copies wrong without need, which costs a query and no more.
//!
//! **Invariant:** a copy is right if it was read from the store at a time that is not
//! before the stamps of all that it is made of, and nobody is about to change those.
//! Whoever reads takes the time first and asks the store then. Whoever writes announces
//! that, commits, and then stamps with a new time.

use std::{
    iter,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use guildhall_application::ports::{ChangeObserver, ChangeUnderWay, Changed, Changes};
use uuid::Uuid;

/// How many stamps there are: 512 KiB of them.
const STAMPS: usize = 1 << 16;

/// The lowest bits of a stamp count who is about to change what it stands for; a store
/// has far fewer connections. The others are the time.
const WRITER_BITS: u32 = 16;
const WRITERS: u64 = (1 << WRITER_BITS) - 1;

/// Which stamp stands for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark(u16);

impl From<Changed> for Mark {
    fn from(changed: Changed) -> Self {
        let (kind, id): (u64, Uuid) = match changed {
            Changed::Account(id) => (0, id.as_uuid()),
            Changed::Memberships(id) => (1, id.as_uuid()),
            Changed::Organization(id) => (2, id.as_uuid()),
            Changed::People(id) => (3, id.as_uuid()),
            Changed::SessionUse(id) => (4, id.as_uuid()),
            Changed::ServingPeriods => (5, Uuid::nil()),
            Changed::PeopleAnywhere => (6, Uuid::nil()),
        };
        let (high, low) = id.as_u64_pair();
        // Fibonacci hashing: the highest bits of the product depend on all of the key.
        let mixed =
            (high ^ low.rotate_left(29) ^ kind.rotate_left(60)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self(u16::try_from(mixed >> 48).unwrap_or_default())
    }
}

/// A moment in the order of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

/// The stamps of everything.
pub(crate) struct Stamps {
    clock: AtomicU64,
    /// Of changes that are not listed.
    everything: AtomicU64,
    each: Box<[AtomicU64]>,
    /// Until when the changes of others are told, in microseconds since `began`.
    vouched: AtomicU64,
    began: Instant,
    /// How many changes were told.
    told: AtomicU64,
}

impl Stamps {
    pub(crate) fn new() -> Self {
        Self {
            clock: AtomicU64::new(0),
            everything: AtomicU64::new(0),
            each: iter::repeat_with(|| AtomicU64::new(0)).take(STAMPS).collect(),
            vouched: AtomicU64::new(0),
            began: Instant::now(),
            told: AtomicU64::new(0),
        }
    }

    /// Now. Whoever wants to make a copy asks before they ask the store.
    pub(crate) fn now(&self) -> Moment {
        Moment(self.clock.load(SeqCst))
    }

    /// Whether a copy of that, read at that moment, is right.
    pub(crate) fn is_right(&self, read: Moment, made_of: &[Mark]) -> bool {
        is_settled(&self.everything, read)
            && made_of.iter().all(|mark| is_settled(self.stamp(*mark), read))
    }

    /// Whether copies may be used: the changes of others are being told.
    pub(crate) fn are_vouched_for(&self) -> bool {
        micros(self.began.elapsed()) < self.vouched.load(SeqCst)
    }

    /// How many changes were told so far.
    pub(crate) fn told(&self) -> u64 {
        self.told.load(SeqCst)
    }

    fn stamp(&self, Mark(number): Mark) -> &AtomicU64 {
        // Every number of 16 bits is one of a stamp.
        self.each.get(usize::from(number)).unwrap_or(&self.everything)
    }

    /// Calls `act` with the stamp of each change.
    fn of_each(&self, changes: &Changes, act: impl Fn(&AtomicU64)) {
        match changes {
            Changes::Only(changes) => {
                for change in changes {
                    act(self.stamp(Mark::from(*change)));
                }
            }
            Changes::Everything => act(&self.everything),
        }
    }

    fn announce(&self, changes: &Changes) {
        self.told.fetch_add(1, SeqCst);
        self.of_each(changes, |stamp| {
            stamp.fetch_add(1, SeqCst);
        });
    }

    fn finish(&self, changes: &Changes) {
        let now = self.clock.fetch_add(1, SeqCst) + 1;
        self.of_each(changes, |stamp| settle(stamp, now));
    }
}

fn is_settled(stamp: &AtomicU64, read: Moment) -> bool {
    let stamp = stamp.load(SeqCst);
    stamp & WRITERS == 0 && stamp >> WRITER_BITS <= read.0
}

/// One writer less, and the later of the two times.
fn settle(stamp: &AtomicU64, now: u64) {
    let settled = |stamp: u64| {
        let writers = (stamp & WRITERS).saturating_sub(1);
        Some((stamp >> WRITER_BITS).max(now) << WRITER_BITS | writers)
    };
    // It always has a value to set.
    let _ = stamp.fetch_update(SeqCst, SeqCst, settled);
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The stamps as the store sees them.
#[derive(Clone)]
pub(crate) struct Observer(pub(crate) Arc<Stamps>);

/// A change that was announced, and is stamped when it is dropped.
struct UnderWay {
    stamps: Arc<Stamps>,
    changes: Changes,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.stamps.finish(&self.changes);
    }
}

impl ChangeObserver for Observer {
    fn committing(&self, changes: &Changes) -> ChangeUnderWay {
        self.0.announce(changes);
        Box::new(UnderWay { stamps: Arc::clone(&self.0), changes: changes.clone() })
    }

    fn committed_elsewhere(&self, changes: &Changes) {
        drop(self.committing(changes));
    }

    fn vouch_until(&self, moment: Instant) {
        let moment = micros(moment.saturating_duration_since(self.0.began));
        self.0.vouched.fetch_max(moment, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use guildhall_domain::UserId;

    use super::*;

    fn account(number: u128) -> Changed {
        Changed::Account(UserId::new(Uuid::from_u128(number)))
    }

    fn changes(number: u128) -> Changes {
        [account(number)].into_iter().collect()
    }

    fn observer() -> Observer {
        Observer(Arc::new(Stamps::new()))
    }

    #[test]
    fn a_copy_is_right_until_what_it_is_made_of_changes() {
        let observer = observer();
        let (stamps, marks) = (&observer.0, [account(1).into(), account(2).into()]);
        let read = stamps.now();
        assert!(stamps.is_right(read, &marks));

        drop(observer.committing(&changes(3)));
        assert!(stamps.is_right(read, &marks));

        drop(observer.committing(&changes(2)));
        assert!(!stamps.is_right(read, &marks));
        assert!(stamps.is_right(stamps.now(), &marks));
    }

    #[test]
    fn everything_is_made_of_everything() {
        let observer = observer();
        let read = observer.0.now();
        observer.committed_elsewhere(&Changes::Everything);
        assert!(!observer.0.is_right(read, &[account(1).into()]));
        assert!(!observer.0.is_right(read, &[]));
        assert!(observer.0.is_right(observer.0.now(), &[]));
    }

    #[test]
    fn while_a_change_is_under_way_no_copy_is_right() {
        let observer = observer();
        let (stamps, marks) = (&observer.0, [account(1).into()]);
        let first = observer.committing(&changes(1));
        let second = observer.committing(&changes(1));
        // Even one that is read meanwhile: of the two states, nobody knows which it is of.
        let read = stamps.now();
        assert!(!stamps.is_right(read, &marks));
        drop(first);
        assert!(!stamps.is_right(stamps.now(), &marks));
        drop(second);
        assert!(!stamps.is_right(read, &marks));
        assert!(stamps.is_right(stamps.now(), &marks));
    }

    #[test]
    fn kinds_and_ids_have_stamps_of_their_own() {
        let id = Uuid::from_u128(1);
        let kinds = [
            Changed::Account(UserId::new(id)),
            Changed::Memberships(UserId::new(id)),
            Changed::ServingPeriods,
        ];
        let marks = kinds.into_iter().chain((2..100).map(account)).map(|c| Mark::from(c).0);
        let distinct: std::collections::BTreeSet<_> = marks.collect();
        assert_eq!(distinct.len(), 3 + 98);
    }

    #[test]
    fn nothing_is_vouched_for_until_somebody_does() {
        let observer = observer();
        assert!(!observer.0.are_vouched_for());
        observer.vouch_until(Instant::now() + Duration::from_hours(1));
        assert!(observer.0.are_vouched_for());
        // It was vouched for until later already.
        observer.vouch_until(Instant::now());
        assert!(observer.0.are_vouched_for());
    }
}
