//! The store as use cases write to it: one transaction at a time.

use async_trait::async_trait;
use guildhall_domain::{
    AuditEvent, DomainName, EmailAddress, ExternalId, Membership, Organization, OrganizationId,
    OrganizationName, Quota, Session, SessionId, Timestamp, User, UserId, Workspace, WorkspaceId,
};

use super::{
    AnsweredRequests, InvitationRepository, MailQueue, OneTimeTokenRepository, PasswordHash,
    TokenHash,
};
use crate::{Access, Scope, caller::Viewer};

/// Why the store did not do it. Conflicts that a use case foresees are no
/// errors but values, such as [`Insertion::Conflict`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, is overloaded, or is locked; later it may work.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// It failed for another reason.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// What became of a row that was to be new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Insertion {
    /// It is there now.
    Inserted,
    /// Another row has its unique value; nothing was changed. The other row is
    /// committed or part of this unit of work.
    Conflict,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Change {
    /// It was made.
    Made,
    /// A unique value of it is another row's. The unit of work is of no more
    /// use.
    Conflict,
}

/// What became of an addition to an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Addition {
    /// It was added and counted.
    Added,
    /// It was there already; nothing was changed.
    AlreadyThere,
    /// There is no room for it; nothing was changed.
    NoRoom(Quota),
    /// The organization is deleted or suspended by now; nothing was changed.
    Closed,
}

/// Opens transactions. One use case opens at most one.
#[async_trait]
pub trait Store: Send + Sync {
    /// Begins a transaction that may write.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when no connection can be had in time.
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError>;
}

/// One transaction. Dropped without [`commit`](Self::commit), it rolls back.
#[async_trait]
pub trait UnitOfWork: Send {
    /// The installation as a whole.
    fn installation(&mut self) -> &mut dyn InstallationRepository;
    /// Organizations.
    fn organizations(&mut self) -> &mut dyn OrganizationRepository;
    /// Users.
    fn users(&mut self) -> &mut dyn UserRepository;
    /// Memberships.
    fn memberships(&mut self) -> &mut dyn MembershipRepository;
    /// Workspaces.
    fn workspaces(&mut self) -> &mut dyn WorkspaceRepository;
    /// Invitations.
    fn invitations(&mut self) -> &mut dyn InvitationRepository;
    /// Sessions.
    fn sessions(&mut self) -> &mut dyn SessionRepository;
    /// Tokens that are good for one thing, once.
    fn one_time_tokens(&mut self) -> &mut dyn OneTimeTokenRepository;
    /// Mail that is to be sent.
    fn mail_queue(&mut self) -> &mut dyn MailQueue;
    /// Requests that were answered.
    fn answered_requests(&mut self) -> &mut dyn AnsweredRequests;
    /// The audit trail.
    fn audit_log(&mut self) -> &mut dyn AuditLog;

    /// Makes everything of this unit of work durable and visible at once.
    ///
    /// # Errors
    ///
    /// Nothing of it is kept when this fails.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// What there is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installation {
    /// When the database was made.
    pub installed_at: Timestamp,
    /// The organization that registrants join who name none.
    pub default_organization: Option<OrganizationId>,
}

/// The installation's single row.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait InstallationRepository: Send {
    /// Reads the row and keeps every other unit of work that calls this waiting
    /// until this one ends.
    async fn lock(&mut self) -> Result<Installation, StoreError>;

    /// Names the default organization, which is marked as one for good.
    async fn set_default_organization(&mut self, id: OrganizationId) -> Result<(), StoreError>;

    /// Forgets the default organization if it is this one.
    async fn forget_default_organization(&mut self, scope: &Scope) -> Result<(), StoreError>;
}

/// Organizations, to change them.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait OrganizationRepository: Send {
    /// Whether the installation has any organization.
    async fn any_exists(&mut self) -> Result<bool, StoreError>;

    /// The organization with that id.
    async fn find(&mut self, id: OrganizationId) -> Result<Option<Organization>, StoreError>;

    /// The organization of that name, however it is spelt.
    async fn find_by_name(
        &mut self,
        name: &OrganizationName,
    ) -> Result<Option<Organization>, StoreError>;

    /// Whether an organization has that domain.
    async fn domain_is_taken(&mut self, domain: &DomainName) -> Result<bool, StoreError>;

    /// The organization with that id and what the viewer is to it, if they may
    /// know of it and it is not deleted. Every other unit of work that calls
    /// this waits until this one ends, and so does everything that is counted
    /// in the organization.
    async fn lock(
        &mut self,
        viewer: Viewer,
        id: OrganizationId,
    ) -> Result<Option<Access>, StoreError>;

    /// The same for a deleted organization.
    async fn lock_deleted(
        &mut self,
        viewer: Viewer,
        id: OrganizationId,
    ) -> Result<Option<Access>, StoreError>;

    /// The organization with that id, unless it is deleted, for somebody whom it
    /// is about to take in; locked as by [`lock`](Self::lock).
    async fn lock_for_entrant(
        &mut self,
        id: OrganizationId,
    ) -> Result<Option<Organization>, StoreError>;

    /// Whether an organization has that external id.
    async fn external_id_is_taken(&mut self, external_id: &ExternalId) -> Result<bool, StoreError>;

    /// Writes every field of an organization but the counts and the time of
    /// its creation. It conflicts when its name, domain or external id is
    /// taken.
    async fn update(
        &mut self,
        scope: &Scope,
        organization: &Organization,
    ) -> Result<Change, StoreError>;

    /// Adds an organization. It conflicts when its name, domain or external id
    /// is taken, waiting for a concurrent transaction that is about to take it.
    async fn insert(&mut self, organization: &Organization) -> Result<Insertion, StoreError>;
}

