//! Writing logs out, so that they can be kept and verified elsewhere.

use std::sync::Arc;

use guildhall_audit_log::{Line, LogId};

use crate::{
    Error,
    ports::{AuditLogs, AuditQueries},
};

/// Exports logs, for an operator.
pub struct ExportAuditLogs {
    pub(crate) audit: Arc<dyn AuditQueries>,
    pub(crate) logs: Arc<dyn AuditLogs>,
}

impl ExportAuditLogs {
    /// How much is read at a time.
    const BATCH: u32 = 1_000;

    /// Hands every line of one log, or of all, to `take`: of each log its
    /// checkpoints and then its entries. Ends early when `take` says so.
    ///
    /// # Errors
    ///
    /// Failures of the store, and those of `take`.
    #[tracing::instrument(name = "audit.export", skip_all)]
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
            let logs = self.logs.logs(after, Self::BATCH).await.map_err(Error::from)?;
            for log in &logs {
                self.log(*log, &mut take).await?;
            }
            after = logs.last().copied();
            if logs.len() < Self::BATCH as usize {
                return Ok(());
            }
        }
    }

    async fn log<E: From<Error>>(
        &self,
        log: LogId,
        take: &mut (impl FnMut(Line) -> Result<(), E> + Send),
    ) -> Result<(), E> {
        let mut after = 0;
        loop {
            let checkpoints = self.audit.checkpoints(log, after, Self::BATCH).await;
            let checkpoints = checkpoints.map_err(Error::from)?;
            let Some(last) = checkpoints.last() else { break };
            after = last.size;
            checkpoints
                .into_iter()
                .try_for_each(|checkpoint| take(Line::Checkpoint { checkpoint }))?;
        }
        let mut after = 0;
        loop {
            let entries = self.logs.entries(log, after, Self::BATCH).await.map_err(Error::from)?;
            let Some(last) = entries.last() else { return Ok(()) };
            after = last.entry.sequence.max(after + 1);
            entries.into_iter().try_for_each(|record| take(Line::Record(Box::new(record))))?;
        }
    }
}
