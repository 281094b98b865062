//! Writing logs out, so that they can be kept and verified elsewhere.

use std::sync::Arc;

use guildhall_audit_log::{Line, LogId, Record};

use crate::{
    Error,
    ports::{AuditLogs, AuditQueries, StoreError},
};

/// Where the export of a log is: at its base, behind a checkpoint or behind an entry,
/// whose checkpoints and entries come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportPlace {
    /// Before everything.
    Start,
    /// Behind the checkpoint over so many entries. Checkpoints stand before what they
    /// are over, so that whoever verifies need remember nothing.
    Checkpoints {
        /// Over how many.
        after: u64,
        /// How many entries of the log were dropped.
        dropped: u64,
    },
    /// Behind the entry of that number.
    Entries {
        /// The number.
        after: u64,
    },
}

/// How many lines are read at a time.
const BATCH: u32 = 1_000;

/// The next lines of a log, whose entries are read by that function, and where they
/// lead; nothing at its end.
pub(super) async fn next_lines(
    audit: &dyn AuditQueries,
    log: LogId,
    place: ExportPlace,
    entries: impl AsyncFnOnce(u64, u32) -> Result<Vec<Record>, StoreError>,
) -> Result<Option<(Vec<Line>, ExportPlace)>, Error> {
    let step = match place {
        ExportPlace::Start => {
            let base = audit.base(log).await?;
            let dropped = base.as_ref().map_or(0, |base| base.0.size);
            let lines = base.into_iter().map(|base| Line::Base { base }).collect();
            (lines, ExportPlace::Checkpoints { after: 0, dropped })
        }
        ExportPlace::Checkpoints { after, dropped } => {
            let checkpoints = audit.checkpoints(log, after, BATCH).await?;
            let next = checkpoints.last().map_or(ExportPlace::Entries { after: dropped }, |last| {
                ExportPlace::Checkpoints { after: last.size, dropped }
            });
            let line = |checkpoint| Line::Checkpoint { checkpoint };
            (checkpoints.into_iter().map(line).collect(), next)
        }
        ExportPlace::Entries { after } => {
            let entries = entries(after, BATCH).await?;
            let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
                return Ok(None);
            };
            if first.entry.sequence > after + 1 {
                refuse_if_dropped(audit, log, after).await?;
            }
            // What somebody put there without a number is behind nothing.
            let next = ExportPlace::Entries { after: last.entry.sequence.max(after + 1) };
            let line = |record| Line::Record(Box::new(record));
            (entries.into_iter().map(line).collect(), next)
        }
    };
    Ok(Some(step))
}

/// A gap is to be exported as it is, unless the entries were dropped meanwhile.
async fn refuse_if_dropped(audit: &dyn AuditQueries, log: LogId, after: u64) -> Result<(), Error> {
    match audit.base(log).await? {
        Some(base) if base.0.size > after => {
            let why = format!("old entries of {log} were dropped meanwhile; export it again");
            Err(StoreError::Unavailable(why).into())
        }
        _ => Ok(()),
    }
}

/// Exports logs, for an operator.
pub struct ExportAuditLogs {
    pub(crate) audit: Arc<dyn AuditQueries>,
    pub(crate) logs: Arc<dyn AuditLogs>,
}

impl ExportAuditLogs {
    /// Hands every line of one log, or of all, to `take`: of each log its base, its
    /// checkpoints and then its entries. Ends early when `take` says so.
    ///
    /// # Errors
    ///
    /// Failures of the store, and those of `take`.
    #[tracing::instrument(level = "debug", name = "audit.export", skip_all)]
    pub async fn execute<E: From<Error>>(
        &self,
        only: Option<LogId>,
        mut take: impl FnMut(Line) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        if let Some(log) = only {
            return self.log(log, &mut take).await;
        }
        let mut after = None;
        loop {
            let logs = self.logs.logs(after, BATCH).await.map_err(Error::from)?;
            for log in &logs {
                self.log(*log, &mut take).await?;
            }
            after = logs.last().copied();
            if logs.len() < BATCH as usize {
                return Ok(());
            }
        }
    }

    async fn log<E: From<Error>>(
        &self,
        log: LogId,
        take: &mut (impl FnMut(Line) -> Result<(), E> + Send),
    ) -> Result<(), E> {
        let mut place = ExportPlace::Start;
        let read = async |after, limit| self.logs.entries(log, after, limit).await;
        while let Some((lines, next)) = next_lines(&*self.audit, log, place, read).await? {
            lines.into_iter().try_for_each(&mut *take)?;
            place = next;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
