//! Checking the logs of a live store.

use std::sync::Arc;

use guildhall_audit_log::{Base, Finding, Head, LogId, Verifier, VerifyingKey};

use crate::{
    Error,
    ports::{AuditLogs, AuditQueries, StoreError},
};

/// What was checked, and what is wrong.
#[derive(Debug, Default)]
pub struct VerifyReport {
    /// How many logs were checked.
    pub logs: u64,
    /// How many entries.
    pub entries: u64,
    /// How many checkpoints.
    pub checkpoints: u64,
    /// How many entries were dropped before those, as bases say.
    pub dropped: u64,
    /// Of each log that is wrong, what is wrong first.
    pub findings: Vec<Finding>,
}

/// Why a log could not be checked to its end.
enum VerifyFailure {
    /// It is wrong.
    Wrong(Finding),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for VerifyFailure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Finding> for VerifyFailure {
    fn from(finding: Finding) -> Self {
        Self::Wrong(finding)
    }
}

/// Checks every log, from its first entry to its last, against its head and its
/// checkpoints.
pub struct VerifyAuditLogs {
    pub(crate) audit: Arc<dyn AuditQueries>,
    pub(crate) logs: Arc<dyn AuditLogs>,
}

impl VerifyAuditLogs {
    /// How much is read at a time.
    const BATCH: u32 = 1_000;

    /// Checks all logs. With keys, checkpoints by others are wrong; without, the
    /// keys that the store knows are taken.
    ///
    /// # Errors
    ///
    /// Failures of the store. What is wrong with a log is no error.
    #[tracing::instrument(level = "debug", name = "audit.verify", skip_all)]
    pub async fn execute(&self, keys: &[VerifyingKey]) -> Result<VerifyReport, Error> {
        let known = self.audit.signing_keys().await?;
        let keys = if keys.is_empty() { &known } else { keys };
        let mut report = VerifyReport::default();
        let mut after = None;
        loop {
            let logs = self.logs.logs(after, Self::BATCH).await?;
            for log in &logs {
                report.logs += 1;
                let finding = self.finding(*log, keys, &mut report).await?;
                report.findings.extend(finding);
            }
            after = logs.last().copied();
            if logs.len() < Self::BATCH as usize {
                return Ok(report);
            }
        }
    }

    /// What is wrong with a log. Entries that were dropped while they were read are
    /// not: then it is checked anew from where it begins now.
    async fn finding(
        &self,
        log: LogId,
        keys: &[VerifyingKey],
        report: &mut VerifyReport,
    ) -> Result<Option<Finding>, StoreError> {
        loop {
            let base = self.audit.base(log).await?;
            match self.log(log, base.as_ref(), keys, report).await {
                Ok(()) => {
                    report.dropped += base.map_or(0, |base| base.0.size);
                    return Ok(None);
                }
                Err(VerifyFailure::Store(error)) => return Err(error),
                Err(VerifyFailure::Wrong(finding)) if self.audit.base(log).await? == base => {
                    return Ok(Some(finding));
                }
                Err(VerifyFailure::Wrong(_)) => {}
            }
        }
    }

    async fn log(
        &self,
        log: LogId,
        base: Option<&Base>,
        keys: &[VerifyingKey],
        report: &mut VerifyReport,
    ) -> Result<(), VerifyFailure> {
        let mut verifier = Verifier::begin(log, base, keys)?;
        self.expect_checkpoints(log, keys, &mut verifier, report).await?;
        loop {
            let size = verifier.head().size;
            let entries = self.logs.entries(log, size, Self::BATCH).await?;
            for record in &entries {
                verifier.push(record)?;
            }
            report.entries += entries.len() as u64;
            if !entries.is_empty() {
                continue;
            }
            // Read behind the entries: what was added meanwhile comes in the next
            // round, and what stands behind the head has no right to.
            let head = self.logs.head(log).await?.unwrap_or_else(|| Head::empty(log));
            let is_behind = head.size > size && !self.logs.entries(log, size, 1).await?.is_empty();
            if !is_behind {
                verifier.finish(Some(head))?;
                return Ok(());
            }
        }
    }

    async fn expect_checkpoints(
        &self,
        log: LogId,
        keys: &[VerifyingKey],
        verifier: &mut Verifier,
        report: &mut VerifyReport,
    ) -> Result<(), VerifyFailure> {
        let mut after = 0;
        loop {
            let checkpoints = self.audit.checkpoints(log, after, Self::BATCH).await?;
            for checkpoint in &checkpoints {
                verifier.expect_by(checkpoint, keys)?;
                after = checkpoint.size;
            }
            report.checkpoints += checkpoints.len() as u64;
            if checkpoints.len() < Self::BATCH as usize {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests;
