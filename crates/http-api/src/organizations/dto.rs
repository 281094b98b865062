//! How organizations are shown.

use guildhall_application::ports::{OrganizationDetails, OrganizationSummary};
use guildhall_domain::OrganizationId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::timestamp::Rfc3339;

/// An organization in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Organization)]
pub(crate) struct OrganizationResponse {
    /// Unique identifier: a UUID v4 with the prefix `org-`.
    #[schema(value_type = String, example = "org-123e4567-e89b-12d3-a456-426614174000")]
    id: OrganizationId,
    #[schema(example = "Acme Corporation")]
    name: String,
    /// Primary domain.
    #[schema(required = true, example = "acme.com")]
    domain: Option<String>,
    /// Number of members.
    #[schema(example = 42)]
    users_count: u32,
    /// Number of workspaces allocated.
    #[schema(example = 15)]
    workspaces_count: u32,
    #[schema(value_type = String, format = DateTime, example = "2026-01-15T10:00:00.000Z")]
    created_at: Rfc3339,
}

impl From<OrganizationSummary> for OrganizationResponse {
    fn from(summary: OrganizationSummary) -> Self {
        Self {
            id: summary.id,
            name: summary.name,
            domain: summary.domain,
            users_count: summary.users_count,
            workspaces_count: summary.workspaces_count,
            created_at: Rfc3339(summary.created_at),
        }
    }
}

/// A single organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationDetails)]
pub(crate) struct OrganizationDetailsResponse {
    #[serde(flatten)]
    summary: OrganizationResponse,
    #[schema(value_type = String, format = DateTime, example = "2026-01-20T08:15:30.250Z")]
    updated_at: Rfc3339,
    /// The caller's role in it: `owner`, `admin` or `member`; null for a
    /// platform admin who is no member.
    #[schema(required = true, example = "owner")]
    your_role: Option<&'static str>,
}

impl From<OrganizationDetails> for OrganizationDetailsResponse {
    fn from(details: OrganizationDetails) -> Self {
        Self {
            summary: details.summary.into(),
            updated_at: Rfc3339(details.updated_at),
            your_role: details.your_role.map(guildhall_domain::OrganizationRole::as_str),
        }
    }
}
