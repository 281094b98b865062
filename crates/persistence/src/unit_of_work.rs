//! The unit of work on Diesel. It is its own repositories: each of their
//! modules implements a port for it.

use async_trait::async_trait;
use diesel::QueryResult;
use guildhall_application::ports::{
    AuditLog, Insertion, InstallationRepository, MembershipRepository, OrganizationRepository,
    SessionRepository, StoreError, UnitOfWork, UserRepository, WorkspaceRepository,
};

use crate::{
    connection::DbConnection,
    transaction::{Transaction, ended},
};

/// One transaction. It lends its connection to a blocking thread for each call.
pub(crate) struct DieselUnitOfWork {
    /// Absent while it is lent, and for good when it was ended or a call
    /// failed or was cancelled.
    transaction: Option<Transaction>,
}

impl DieselUnitOfWork {
    /// The unit of work in this transaction.
    pub(crate) const fn new(transaction: Transaction) -> Self {
        Self { transaction: Some(transaction) }
    }

    /// Ends the transaction, which rolls back. PostgreSQL would turn the commit
    /// after a violation into a roll-back without a word.
    pub(crate) fn end(&mut self) {
        self.transaction = None;
    }

    /// Runs statements in the transaction.
    pub(crate) async fn run<T: Send + 'static>(
        &mut self,
        statements: impl FnOnce(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let transaction = self.transaction.take().ok_or_else(ended)?;
        let (transaction, value) = transaction.run(statements).await?;
        self.transaction = Some(transaction);
        Ok(value)
    }
}

#[async_trait]
impl UnitOfWork for DieselUnitOfWork {
    fn installation(&mut self) -> &mut dyn InstallationRepository {
        self
    }

    fn organizations(&mut self) -> &mut dyn OrganizationRepository {
        self
    }

    fn users(&mut self) -> &mut dyn UserRepository {
        self
    }

    fn memberships(&mut self) -> &mut dyn MembershipRepository {
        self
    }

    fn workspaces(&mut self) -> &mut dyn WorkspaceRepository {
        self
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }

    fn audit_log(&mut self) -> &mut dyn AuditLog {
        self
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        self.transaction.take().ok_or_else(ended)?.commit().await
    }
}

/// What an `INSERT … ON CONFLICT DO NOTHING` came to, by the rows it wrote.
pub(crate) const fn insertion(rows: usize) -> Insertion {
    if rows == 0 { Insertion::Conflict } else { Insertion::Inserted }
}
