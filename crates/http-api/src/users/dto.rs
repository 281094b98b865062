//! How users are shown.

use guildhall_application::{Caller, ports::UserWithOrganization};
use guildhall_domain::{UserId, UserRole};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{entity_tag::Tagged, timestamp::Rfc3339};

/// A user. Others than platform admins and the user themselves see the first
/// three fields alone: where else somebody belongs is not theirs to know.
#[derive(Debug, Hash, Serialize, ToSchema)]
#[schema(as = UserDetails)]
pub(crate) struct UserDetailsResponse {
    #[schema(value_type = String, example = "user-5f0c8b1e-6f0a-4c58-9a55-6a6f6c1f7a11")]
    id: UserId,
    #[schema(format = Email, example = "john@acme.com")]
    email: String,
    #[schema(example = "John Doe")]
    name: String,
    #[serde(flatten)]
    #[schema(value_type = AccountResponse)]
    account: Option<AccountResponse>,
}

/// What an account is, for those who may see it whole; for others, nothing of
/// it is there.
#[derive(Debug, Hash, Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountResponse {
    /// Name of the home organization.
    #[schema(required = false, example = "Acme Corporation")]
    organization: Option<String>,
    /// Role in the whole installation: `user` or `admin`.
    #[schema(required = false, example = "user")]
    role: &'static str,
    #[schema(required = false, example = false)]
    mfa_enabled: bool,
    #[schema(value_type = String, required = false, format = DateTime, example = "2026-01-15T10:00:00.000Z")]
    created_at: Rfc3339,
    /// `active` or `deactivated`.
    #[schema(required = false, example = "active")]
    status: &'static str,
    /// Whether it was proven that the address is the user's.
    #[schema(required = false, example = true)]
    email_verified: bool,
    #[schema(value_type = String, required = false, format = DateTime, example = "2026-01-20T08:15:30.250Z")]
    updated_at: Rfc3339,
    #[schema(value_type = Option<String>, required = false, format = DateTime, example = "2026-01-22T10:30:00.000Z")]
    last_sign_in_at: Option<Rfc3339>,
}

impl UserDetailsResponse {
    /// The user as this caller sees them.
    pub(super) fn new(account: UserWithOrganization, caller: &Caller) -> Self {
        let UserWithOrganization { user, organization } = account;
        let is_shown_whole = caller.user.role == UserRole::Admin || caller.user.id == user.id;
        Self {
            id: user.id,
            email: user.email.to_string(),
            name: user.name.to_string(),
            account: is_shown_whole.then(|| AccountResponse {
                organization,
                role: user.role.as_str(),
                mfa_enabled: user.mfa_enabled,
                created_at: Rfc3339(user.created_at),
                status: user.status.as_str(),
                email_verified: user.email_verified_at.is_some(),
                updated_at: Rfc3339(user.updated_at),
                last_sign_in_at: user.last_sign_in_at.map(Rfc3339),
            }),
        }
    }

    /// The same with its entity tag.
    pub(super) fn tagged(account: UserWithOrganization, caller: &Caller) -> Tagged<Self> {
        let version = account.user.version;
        Tagged::new(Self::new(account, caller), version)
    }
}
