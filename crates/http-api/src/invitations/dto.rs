//! How invitations are shown. Their tokens never are.

use guildhall_domain::{
    Invitation, InvitationId, Organization, OrganizationId, OrganizationRole, Timestamp, UserId,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{entity_tag::Tagged, timestamp::Rfc3339};

/// An invitation, as those who manage members see it.
#[derive(Debug, Hash, Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(crate) struct InvitationResponse {
    /// Not the token: that goes to the mailbox and nowhere else.
    #[schema(value_type = String, example = "inv-0b8f0f0e-8f0d-4d0c-9a55-6a6f6c1f7a11")]
    id: InvitationId,
    #[schema(format = Email, example = "grace@acme.com")]
    email: String,
    /// The role that whoever accepts gets: `owner`, `admin` or `member`.
    #[schema(example = "member")]
    role: &'static str,
    /// `pending`, `accepted`, `declined`, `revoked` or `expired`.
    #[schema(example = "pending")]
    status: &'static str,
    /// Who made it; null once that account is deleted.
    #[schema(value_type = Option<String>, required = true, example = "user-5f0c8b1e-6f0a-4c58-9a55-6a6f6c1f7a11")]
    invited_by: Option<UserId>,
    #[schema(value_type = String, format = DateTime, example = "2026-01-15T10:00:00.000Z")]
    created_at: Rfc3339,
    #[schema(value_type = String, format = DateTime, example = "2026-01-22T10:00:00.000Z")]
    expires_at: Rfc3339,
}

impl InvitationResponse {
    /// The invitation as it is at this moment.
    pub(super) fn new(invitation: &Invitation, now: Timestamp) -> Self {
        Self {
            id: invitation.id,
            email: invitation.email.to_string(),
            role: invitation.role.as_str(),
            status: invitation.status_at(now).as_str(),
            invited_by: invitation.invited_by,
            created_at: Rfc3339(invitation.created_at),
            expires_at: Rfc3339(invitation.expires_at),
        }
    }

    /// The same with its entity tag.
    pub(super) fn tagged(invitation: &Invitation, now: Timestamp) -> Tagged<Self> {
        Tagged::new(Self::new(invitation, now), invitation.version)
    }
}

/// An organization, as whoever is invited to it sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvitingOrganization)]
pub(crate) struct InvitingOrganizationResponse {
    #[schema(value_type = String, example = "org-123e4567-e89b-12d3-a456-426614174000")]
    pub(super) id: OrganizationId,
    #[schema(example = "Acme Corporation")]
    pub(super) name: String,
}

impl From<&Organization> for InvitingOrganizationResponse {
    fn from(organization: &Organization) -> Self {
        Self { id: organization.id, name: organization.name.to_string() }
    }
}

/// An invitation, as whoever holds it sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeldInvitation)]
pub(crate) struct HeldInvitationResponse {
    pub(super) organization: InvitingOrganizationResponse,
    /// Who has this address, and nobody else, can accept it.
    #[schema(format = Email, example = "grace@acme.com")]
    pub(super) email: String,
    #[schema(example = "member")]
    pub(super) role: &'static str,
    #[schema(value_type = String, format = DateTime, example = "2026-01-22T10:00:00.000Z")]
    pub(super) expires_at: Rfc3339,
    /// Whether the address has an account to sign in with; if not, one can be
    /// registered with the token of the invitation.
    #[schema(example = false)]
    pub(super) has_account: bool,
}

/// A membership that came of an invitation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AcceptedInvitation)]
pub(crate) struct AcceptedInvitationResponse {
    pub(super) organization: InvitingOrganizationResponse,
    #[schema(example = "member")]
    pub(super) role: &'static str,
}

impl AcceptedInvitationResponse {
    pub(super) fn new(organization: &Organization, role: OrganizationRole) -> Self {
        Self { organization: organization.into(), role: role.as_str() }
    }
}
