//! Checkpoints: made at intervals, shown to those who keep them.

use std::sync::Arc;

use guildhall_audit_log::{Checkpoint, LogId, SigningKey, VerifyingKey};
use guildhall_domain::{OrganizationId, Permission, UserRole};

use crate::{
    Caller, Error,
    organization::OrganizationReader,
    ports::{AuditLogs, AuditQueries, Clock},
};

/// What signs checkpoints on this node.
#[derive(Debug, Clone)]
pub struct AuditSigner(pub SigningKey);

/// States how far each log is.
pub struct MakeCheckpoints {
    pub(crate) logs: Arc<dyn AuditLogs>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) signer: Option<AuditSigner>,
}

impl MakeCheckpoints {
    /// How many logs are looked for at a time.
    const BATCH: u32 = 500;

    /// Makes the key of this node known, so that its statements can be checked.
    /// Does nothing on a node without one.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    pub async fn introduce(&self) -> Result<(), Error> {
        if let Some(AuditSigner(key)) = &self.signer {
            self.logs.keep_signing_key(&key.verifying_key(), self.clock.now()).await?;
        }
        Ok(())
    }

    /// Signs a checkpoint of every log that has grown, and says how many.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    #[tracing::instrument(level = "debug", name = "audit.make_checkpoints", skip_all)]
    pub async fn execute(&self) -> Result<usize, Error> {
        let Some(AuditSigner(key)) = &self.signer else { return Ok(0) };
        let mut made = 0;
        loop {
            let grown = self.logs.unsigned(Self::BATCH).await?;
            for (log, head) in &grown {
                let checkpoint = key.sign(*log, head.size, head.hash, self.clock.now());
                self.logs.keep_checkpoint(&checkpoint).await?;
            }
            made += grown.len();
            if grown.len() < Self::BATCH as usize {
                return Ok(made);
            }
        }
    }
}

/// Shows checkpoints, and the keys that they are checked by.
pub struct AuditCheckpoints {
    pub(crate) reader: OrganizationReader,
    pub(crate) audit: Arc<dyn AuditQueries>,
}

impl AuditCheckpoints {
    /// The most that are shown at a time.
    pub const MAX: u32 = 100;

    /// Checkpoints over more than `after` entries of an organization's log, the
    /// shortest first; without an organization, of the installation's.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`],
    /// [`Error::OrganizationSuspended`]; failures of the store.
    #[tracing::instrument(level = "debug", name = "audit.checkpoints", skip_all)]
    pub async fn list(
        &self,
        caller: &Caller,
        organization: Option<OrganizationId>,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Checkpoint>, Error> {
        let log = self.log(caller, organization).await?;
        Ok(self.audit.checkpoints(log, after, limit).await?)
    }

    /// The newest one.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list), and [`Error::NotFound`] while there is none.
    #[tracing::instrument(level = "debug", name = "audit.last_checkpoint", skip_all)]
    pub async fn last(
        &self,
        caller: &Caller,
        organization: Option<OrganizationId>,
    ) -> Result<Checkpoint, Error> {
        let log = self.log(caller, organization).await?;
        self.audit.last_checkpoint(log).await?.ok_or(Error::NotFound)
    }

    /// Every key that has signed checkpoints, the oldest first.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    pub async fn keys(&self) -> Result<Vec<VerifyingKey>, Error> {
        Ok(self.audit.signing_keys().await?)
    }

    async fn log(
        &self,
        caller: &Caller,
        organization: Option<OrganizationId>,
    ) -> Result<LogId, Error> {
        match organization {
            Some(id) => {
                self.reader.scope(caller, id, Permission::ReadAudit).await?;
                Ok(LogId::Organization(id.as_uuid()))
            }
            None if caller.user.role == UserRole::Admin => Ok(LogId::Installation),
            None => Err(Error::Forbidden("platform:admin")),
        }
    }
}
