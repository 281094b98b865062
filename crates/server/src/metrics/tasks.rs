//! What a node does at intervals, and when it last did.

use std::time::Duration;

use guildhall_application::ports::Clock;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::clock::SystemClock;

/// What is done at intervals.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Task {
    Heartbeat,
    Sweep,
    Purge,
    Retention,
    Checkpoints,
    Mail,
    SessionUses,
}

impl Task {
    const fn name(self) -> &'static str {
        match self {
            Self::Heartbeat => "heartbeat",
            Self::Sweep => "sweep",
            Self::Purge => "purge",
            Self::Retention => "retention",
            Self::Checkpoints => "checkpoints",
            Self::Mail => "mail",
            Self::SessionUses => "session_uses",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTask {
    task: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRun {
    task: &'static str,
    outcome: &'static str,
}

/// Notes down what was done at intervals. Clones share their counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct TaskMetrics {
    runs: Family<OfRun, Counter>,
    last_success: Family<OfTask, Gauge>,
    interval: Family<OfTask, Gauge>,
}

impl TaskMetrics {
    /// Begins to expect a task at that interval. Until it has been done, it
    /// counts as done now.
    pub(crate) fn expect(&self, task: Task, every: Duration) {
        let labels = OfTask { task: task.name() };
        let seconds = i64::try_from(every.as_secs()).unwrap_or(i64::MAX);
        self.interval.get_or_create(&labels).set(seconds);
        self.last_success.get_or_create(&labels).set(SystemClock.now().timestamp());
        for outcome in [DONE, FAILED] {
            drop(self.runs.get_or_create(&OfRun { task: task.name(), outcome }));
        }
    }

    /// Notes how a task ended.
    pub(crate) fn ended<T, E>(&self, task: Task, ended: &Result<T, E>) {
        let task = task.name();
        let outcome = if ended.is_ok() { DONE } else { FAILED };
        self.runs.get_or_create(&OfRun { task, outcome }).inc();
        if ended.is_ok() {
            self.last_success.get_or_create(&OfTask { task }).set(SystemClock.now().timestamp());
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "guildhall_task_runs",
            "What was done at intervals, and how it ended",
            self.runs.clone(),
        );
        registry.register(
            "guildhall_task_last_success_timestamp_seconds",
            "When it was last done, since the epoch; when the server started, before that",
            self.last_success.clone(),
        );
        registry.register(
            "guildhall_task_interval_seconds",
            "How often it is to be done",
            self.interval.clone(),
        );
    }
}

const DONE: &str = "done";
const FAILED: &str = "failed";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_that_fails_was_last_done_before() {
        let tasks = TaskMetrics::default();
        tasks.expect(Task::Checkpoints, Duration::from_mins(5));
        let labels = OfTask { task: "checkpoints" };
        assert!(tasks.last_success.get_or_create(&labels).get() > 0, "the start counts");
        tasks.last_success.get_or_create(&labels).set(7);

        tasks.ended(Task::Checkpoints, &Err::<(), _>("away"));
        assert_eq!(tasks.last_success.get_or_create(&labels).get(), 7);
        tasks.ended(Task::Checkpoints, &Ok::<_, ()>(()));
        assert!(tasks.last_success.get_or_create(&labels).get() > 7);
        for outcome in [DONE, FAILED] {
            let runs = tasks.runs.get_or_create(&OfRun { task: "checkpoints", outcome }).get();
            assert_eq!(runs, 1, "{outcome}");
        }
    }
}
