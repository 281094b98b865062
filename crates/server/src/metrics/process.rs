//! What the process takes of the machine, under the names that every exporter of
//! Prometheus has for it.

use std::{fmt, time::Duration};

use guildhall_application::ports::Clock;
use procfs::{ProcResult, WithCurrentSystemInfo, process::Process};
use prometheus_client::{collector::Collector, encoding::DescriptorEncoder};

use super::service::{single_counter, single_gauge};
use crate::clock::SystemClock;

/// Reads what `/proc` has of the process itself, at each scrape: the unit hides the rest.
#[derive(Debug)]
pub(super) struct ProcessCollector {
    /// Seconds since the epoch.
    started_at: i64,
}

impl ProcessCollector {
    /// Of a process that has just started.
    pub(super) fn new() -> Self {
        Self { started_at: SystemClock.now().timestamp() }
    }
}

/// What is read there.
struct Usage {
    resident_bytes: u64,
    virtual_bytes: u64,
    cpu_seconds: f64,
    threads: u64,
    open_files: usize,
    max_files: Option<u64>,
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        // A system that hides it from its processes measures less.
        let Ok(usage) = Usage::read() else { return Ok(()) };
        let encoder = &mut encoder;
        single_gauge(
            encoder,
            "process_resident_memory_bytes",
            "Resident memory",
            usage.resident_bytes,
        )?;
        single_gauge(
            encoder,
            "process_virtual_memory_bytes",
            "Virtual memory",
            usage.virtual_bytes,
        )?;
        single_counter(
            encoder,
            "process_cpu_seconds",
            "Processor time, user and system",
            usage.cpu_seconds,
        )?;
        single_gauge(
            encoder,
            "process_start_time_seconds",
            "When it started, since the epoch",
            self.started_at,
        )?;
        single_gauge(encoder, "process_threads", "Threads", usage.threads)?;
        single_gauge(encoder, "process_open_fds", "Open files and connections", usage.open_files)?;
        match usage.max_files {
            Some(most) => {
                single_gauge(encoder, "process_max_fds", "How many of those it may have", most)
            }
            None => Ok(()),
        }
    }
}

impl Usage {
    fn read() -> ProcResult<Self> {
        let process = Process::myself()?;
        let stat = process.stat()?;
        let milliseconds = |ticks: u64| {
            let milliseconds = ticks.saturating_mul(1000) / procfs::ticks_per_second().max(1);
            Duration::from_millis(milliseconds)
        };
        let max_files = match process.limits()?.max_open_files.soft_limit {
            procfs::process::LimitValue::Value(most) => Some(most),
            procfs::process::LimitValue::Unlimited => None,
        };
        Ok(Self {
            resident_bytes: stat.rss_bytes().get(),
            virtual_bytes: stat.vsize,
            cpu_seconds: milliseconds(stat.utime + stat.stime).as_secs_f64(),
            threads: u64::try_from(stat.num_threads).unwrap_or_default(),
            open_files: process.fd_count()?,
            max_files,
        })
    }
}
