//! How organizations are shown.

use std::collections::BTreeMap;

use deserr::Deserr;
use guildhall_application::{Access, ports::OrganizationSummary};
use guildhall_domain::{Metadata, MetadataError, Organization, OrganizationId, OrganizationRole};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    entity_tag::Tagged,
    extract::{Faults, Keepable, Pairs},
    timestamp::Rfc3339,
};

/// An organization in a list.
#[derive(Debug, Hash, Serialize, ToSchema)]
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

impl From<&Organization> for OrganizationResponse {
    fn from(organization: &Organization) -> Self {
        Self {
            id: organization.id,
            name: organization.name.to_string(),
            domain: organization.domain.as_ref().map(ToString::to_string),
            users_count: organization.users_count,
            workspaces_count: organization.workspaces_count,
            created_at: Rfc3339(organization.created_at),
        }
    }
}

/// A single organization.
#[derive(Debug, Hash, Serialize, ToSchema)]
#[schema(as = OrganizationDetails)]
pub(crate) struct OrganizationDetailsResponse {
    #[serde(flatten)]
    summary: OrganizationResponse,
    /// `active` or `suspended`.
    #[schema(example = "active")]
    status: &'static str,
    /// Its id in another system.
    #[schema(required = true, example = "customer-4711")]
    external_id: Option<String>,
    /// What others attach to it.
    #[schema(example = json!({"plan": "gold"}))]
    metadata: BTreeMap<String, String>,
    settings: SettingsResponse,
    #[schema(value_type = String, format = DateTime, example = "2026-01-20T08:15:30.250Z")]
    updated_at: Rfc3339,
    /// The caller's role in it: `owner`, `admin` or `member`; null for a
    /// platform admin who is no member.
    #[schema(required = true, example = "owner")]
    your_role: Option<&'static str>,
}

/// What an organization decides for itself.
#[derive(Debug, Hash, Serialize, ToSchema)]
#[schema(as = OrganizationSettings)]
pub(crate) struct SettingsResponse {
    /// Whether registrants whose address lies in its domain join it, where the
    /// installation lets them.
    #[schema(example = true)]
    auto_join: bool,
}

impl From<&Access> for Tagged<OrganizationDetailsResponse> {
    fn from(access: &Access) -> Self {
        let organization = access.organization();
        let shown = OrganizationDetailsResponse {
            summary: organization.into(),
            status: organization.status.as_str(),
            external_id: organization.external_id.as_ref().map(ToString::to_string),
            metadata: organization.metadata.pairs().clone(),
            settings: SettingsResponse { auto_join: organization.settings.auto_join },
            updated_at: Rfc3339(organization.updated_at),
            your_role: access.role().map(OrganizationRole::as_str),
        };
        Self::new(shown, organization.version)
    }
}

/// What an organization is to decide for itself.
#[derive(Debug, Default, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
#[schema(as = OrganizationSettingsChange)]
pub(super) struct SettingsRequest {
    /// Whether registrants whose address lies in its domain join it.
    #[deserr(default)]
    #[schema(value_type = bool, required = false, example = true)]
    pub(super) auto_join: Keepable<bool>,
}

/// Takes pairs of texts as metadata.
///
/// # Errors
///
/// What is wrong with them.
pub(super) fn parse_metadata(Pairs(pairs): Pairs<String>) -> Result<Metadata, MetadataError> {
    pairs.try_into()
}
