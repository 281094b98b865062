//! The unit of work on Diesel. It is its own repositories: each of their
//! modules implements a port for it.

use async_trait::async_trait;
use diesel::QueryResult;
use guildhall_application::{
    Scope,
    ports::{
        AnsweredRequests, AuditLog, Changed, Changes, Insertion, InstallationRepository,
        InvitationRepository, MailQueue, MembershipRepository, OneTimeTokenRepository,
        OrganizationRepository, SessionRepository, StoreError, UnitOfWork, UserRepository,
        WorkspaceRepository,
    },
};
use guildhall_domain::{AuditEvent, EmailAddress, OrganizationId, UserId};

use crate::{
    audit,
    changes::{self, Announcer},
    connection::DbConnection,
    tenancy::{self, Actor},
    transaction::{Transaction, ended},
};

/// One transaction. It lends its connection to a blocking thread for each call.
pub(crate) struct DieselUnitOfWork {
    /// Absent while it is lent, and for good when it was ended or a call
    /// failed or was cancelled.
    transaction: Option<Transaction>,
    /// The user, and the organization that it is confined to what they may do
    /// in; none while it is the installation's.
    confinement: Option<(UserId, OrganizationId)>,
    /// Whom the database takes the next statement to come from.
    told: Actor,
    /// The events that are written when it is committed.
    events: Vec<AuditEvent>,
    /// Who is forgotten behind those.
    forgotten: Vec<(UserId, EmailAddress)>,
    /// What is told to whoever keeps copies.
    changes: Changes,
    announcer: Announcer,
}

impl DieselUnitOfWork {
    /// The unit of work in this transaction.
    pub(crate) const fn new(transaction: Transaction, announcer: Announcer) -> Self {
        let transaction = Some(transaction);
        Self {
            transaction,
            confinement: None,
            told: Actor::Installation,
            events: Vec::new(),
            forgotten: Vec::new(),
            changes: Changes::none(),
            announcer,
        }
    }

    /// Ends the transaction, which rolls back. PostgreSQL would turn the commit
    /// after a violation into a roll-back without a word.
    pub(crate) fn end(&mut self) {
        self.transaction = None;
    }

    /// Keeps events until the commit.
    pub(crate) fn note(&mut self, events: &[AuditEvent]) -> Result<(), StoreError> {
        if self.transaction.is_none() {
            return Err(ended());
        }
        self.events.extend_from_slice(events);
        Ok(())
    }

    /// Notes that something of which there may be copies is changed.
    pub(crate) fn changes(&mut self, changed: Changed) {
        self.changes.add(changed);
    }

    /// Notes that more is changed than can be listed.
    pub(crate) fn changes_everything(&mut self) {
        self.changes = Changes::Everything;
    }

    /// Throws the keys of a user away at the commit, behind the last event of
    /// theirs.
    pub(crate) fn forget(&mut self, user: UserId, address: EmailAddress) {
        self.forgotten.push((user, address));
    }

    /// Runs statements in the transaction.
    pub(crate) async fn run<T: Send + 'static>(
        &mut self,
        statements: impl FnOnce(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let actor = self.confinement.map_or(Actor::Installation, |(user, _)| Actor::User(user));
        self.run_as(actor, statements).await
    }

    /// Runs statements on what belongs to the organization in scope, confined
    /// to what its viewer may do there.
    pub(crate) async fn run_in<T: Send + 'static>(
        &mut self,
        scope: &Scope,
        statements: impl FnOnce(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let organization = scope.organization();
        match scope.viewer() {
            Some(user) if self.confinement != Some((user, organization)) => {
                let value = self
                    .across_tenants(move |connection| {
                        tenancy::confine(connection, user, organization)?;
                        statements(connection)
                    })
                    .await?;
                self.is_confined_to(user, organization);
                Ok(value)
            }
            _ => self.run(statements).await,
        }
    }

    /// Runs statements that look at every tenant, whoever this unit of work is
    /// confined to: what is unique in the installation is so across tenants.
    pub(crate) async fn across_tenants<T: Send + 'static>(
        &mut self,
        statements: impl FnOnce(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run_as(Actor::Installation, statements).await
    }

    /// Notes that the last statements confined the transaction.
    pub(crate) const fn is_confined_to(&mut self, user: UserId, organization: OrganizationId) {
        self.confinement = Some((user, organization));
        self.told = Actor::User(user);
    }

    async fn run_as<T: Send + 'static>(
        &mut self,
        actor: Actor,
        statements: impl FnOnce(&mut DbConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let is_news = self.told != actor;
        let transaction = self.transaction.take().ok_or_else(ended)?;
        let (transaction, value) = transaction
            .run(move |connection| {
                if is_news {
                    tenancy::act_as(connection, actor)?;
                }
                statements(connection)
            })
            .await?;
        self.told = actor;
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

    fn invitations(&mut self) -> &mut dyn InvitationRepository {
        self
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }

    fn one_time_tokens(&mut self) -> &mut dyn OneTimeTokenRepository {
        self
    }

    fn mail_queue(&mut self) -> &mut dyn MailQueue {
        self
    }

    fn answered_requests(&mut self) -> &mut dyn AnsweredRequests {
        self
    }

    fn audit_log(&mut self) -> &mut dyn AuditLog {
        self
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        let transaction = self.transaction.take().ok_or_else(ended)?;
        let Self { events, forgotten, told, changes, announcer, .. } = *self;
        let accounts = changes::accounts(&changes);
        let asks_across = !events.is_empty() || !forgotten.is_empty() || !accounts.is_empty();
        if !asks_across && !transaction.has_begun() {
            return Ok(());
        }
        let scrubs = !forgotten.is_empty();
        let last = move |connection: &mut DbConnection, changes: &mut Changes| {
            if asks_across && told != Actor::Installation {
                tenancy::act_as(connection, Actor::Installation)?;
            }
            changes::add_organizations(connection, &accounts, changes)?;
            audit::append(connection, &events)?;
            let mut forgotten = forgotten.iter();
            forgotten.try_for_each(|(user, address)| audit::forget(connection, *user, address))
        };
        transaction.commit(announcer, changes, scrubs, last).await
    }
}

/// What an `INSERT … ON CONFLICT DO NOTHING` came to, by the rows it wrote.
pub(crate) const fn insertion(rows: usize) -> Insertion {
    if rows == 0 { Insertion::Conflict } else { Insertion::Inserted }
}
