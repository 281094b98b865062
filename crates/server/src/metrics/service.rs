//! What the adapters of the service count.

use std::{
    fmt::{self, Debug, Formatter},
    sync::Arc,
};

use guildhall_identity::{Argon2Hasher, HasherState};
use guildhall_persistence::{DatabaseErrors, DieselStore, PoolState};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeMetric},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};

/// A number of a pool: its name, what it means, and where it comes from.
type OfPool<N> = (&'static str, &'static str, fn(&PoolState) -> N);

const POOL_SIZE: OfPool<usize> =
    ("guildhall_database_connections_max", "Connections that the pool may have", |pool| pool.size);
const POOL_IN_USE: OfPool<usize> =
    ("guildhall_database_connections_in_use", "Connections that are in use", |pool| pool.in_use);
const POOL_WAITING: OfPool<usize> =
    ("guildhall_database_requests_waiting", "Requests that wait for a connection", |pool| {
        pool.waiting
    });
const POOL_TAKEN: OfPool<u64> =
    ("guildhall_database_connections_taken", "Connections handed out", |pool| pool.taken);
const POOL_TIMEOUTS: OfPool<u64> = (
    "guildhall_database_wait_timeouts",
    "Requests that waited for a connection until their time was over",
    |pool| pool.timeouts,
);
const POOL_REFUSED: OfPool<u64> = (
    "guildhall_database_wait_refused",
    "Requests refused because too many waited for a connection",
    |pool| pool.refused,
);

/// Pools and errors of the database.
pub(super) struct StoreCollector(pub(super) DieselStore);

impl Debug for StoreCollector {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("StoreCollector")
    }
}

impl Collector for StoreCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let pools = self.0.pool_states();
        for (name, help, value) in [POOL_SIZE, POOL_IN_USE, POOL_WAITING] {
            let values = pools.iter().map(|pool| (pool.name, ConstGauge::new(value(pool))));
            labelled(&mut encoder, (name, help, MetricType::Gauge), "pool", values)?;
        }
        for (name, help, value) in [POOL_TAKEN, POOL_TIMEOUTS, POOL_REFUSED] {
            let values = pools.iter().map(|pool| (pool.name, ConstCounter::new(value(pool))));
            labelled(&mut encoder, (name, help, MetricType::Counter), "pool", values)?;
        }
        let (name, help) =
            ("guildhall_database_wait_seconds", "How long requests have waited for a connection");
        let waited = |pool: &PoolState| ConstCounter::new(pool.waited.as_secs_f64());
        let values = pools.iter().map(|pool| (pool.name, waited(pool)));
        labelled(&mut encoder, (name, help, MetricType::Counter), "pool", values)?;

        single_counter(
            &mut encoder,
            "guildhall_database_slow_statements",
            "Statements that were logged because they were slow",
            self.0.slow_statements(),
        )?;
        let DatabaseErrors { unreachable, connection_lost, contention, full, failed } =
            self.0.errors();
        by_label(
            &mut encoder,
            "guildhall_database_errors",
            "Errors of the database, those included that another connection got over",
            "kind",
            [
                ("unreachable", unreachable),
                ("connection_lost", connection_lost),
                ("contention", contention),
                ("full", full),
                ("failed", failed),
            ],
        )
    }
}

/// The queue of password hashes.
pub(super) struct HashingCollector(pub(super) Arc<Argon2Hasher>);

impl Debug for HashingCollector {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("HashingCollector")
    }
}

impl Collector for HashingCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let HasherState { running, waiting, queue, refused_full, refused_late } = self.0.state();
        for (name, help, value) in [
            ("guildhall_hashing_running", "Password hashes that are computed", running),
            ("guildhall_hashing_waiting", "Password hashes that wait for their turn", waiting),
            ("guildhall_hashing_queue_max", "Password hashes that may wait", queue),
        ] {
            single_gauge(&mut encoder, name, help, value)?;
        }
        by_label(
            &mut encoder,
            "guildhall_hashing_refused",
            "Password hashes refused: the queue was full, or the wait too long",
            "reason",
            [("full", refused_full), ("late", refused_late)],
        )
    }
}

/// One value, without labels.
pub(super) fn single_gauge(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: impl EncodeGaugeValue,
) -> fmt::Result {
    let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    ConstGauge::new(value).encode(metric)
}

/// One counter, without labels.
pub(super) fn single_counter(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: impl EncodeCounterValue,
) -> fmt::Result {
    let metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    ConstCounter::new(value).encode(metric)
}

/// A counter for each value of a label.
fn by_label<const N: usize>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    label: &str,
    counts: [(&str, u64); N],
) -> fmt::Result {
    let counts = counts.into_iter().map(|(value, count)| (value, ConstCounter::new(count)));
    labelled(encoder, (name, help, MetricType::Counter), label, counts)
}

/// A number for each value of a label.
pub(super) fn labelled<'a>(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help, kind): (&str, &str, MetricType),
    label: &str,
    values: impl Iterator<Item = (&'a str, impl EncodeMetric)>,
) -> fmt::Result {
    let mut metric = encoder.encode_descriptor(name, help, None, kind)?;
    for (value, number) in values {
        number.encode(metric.encode_family(&[(label, value)])?)?;
    }
    Ok(())
}
