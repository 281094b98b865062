//! The store as use cases read from it: one call, one answer, no transaction.
//! What comes back are read models, made for showing.

use async_trait::async_trait;
use guildhall_domain::{
    EmailAddress, Membership, OrganizationId, OrganizationRole, ServingPeriod, Session, Timestamp,
    User, UserId, UserStatus, Workspace, WorkspaceId,
};

use super::{PasswordHash, StoreError, TokenHash};
use crate::{Access, Cursor, PageRequest, Scope, caller::Viewer};

/// An organization in a list: the seed page's six fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationSummary {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Its primary domain.
    pub domain: Option<String>,
    /// How many members it has.
    pub users_count: u32,
    /// How many workspaces are allocated to it.
    pub workspaces_count: u32,
    /// When it was created.
    pub created_at: Timestamp,
}

impl OrganizationSummary {
    /// The place of this organization in a list.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { created_at: self.created_at, id: self.id.as_uuid() }
    }
}

/// Organizations, to show them.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait OrganizationQueries: Send + Sync {
    /// The organizations that the viewer is a member of, or all of them for a
    /// platform admin; newest first, by creation and then by id. At most
    /// `page.limit` rows.
    async fn accessible_to(
        &self,
        viewer: Viewer,
        page: PageRequest,
    ) -> Result<Vec<OrganizationSummary>, StoreError>;

    /// One organization and what the viewer is to it, if they may know of it
    /// and it is not deleted.
    async fn access(
        &self,
        viewer: Viewer,
        id: OrganizationId,
    ) -> Result<Option<Access>, StoreError>;

    /// Whether the installation has any organization.
    async fn any_exists(&self) -> Result<bool, StoreError>;
}

/// A member, to show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberDetails {
    /// The membership.
    pub membership: Membership,
    /// The account.
    pub account: UserWithOrganization,
}

impl MemberDetails {
    /// The place of this member in a list.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { created_at: self.membership.joined_at, id: self.membership.user.as_uuid() }
    }
}

/// Which members are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberFilter {
    /// Part of the name or of the address, in any case.
    pub text: Option<String>,
    /// The role.
    pub role: Option<OrganizationRole>,
}

/// Members, to show them.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait MemberQueries: Send + Sync {
    /// Members, those who joined last first, and then by id. At most
    /// `page.limit` rows.
    async fn list(
        &self,
        scope: &Scope,
        filter: &MemberFilter,
        page: PageRequest,
    ) -> Result<Vec<MemberDetails>, StoreError>;

    /// One member.
    async fn get(&self, scope: &Scope, user: UserId) -> Result<Option<MemberDetails>, StoreError>;
}

/// Workspaces, to show them.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait WorkspaceQueries: Send + Sync {
    /// Workspaces of an organization, newest first, and then by id. At most
    /// `page.limit` rows.
    async fn list(&self, scope: &Scope, page: PageRequest) -> Result<Vec<Workspace>, StoreError>;

    /// One workspace.
    async fn get(&self, scope: &Scope, id: WorkspaceId) -> Result<Option<Workspace>, StoreError>;

    /// Workspaces of every organization that the viewer's list returns and
    /// that may be used, in the same order.
    async fn accessible_to(
        &self,
        viewer: Viewer,
        page: PageRequest,
    ) -> Result<Vec<Workspace>, StoreError>;
}

/// A user together with what stands in their `organization` field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserWithOrganization {
    /// The account.
    pub user: User,
    /// Name of the home organization, or else of the intended one.
    pub organization: Option<String>,
}

/// What signing in needs to know of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountWithPassword {
    /// The account.
    pub account: UserWithOrganization,
    /// Its password's hash.
    pub password: PasswordHash,
}

impl UserWithOrganization {
    /// The place of this account in a list.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { created_at: self.user.created_at, id: self.user.id.as_uuid() }
    }
}

/// Which users are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Part of the name or of the address, in any case.
    pub text: Option<String>,
    /// The status.
    pub status: Option<UserStatus>,
}

/// Users, to show them and to sign them in.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait UserQueries: Send + Sync {
    /// The account with that address, however it is spelt.
    async fn by_email(
        &self,
        email: &EmailAddress,
    ) -> Result<Option<AccountWithPassword>, StoreError>;

    /// The users that the viewer may know of, those who came last first, and then
    /// by id: themselves, and the members of organizations in which they may see
    /// members; everybody for a platform admin. At most `page.limit` rows.
    async fn visible_to(
        &self,
        viewer: Viewer,
        filter: &UserFilter,
        page: PageRequest,
    ) -> Result<Vec<UserWithOrganization>, StoreError>;

    /// One user, if the viewer may know of them.
    async fn get(
        &self,
        viewer: Viewer,
        id: UserId,
    ) -> Result<Option<UserWithOrganization>, StoreError>;

    /// The password hash of a user.
    async fn password_of(&self, user: UserId) -> Result<Option<PasswordHash>, StoreError>;
}

/// A session with the account behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountWithSession {
    /// The account.
    pub account: UserWithOrganization,
    /// The session.
    pub session: Session,
}

/// Sessions, to show them and to authenticate requests.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait SessionQueries: Send + Sync {
    /// The session with that token, live or not, and its account.
    async fn by_token(&self, token: &TokenHash) -> Result<Option<AccountWithSession>, StoreError>;

    /// The sessions of a user that are live at `now`, newest first.
    async fn live_of(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError>;
}

/// Numbers over the organizations that a viewer's list returns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatsSnapshot {
    /// How many organizations.
    pub organizations: u64,
    /// Workspaces allocated to them.
    pub workspaces: u64,
    /// Distinct members of them.
    pub members: u64,
    /// Members with a second factor.
    pub members_with_mfa: u64,
    /// Members who signed in since the given time.
    pub members_active: u64,
    /// Live sessions of those members.
    pub live_sessions: u64,
    /// Organizations with a single owner and other members.
    pub organizations_with_single_owner: u64,
    /// Organizations in which more than a quarter of the members, and more
    /// than two, are owners or admins.
    pub organizations_with_many_admins: u64,
}

/// The numbers of the stats page.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait StatsQueries: Send + Sync {
    /// Counts what the viewer may see. `now` decides which sessions are live,
    /// `active_since` which members count as active.
    async fn snapshot(
        &self,
        viewer: Viewer,
        now: Timestamp,
        active_since: Timestamp,
    ) -> Result<StatsSnapshot, StoreError>;

    /// The same of one organization.
    async fn snapshot_of(
        &self,
        scope: &Scope,
        now: Timestamp,
        active_since: Timestamp,
    ) -> Result<StatsSnapshot, StoreError>;

    /// When the database was made, and every serving period that reaches
    /// behind `since`.
    async fn serving_periods(
        &self,
        since: Timestamp,
    ) -> Result<(Timestamp, Vec<ServingPeriod>), StoreError>;
}
