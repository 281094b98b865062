//! A store whose unit of work lends out mocked repositories and remembers
//! whether it was committed.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use guildhall_domain::{Action, AuditEvent};

use crate::ports::{
    AnsweredRequests, AuditLog, InstallationRepository, InvitationRepository, MailQueue,
    MembershipRepository, MockAnsweredRequests, MockInstallationRepository,
    MockInvitationRepository, MockMailQueue, MockMembershipRepository, MockOneTimeTokenRepository,
    MockOrganizationRepository, MockSessionRepository, MockUserRepository, MockWorkspaceRepository,
    OneTimeTokenRepository, OrganizationRepository, SessionRepository, Store, StoreError,
    UnitOfWork, UserRepository, WorkspaceRepository,
};

/// The repositories of one unit of work, to put expectations on.
#[derive(Default)]
#[expect(missing_docs, reason = "each field is documented by its trait")]
pub struct Repositories {
    pub installation: MockInstallationRepository,
    pub organizations: MockOrganizationRepository,
    pub users: MockUserRepository,
    pub memberships: MockMembershipRepository,
    pub workspaces: MockWorkspaceRepository,
    pub invitations: MockInvitationRepository,
    pub sessions: MockSessionRepository,
    pub one_time_tokens: MockOneTimeTokenRepository,
    pub mail_queue: MockMailQueue,
    pub answered_requests: MockAnsweredRequests,
}

/// Where a [`FakeStore`] is out of reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// When a unit of work is begun.
    Begin,
    /// When an audit event is appended.
    Append,
    /// When a unit of work is committed.
    Commit,
}

impl Failure {
    /// Every place.
    pub const ALL: [Self; 3] = [Self::Begin, Self::Append, Self::Commit];

    fn check(self, configured: Option<Self>) -> Result<(), StoreError> {
        if configured == Some(self) {
            return Err(StoreError::Unavailable(format!("{self:?} was made to fail")));
        }
        Ok(())
    }
}

/// Hands out the units of work that a test prepared, in their order, and after
/// them units of work that expect nothing but audit events. In each, nobody has
/// too many sessions unless an expectation was put on that.
#[derive(Default)]
pub struct FakeStore {
    prepared: Mutex<VecDeque<Repositories>>,
    failure: Option<Failure>,
    begun: AtomicUsize,
    committed: Arc<Mutex<Vec<Vec<AuditEvent>>>>,
}

impl FakeStore {
    /// A store with one unit of work prepared.
    #[must_use]
    pub fn with(repositories: Repositories) -> Self {
        Self::with_each([repositories])
    }

    /// A store with several units of work prepared.
    #[must_use]
    pub fn with_each(repositories: impl IntoIterator<Item = Repositories>) -> Self {
        Self { prepared: Mutex::new(repositories.into_iter().collect()), ..Self::default() }
    }

    /// The same store, out of reach there.
    #[must_use]
    pub fn failing_at(self, failure: Failure) -> Self {
        Self { failure: Some(failure), ..self }
    }

    /// How many units of work were begun, or were asked for in vain.
    #[must_use]
    pub fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    /// The actions of the audit events of every unit of work that was
    /// committed, in order.
    #[must_use]
    pub fn committed(&self) -> Vec<Vec<Action>> {
        let committed = self.committed.lock().unwrap_or_else(PoisonError::into_inner);
        committed.iter().map(|events| events.iter().map(|event| event.action).collect()).collect()
    }

    /// The audit events of every unit of work that was committed, in order.
    #[must_use]
    pub fn events(&self) -> Vec<AuditEvent> {
        self.committed.lock().unwrap_or_else(PoisonError::into_inner).concat()
    }
}

#[async_trait]
impl Store for FakeStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        Failure::Begin.check(self.failure)?;
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        let mut repositories = prepared.pop_front().unwrap_or_default();
        repositories.sessions.expect_trim().returning(|_, _| Ok(Vec::new()));
        Ok(Box::new(FakeUnitOfWork {
            repositories,
            failure: self.failure,
            events: Vec::new(),
            committed: self.committed.clone(),
        }))
    }
}

struct FakeUnitOfWork {
    repositories: Repositories,
    failure: Option<Failure>,
    events: Vec<AuditEvent>,
    committed: Arc<Mutex<Vec<Vec<AuditEvent>>>>,
}

#[async_trait]
impl UnitOfWork for FakeUnitOfWork {
    fn installation(&mut self) -> &mut dyn InstallationRepository {
        &mut self.repositories.installation
    }

    fn organizations(&mut self) -> &mut dyn OrganizationRepository {
        &mut self.repositories.organizations
    }

    fn users(&mut self) -> &mut dyn UserRepository {
        &mut self.repositories.users
    }

    fn memberships(&mut self) -> &mut dyn MembershipRepository {
        &mut self.repositories.memberships
    }

    fn workspaces(&mut self) -> &mut dyn WorkspaceRepository {
        &mut self.repositories.workspaces
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        &mut self.repositories.sessions
    }

    fn invitations(&mut self) -> &mut dyn InvitationRepository {
        &mut self.repositories.invitations
    }

    fn one_time_tokens(&mut self) -> &mut dyn OneTimeTokenRepository {
        &mut self.repositories.one_time_tokens
    }

    fn mail_queue(&mut self) -> &mut dyn MailQueue {
        &mut self.repositories.mail_queue
    }

    fn answered_requests(&mut self) -> &mut dyn AnsweredRequests {
        &mut self.repositories.answered_requests
    }

    fn audit_log(&mut self) -> &mut dyn AuditLog {
        self
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        Failure::Commit.check(self.failure)?;
        self.committed.lock().unwrap_or_else(PoisonError::into_inner).push(self.events);
        Ok(())
    }
}

#[async_trait]
impl AuditLog for FakeUnitOfWork {
    async fn append_all(&mut self, events: &[AuditEvent]) -> Result<(), StoreError> {
        Failure::Append.check(self.failure)?;
        self.events.extend_from_slice(events);
        Ok(())
    }
}
