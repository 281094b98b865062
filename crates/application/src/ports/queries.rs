//! The store as use cases read from it: one call, one answer, no transaction.
//! What comes back are read models, made for showing.

use async_trait::async_trait;
use guildhall_domain::{
    EmailAddress, OrganizationId, OrganizationRole, ServingPeriod, Session, Timestamp, User, UserId,
};

use super::{PasswordHash, StoreError, TokenHash};
use crate::{Cursor, PageRequest, caller::Viewer};

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

/// A single organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationDetails {
    /// What a list shows of it.
    pub summary: OrganizationSummary,
    /// When its own fields changed last.
    pub updated_at: Timestamp,
    /// The viewer's role in it; none for a platform admin who is no member.
    pub your_role: Option<OrganizationRole>,
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

    /// One organization, if the viewer may know of it.
    async fn accessible(
        &self,
        viewer: Viewer,
        id: OrganizationId,
    ) -> Result<Option<OrganizationDetails>, StoreError>;

    /// Whether the installation has any organization.
    async fn any_exists(&self) -> Result<bool, StoreError>;
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

/// Users, to show them and to sign them in.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait UserQueries: Send + Sync {
    /// The account with that address, however it is spelt.
    async fn by_email(
        &self,
        email: &EmailAddress,
    ) -> Result<Option<AccountWithPassword>, StoreError>;

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

    /// When the database was made, and every serving period that reaches
    /// behind `since`.
    async fn serving_periods(
        &self,
        since: Timestamp,
    ) -> Result<(Timestamp, Vec<ServingPeriod>), StoreError>;
}
