//! What the cache counts.

use std::fmt;

use guildhall_cache::{Cache, CacheState, ShelfState};
use prometheus_client::{
    collector::Collector,
    encoding::DescriptorEncoder,
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};

use super::service::{labelled, single_counter, single_gauge};

/// A number of a part of the cache: its name, what it means, and where it comes from.
type OfShelf = (&'static str, &'static str, fn(&ShelfState) -> u64);

const GAUGES: [OfShelf; 3] = [
    ("guildhall_cache_entries", "Copies that are kept", |shelf| {
        u64::try_from(shelf.entries).unwrap_or(u64::MAX)
    }),
    ("guildhall_cache_bytes", "Memory that copies take, about", |shelf| shelf.bytes),
    ("guildhall_cache_bytes_max", "Memory that copies may take", |shelf| shelf.most_bytes),
];
const COUNTERS: [OfShelf; 2] = [
    ("guildhall_cache_hits", "Questions that a copy answered", |shelf| shelf.hits),
    ("guildhall_cache_misses", "Questions that the database was asked instead", |shelf| {
        shelf.misses
    }),
];

/// The copies that are kept of what was read.
#[derive(Debug)]
pub(super) struct CacheCollector(pub(super) Cache);

impl Collector for CacheCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let CacheState { is_on, changes, shelves } = self.0.state();
        single_gauge(
            &mut encoder,
            "guildhall_cache_on",
            "Whether the cache is used: it is while changes of other nodes are heard of",
            u64::from(is_on),
        )?;
        single_counter(
            &mut encoder,
            "guildhall_cache_changes",
            "Transactions, of all nodes, that the cache was told of",
            changes,
        )?;
        for (name, help, value) in GAUGES {
            let values = shelves.iter().map(|shelf| (shelf.name, ConstGauge::new(value(shelf))));
            labelled(&mut encoder, (name, help, MetricType::Gauge), "kind", values)?;
        }
        for (name, help, value) in COUNTERS {
            let values = shelves.iter().map(|shelf| (shelf.name, ConstCounter::new(value(shelf))));
            labelled(&mut encoder, (name, help, MetricType::Counter), "kind", values)?;
        }
        Ok(())
    }
}
