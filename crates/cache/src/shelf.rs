//! Copies of one kind, bounded by the memory that they take.

use std::{
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use quick_cache::{Weighter, sync::Cache};

use crate::stamps::{Mark, Moment, Stamps};

/// What memory a copy takes.
pub(crate) trait Footprint {
    /// Bytes outside of the value itself, about.
    fn heap_bytes(&self) -> usize;
}

/// A value as it was read.
pub(crate) struct Copy<V> {
    /// The value.
    pub(crate) value: V,
    read: Moment,
    made_of: Box<[Mark]>,
    made_at: Instant,
}

#[derive(Clone, Default)]
struct ByFootprint;

impl<K, V: Footprint> Weighter<K, Arc<Copy<V>>> for ByFootprint {
    fn weight(&self, _: &K, copy: &Arc<Copy<V>>) -> u64 {
        // What the map itself keeps of an entry, about.
        const ENTRY: usize = 64;
        let marks = size_of_val(&*copy.made_of);
        let bytes = ENTRY + size_of::<K>() + size_of::<Copy<V>>() + marks + copy.value.heap_bytes();
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

/// Copies by their key. Clones are the same shelf.
pub(crate) struct Shelf<K, V> {
    copies: Cache<K, Arc<Copy<V>>, ByFootprint>,
    stamps: Arc<Stamps>,
    oldest: Duration,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// How a shelf is, and what it has done since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShelfState {
    /// What is on it: `sessions`, `organizations`, `accesses`, `stats` or
    /// `serving_periods`.
    pub name: &'static str,
    /// How many copies it holds.
    pub entries: usize,
    /// The memory that they take, in bytes, about.
    pub bytes: u64,
    /// The most that they may take.
    pub most_bytes: u64,
    /// How often a copy was answered with.
    pub hits: u64,
    /// How often the store was asked instead.
    pub misses: u64,
}

impl<K: Eq + Hash + Clone, V: Footprint + Clone> Shelf<K, V> {
    /// An empty one for so many bytes of copies of about that size, which are used until
    /// they are so old.
    pub(crate) fn new(stamps: Arc<Stamps>, most_bytes: u64, size: u64, oldest: Duration) -> Self {
        let entries = usize::try_from(most_bytes / size.max(1)).unwrap_or(usize::MAX);
        let copies = Cache::with_weighter(entries, most_bytes, ByFootprint);
        Self { copies, stamps, oldest, hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }

    /// The moment that a read of the store begins.
    pub(crate) fn moment(&self) -> Moment {
        self.stamps.now()
    }

    /// The copy under that key, if there is one that is right and that will do.
    pub(crate) fn find(&self, key: &K, will_do: impl FnOnce(&V) -> bool) -> Option<Arc<Copy<V>>> {
        let found = self.stamps.are_vouched_for().then(|| self.copies.get(key)).flatten();
        let found = found.filter(|copy| {
            self.stamps.is_right(copy.read, &copy.made_of)
                && copy.made_at.elapsed() < self.oldest
                && will_do(&copy.value)
        });
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Relaxed);
        found
    }

    /// Keeps what was read at that moment. Whether it was right by the time that it
    /// came, whoever looks for it finds out.
    pub(crate) fn keep(&self, key: K, value: V, read: Moment, made_of: Box<[Mark]>) {
        if self.stamps.are_vouched_for() {
            let made_at = Instant::now();
            self.copies.insert(key, Arc::new(Copy { value, read, made_of, made_at }));
        }
    }

    /// Throws away what is too old to be used: keys that nobody asks for again are never
    /// replaced.
    pub(crate) fn forget_old(&self) {
        self.copies.retain(|_, copy| copy.made_at.elapsed() < self.oldest);
    }

    /// How it is.
    pub(crate) fn state(&self, name: &'static str) -> ShelfState {
        ShelfState {
            name,
            entries: self.copies.len(),
            bytes: self.copies.weight(),
            most_bytes: self.copies.capacity(),
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use guildhall_application::ports::{ChangeObserver, Changes};

    use super::*;
    use crate::stamps::Observer;

    impl Footprint for u32 {
        fn heap_bytes(&self) -> usize {
            0
        }
    }

    const LONG: Duration = Duration::from_hours(1);

    fn shelf(most_bytes: u64, oldest: Duration) -> (Shelf<u32, u32>, Observer) {
        let stamps = Arc::new(Stamps::new());
        let observer = Observer(Arc::clone(&stamps));
        observer.vouch_until(Instant::now() + LONG);
        (Shelf::new(stamps, most_bytes, 100, oldest), observer)
    }

    fn keep(shelf: &Shelf<u32, u32>, key: u32) {
        shelf.keep(key, key, shelf.moment(), Box::new([]));
    }

    #[test]
    fn what_is_kept_is_found_if_it_will_do() {
        let (shelf, observer) = shelf(10_000, LONG);
        keep(&shelf, 1);
        assert_eq!(shelf.find(&1, |_| true).unwrap().value, 1);
        assert!(shelf.find(&1, |value| *value == 2).is_none());
        assert!(shelf.find(&2, |_| true).is_none());
        observer.committed_elsewhere(&Changes::Everything);
        assert!(shelf.find(&1, |_| true).is_none());
        let state = shelf.state("numbers");
        assert_eq!((state.entries, state.hits, state.misses), (1, 1, 3));
    }

    #[test]
    fn what_is_too_old_is_not_found_and_can_be_forgotten() {
        for (oldest, kept) in [(Duration::ZERO, 0), (LONG, 1)] {
            let (shelf, _) = shelf(10_000, oldest);
            keep(&shelf, 1);
            assert_eq!(shelf.find(&1, |_| true).is_some(), kept == 1);
            assert_eq!(shelf.state("numbers").entries, 1);
            shelf.forget_old();
            let state = shelf.state("numbers");
            assert_eq!((state.entries, state.bytes == 0), (kept, kept == 0));
        }
    }

    #[test]
    fn memory_is_bounded() {
        let (shelf, _) = shelf(10_000, LONG);
        (0..1000).for_each(|key| keep(&shelf, key));
        let state = shelf.state("numbers");
        assert!(state.bytes <= 10_000 && state.most_bytes == 10_000, "{state:?}");
        assert!((10..100).contains(&state.entries), "{state:?}");
    }
}