/// Users, to change them.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait UserRepository: Send {
    /// The user with that id and the hash of their password. Every other unit
    /// of work that locks or changes this user waits until this one ends.
    async fn lock(&mut self, id: UserId) -> Result<Option<(User, PasswordHash)>, StoreError>;

    /// Adds a user. It conflicts when the address is taken.
    async fn insert(
        &mut self,
        user: &User,
        password: &PasswordHash,
    ) -> Result<Insertion, StoreError>;

    /// Writes every field of a user but the id, the address and the password.
    async fn update(&mut self, user: &User) -> Result<(), StoreError>;

    /// Replaces a password.
    async fn set_password(&mut self, id: UserId, password: &PasswordHash)
    -> Result<(), StoreError>;

    /// The user with that address, locked likewise.
    async fn lock_by_email(&mut self, email: &EmailAddress) -> Result<Option<User>, StoreError>;

    /// Whether any platform admin exists.
    async fn any_admin_exists(&mut self) -> Result<bool, StoreError>;

    /// Whether a platform admin who may sign in exists beside this user.
    async fn another_admin_exists(&mut self, than: UserId) -> Result<bool, StoreError>;

    /// The organizations that a user is a member of, deleted ones included, in
    /// the order in which organizations are locked.
    async fn organizations_of(&mut self, id: UserId) -> Result<Vec<OrganizationId>, StoreError>;

    /// Removes a user who is a member of nothing, with their sessions and
    /// tokens, and takes out of the audit trail and of invitations what is
    /// personal of them: what they did remains, under their id alone.
    async fn erase(&mut self, user: &User) -> Result<(), StoreError>;
}

/// Memberships, to change them.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait MembershipRepository: Send {
    /// Adds a member and counts them.
    async fn insert(
        &mut self,
        scope: &Scope,
        membership: &Membership,
    ) -> Result<Addition, StoreError>;

    /// The membership of a user.
    async fn find(&mut self, scope: &Scope, user: UserId)
    -> Result<Option<Membership>, StoreError>;

    /// Writes the role of a member.
    async fn update(&mut self, scope: &Scope, membership: &Membership) -> Result<(), StoreError>;

    /// Removes a member and counts them no more.
    async fn remove(&mut self, scope: &Scope, user: UserId) -> Result<(), StoreError>;

    /// Whether there is an owner who may sign in beside this user.
    async fn another_owner_exists(
        &mut self,
        scope: &Scope,
        than: UserId,
    ) -> Result<bool, StoreError>;
}

/// Workspaces, to change them.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait WorkspaceRepository: Send {
    /// Adds workspaces and counts them: all of them, or none where there is no
    /// room for all.
    async fn insert(
        &mut self,
        scope: &Scope,
        workspaces: &[Workspace],
    ) -> Result<Addition, StoreError>;

    /// One workspace.
    async fn find(
        &mut self,
        scope: &Scope,
        id: WorkspaceId,
    ) -> Result<Option<Workspace>, StoreError>;

    /// Writes name, description and status of a workspace.
    async fn update(&mut self, scope: &Scope, workspace: &Workspace) -> Result<(), StoreError>;

    /// Removes a workspace and counts it no more.
    async fn remove(&mut self, scope: &Scope, id: WorkspaceId) -> Result<(), StoreError>;
}

/// When a session was used last, and how long it lives by that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionUse {
    /// Which session.
    pub session: SessionId,
    /// When it was used.
    pub last_used_at: Timestamp,
    /// When it expires unless it is used again.
    pub expires_at: Timestamp,
}

impl From<&Session> for SessionUse {
    fn from(used: &Session) -> Self {
        Self { session: used.id, last_used_at: used.last_used_at, expires_at: used.expires_at }
    }
}

/// Sessions, to change them.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait SessionRepository: Send {
    /// Adds a session.
    async fn insert(&mut self, session: &Session, token: &TokenHash) -> Result<(), StoreError>;

    /// Writes down uses of sessions, of each at most one: of those that still exist, and
    /// were not used later. One that another transaction is changing may be left out.
    async fn record_uses(&mut self, uses: &[SessionUse]) -> Result<(), StoreError>;

    /// Ends one session of a user; false when there is no such session.
    async fn remove(&mut self, user: UserId, session: SessionId) -> Result<bool, StoreError>;

    /// Ends every session of a user but one, and says which those were.
    async fn remove_others(
        &mut self,
        user: UserId,
        keep: SessionId,
    ) -> Result<Vec<SessionId>, StoreError>;

    /// Ends every session of a user, and says how many there were.
    async fn remove_all(&mut self, user: UserId) -> Result<usize, StoreError>;

    /// Ends the sessions of a user that began first, so that no more than
    /// `keep` remain, and says which those were.
    async fn trim(&mut self, user: UserId, keep: u32) -> Result<Vec<SessionId>, StoreError>;
}

/// The audit trail, to add to it. Nothing in it is ever changed.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait AuditLog: Send {
    /// Adds events.
    async fn append_all(&mut self, events: &[AuditEvent]) -> Result<(), StoreError>;

    /// Adds an event.
    async fn append(&mut self, event: &AuditEvent) -> Result<(), StoreError> {
        self.append_all(std::slice::from_ref(event)).await
    }
}
