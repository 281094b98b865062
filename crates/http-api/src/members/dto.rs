//! How members are shown.

use guildhall_application::ports::MemberDetails;
use guildhall_domain::UserId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{entity_tag::Tagged, timestamp::Rfc3339};

/// What members of one organization see of each other's accounts. What else
/// somebody belongs to, or is, is not among it.
#[derive(Debug, Hash, Serialize, ToSchema)]
#[schema(as = MemberUser)]
pub(crate) struct MemberUserResponse {
    #[schema(value_type = String, example = "user-5f0c8b1e-6f0a-4c58-9a55-6a6f6c1f7a11")]
    id: UserId,
    #[schema(format = Email, example = "john@acme.com")]
    email: String,
    #[schema(example = "John Doe")]
    name: String,
}

/// A member of an organization.
#[derive(Debug, Hash, Serialize, ToSchema)]
#[schema(as = Member)]
pub(crate) struct MemberResponse {
    user: MemberUserResponse,
    /// Role in the organization: `owner`, `admin` or `member`.
    #[schema(example = "member")]
    role: &'static str,
    /// How the membership came to be: `registration`, `invitation`,
    /// `administrator` or `default_organization`.
    #[schema(example = "administrator")]
    source: &'static str,
    #[schema(value_type = String, format = DateTime, example = "2026-01-15T10:00:00.000Z")]
    joined_at: Rfc3339,
}

impl From<MemberDetails> for MemberResponse {
    fn from(member: MemberDetails) -> Self {
        let user = member.account.user;
        Self {
            user: MemberUserResponse {
                id: user.id,
                email: user.email.to_string(),
                name: user.name.to_string(),
            },
            role: member.membership.role.as_str(),
            source: member.membership.source.as_str(),
            joined_at: Rfc3339(member.membership.joined_at),
        }
    }
}

impl From<MemberDetails> for Tagged<MemberResponse> {
    fn from(member: MemberDetails) -> Self {
        let version = member.membership.version;
        Self::new(member.into(), version)
    }
}
