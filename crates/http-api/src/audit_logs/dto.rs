//! How events are shown.

use std::collections::BTreeMap;

use guildhall_application::ports::AuditRecord;
use guildhall_domain::{AuditEventId, OrganizationId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::timestamp::Rfc3339;

/// What happened, who did it, to what, from where. What is personal is null once
/// the person was deleted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEvent)]
pub(crate) struct AuditEventResponse {
    #[schema(value_type = String, example = "event-0b8f0f0e-8f0d-4d0c-9a55-6a6f6c1f7a11")]
    pub(super) id: AuditEventId,
    /// The organization whose trail it is of; null for the installation's.
    #[schema(value_type = Option<String>, required = true, example = "org-123e4567-e89b-12d3-a456-426614174000")]
    pub(super) organization_id: Option<OrganizationId>,
    /// Its number in that trail, from 1.
    #[schema(example = 42)]
    pub(super) sequence: u64,
    pub(super) actor: AuditActorResponse,
    /// `noun.verb` in the past.
    #[schema(example = "member.added")]
    pub(super) action: String,
    pub(super) resource: AuditResourceResponse,
    /// Particulars, by name.
    #[schema(example = json!({"role": "member"}))]
    pub(super) details: BTreeMap<String, String>,
    #[schema(required = true, example = "203.0.113.9")]
    pub(super) ip_address: Option<String>,
    #[schema(required = true, example = "curl/8.7.1")]
    pub(super) user_agent: Option<String>,
    /// Id of the request, as it stands in the log of the service.
    #[schema(required = true, example = "5f0c8b1e-6f0a-4c58-9a55-6a6f6c1f7a11")]
    pub(super) request_id: Option<String>,
    /// Whether it was what somebody wanted, and no refusal.
    #[schema(example = true)]
    pub(super) success: bool,
    #[schema(value_type = String, format = DateTime, example = "2026-01-15T10:00:00.000Z")]
    pub(super) timestamp: Rfc3339,
    /// Its hash in the chain of the trail: SHA-256 in hexadecimal digits.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub(super) hash: String,
}

/// Who did it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditActor)]
pub(crate) struct AuditActorResponse {
    /// `user`, `anonymous` or `system`.
    #[serde(rename = "type")]
    #[schema(example = "user")]
    pub(super) kind: String,
    #[schema(required = true, example = "user-5f0c8b1e-6f0a-4c58-9a55-6a6f6c1f7a11")]
    pub(super) id: Option<String>,
    /// The address that the account had then.
    #[schema(required = true, example = "ada@acme.com")]
    pub(super) email: Option<String>,
}

/// What it was done to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditResource)]
pub(crate) struct AuditResourceResponse {
    /// `organization`, `user`, `session`, `workspace`, `invitation` or
    /// `installation`.
    #[serde(rename = "type")]
    #[schema(example = "user")]
    pub(super) kind: String,
    #[schema(required = true, example = "user-5f0c8b1e-6f0a-4c58-9a55-6a6f6c1f7a11")]
    pub(super) id: Option<String>,
}

impl From<AuditRecord> for AuditEventResponse {
    fn from(event: AuditRecord) -> Self {
        let opened = |name| event.opened(name).map(str::to_owned);
        let (actor_email, ip_address) = (opened("actor_email"), opened("ip_address"));
        let (user_agent, email) = (opened("user_agent"), opened("email"));
        let AuditRecord { id, organization, sequence, record } = event;
        let entry = record.entry;
        let mut details = entry.details;
        details.extend(email.map(|email| ("email".to_owned(), email)));
        Self {
            id,
            organization_id: organization,
            sequence,
            actor: AuditActorResponse {
                kind: entry.actor.kind,
                id: entry.actor.id,
                email: actor_email,
            },
            action: entry.action,
            resource: AuditResourceResponse { kind: entry.resource.kind, id: entry.resource.id },
            details,
            ip_address,
            user_agent,
            request_id: entry.request_id,
            success: entry.success,
            timestamp: Rfc3339(entry.occurred_at),
            hash: record.hash.to_string(),
        }
    }
}
