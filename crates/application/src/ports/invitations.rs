//! Invitations and one-time tokens, as use cases read and write them.

use async_trait::async_trait;
use guildhall_domain::{
    EmailAddress, Invitation, InvitationId, InvitationStatus, OrganizationId, Timestamp, UserId,
};

use super::{StoreError, TokenHash};
use crate::{Cursor, PageRequest, Scope};

/// Why an address cannot be invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invited {
    /// Its account is a member already.
    Member(EmailAddress),
    /// It has an invitation that can be accepted.
    Pending(EmailAddress),
}

/// Invitations, to change them.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait InvitationRepository: Send {
    /// Adds invitations, none of which has a token yet.
    async fn insert(&mut self, scope: &Scope, invitations: &[Invitation])
    -> Result<(), StoreError>;

    /// One invitation of the organization.
    async fn find(
        &mut self,
        scope: &Scope,
        id: InvitationId,
    ) -> Result<Option<Invitation>, StoreError>;

    /// Which of these addresses are members or have an invitation that can be
    /// accepted.
    async fn already_invited(
        &mut self,
        scope: &Scope,
        emails: &[EmailAddress],
        now: Timestamp,
    ) -> Result<Vec<Invited>, StoreError>;

    /// How many invitations of the organization can be accepted.
    async fn count_open(&mut self, scope: &Scope, now: Timestamp) -> Result<u32, StoreError>;

    /// Writes status, expiry and version. What is closed loses its token.
    async fn update(&mut self, scope: &Scope, invitation: &Invitation) -> Result<(), StoreError>;

    /// The invitation with that id, of whatever organization, for the one who
    /// delivers it.
    async fn get(&mut self, id: InvitationId) -> Result<Option<Invitation>, StoreError>;

    /// The organization of the invitation with that token. Who holds the token
    /// holds the invitation.
    async fn organization_of(
        &mut self,
        token: &TokenHash,
    ) -> Result<Option<OrganizationId>, StoreError>;

    /// The invitation with that token, in the organization in scope.
    async fn find_by_token(
        &mut self,
        scope: &Scope,
        token: &TokenHash,
    ) -> Result<Option<Invitation>, StoreError>;

    /// Gives an invitation the token that its mail carries; another is dead
    /// from then on.
    async fn set_token(&mut self, id: InvitationId, token: &TokenHash) -> Result<(), StoreError>;
}

/// An invitation as whoever holds its token sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationDetails {
    /// The invitation.
    pub invitation: Invitation,
    /// Name of the organization.
    pub organization: String,
    /// Whether the address has an account already.
    pub has_account: bool,
}

/// Invitations, to show them.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait InvitationQueries: Send + Sync {
    /// Invitations of an organization, newest first, and then by id; of one
    /// status if that is named. At most `page.limit` rows.
    async fn list(
        &self,
        scope: &Scope,
        status: Option<InvitationStatus>,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Vec<Invitation>, StoreError>;

    /// One invitation.
    async fn get(&self, scope: &Scope, id: InvitationId) -> Result<Option<Invitation>, StoreError>;

    /// How many invitations of the organization can be accepted.
    async fn count_open(&self, scope: &Scope, now: Timestamp) -> Result<u32, StoreError>;

    /// The invitation with that token, whose organization is in use.
    async fn by_token(&self, token: &TokenHash) -> Result<Option<InvitationDetails>, StoreError>;
}

/// The place of an invitation in a list.
#[must_use]
pub fn invitation_cursor(invitation: &Invitation) -> Cursor {
    Cursor { created_at: invitation.created_at, id: invitation.id.as_uuid() }
}

/// What a one-time token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To prove that an address is its account's.
    EmailVerification,
    /// To set a forgotten password.
    PasswordReset,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 2] = [Self::EmailVerification, Self::PasswordReset];

    /// `email_verification` or `password_reset`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmailVerification => "email_verification",
            Self::PasswordReset => "password_reset",
        }
    }
}

/// Tokens that are good for one thing, once.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait OneTimeTokenRepository: Send {
    /// Gives a user a token for a purpose; an earlier one is dead from then on.
    async fn replace(
        &mut self,
        user: UserId,
        purpose: Purpose,
        token: &TokenHash,
        expires_at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Uses a token up, and says whose it was; none when there is no such
    /// token, or it has expired.
    async fn take(
        &mut self,
        purpose: Purpose,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<UserId>, StoreError>;

    /// Takes a user's token for a purpose away, if they have one.
    async fn revoke(&mut self, user: UserId, purpose: Purpose) -> Result<(), StoreError>;
}
