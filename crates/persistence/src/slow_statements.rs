//! Statements that take long are logged, without their values.
//!
//! **Invariant:** no value reaches the log: neither a bound one, which Diesel
//! appends to the text, nor one that stands in the text in quotes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use diesel::connection::{Instrumentation, InstrumentationEvent};

/// Watches the statements of one connection.
pub(crate) struct SlowStatements {
    threshold: Duration,
    counter: Arc<AtomicU64>,
    started: Option<Instant>,
}

impl SlowStatements {
    /// Logs what takes at least that long, and counts it there.
    pub(crate) const fn new(threshold: Duration, counter: Arc<AtomicU64>) -> Self {
        Self { threshold, counter, started: None }
    }
}

impl Instrumentation for SlowStatements {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => self.started = Some(Instant::now()),
            InstrumentationEvent::FinishQuery { query, .. } => {
                let took = self.started.take().map(|started| started.elapsed());
                let Some(took) = took.filter(|took| *took >= self.threshold) else { return };
                self.counter.fetch_add(1, Relaxed);
                tracing::warn!(
                    statement = without_values(&query.to_string()),
                    duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                    "a statement was slow"
                );
            }
            _ => {}
        }
    }
}

/// The text of a statement up to the values that Diesel appends, on one line,
/// with `'…'` for whatever stands in quotes.
fn without_values(query: &str) -> String {
    let statement = query.split_once(" -- binds:").map_or(query, |(statement, _)| statement);
    // Every second part lies between quotes. A doubled quote in a value makes two
    // values of one, and neither is shown.
    let parts = statement.split('\'').enumerate();
    let shown = parts.map(|(number, part)| if number % 2 == 0 { part } else { "'…'" });
    let words: Vec<_> = shown.flat_map(str::split_whitespace).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_shown() {
        for (query, shown) in [
            ("SELECT 1", "SELECT 1"),
            (
                "SELECT `users`.`id` FROM `users` WHERE `email` = ? -- binds: [\"ada@acme.com\"]",
                "SELECT `users`.`id` FROM `users` WHERE `email` = ?",
            ),
            ("SELECT $1 -- binds: [\" -- binds: [secret\"]", "SELECT $1"),
            ("SET LOCAL a = 'secret'; SELECT\n   1", "SET LOCAL a = '…' ; SELECT 1"),
            ("SELECT 'it''s secret', b", "SELECT '…' '…' , b"),
            ("SELECT 'secret", "SELECT '…'"),
        ] {
            assert_eq!(without_values(query), shown, "{query}");
        }
    }
}
