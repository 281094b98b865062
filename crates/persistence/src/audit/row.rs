//! An audit event as a row.

use diesel::prelude::*;
use guildhall_domain::{AuditActor, AuditEvent, Resource};
use uuid::Uuid;

use crate::{
    schema::audit_events,
    sql_types::{DbId, DbTime},
};

#[derive(Insertable)]
#[diesel(table_name = audit_events)]
pub(crate) struct AuditEventRow {
    id: DbId,
    organization_id: Option<DbId>,
    actor_type: &'static str,
    actor_id: Option<DbId>,
    actor_email: Option<String>,
    action: &'static str,
    resource_type: &'static str,
    resource_id: Option<DbId>,
    details: String,
    ip_address: Option<String>,
    user_agent: Option<String>,
    request_id: Option<String>,
    success: bool,
    occurred_at: DbTime,
}

impl From<&AuditEvent> for AuditEventRow {
    fn from(event: &AuditEvent) -> Self {
        let (actor_type, actor_id, actor_email) = match &event.actor {
            AuditActor::User { id, email } => {
                ("user", Some((*id).into()), Some(email.as_str().to_owned()))
            }
            AuditActor::Anonymous => ("anonymous", None, None),
            AuditActor::System => ("system", None, None),
        };
        let (resource_type, resource_id) = resource(event.resource);
        Self {
            id: event.id.into(),
            organization_id: event.organization.map(Into::into),
            actor_type,
            actor_id,
            actor_email,
            action: event.action.as_str(),
            resource_type,
            resource_id: resource_id.map(DbId),
            details: serde_json::json!(event.details).to_string(),
            ip_address: event.origin.ip_address.map(|address| address.to_string()),
            user_agent: event.origin.user_agent.clone(),
            request_id: event.origin.request_id.clone(),
            success: event.action.is_success(),
            occurred_at: DbTime(event.occurred_at),
        }
    }
}

const fn resource(resource: Resource) -> (&'static str, Option<Uuid>) {
    match resource {
        Resource::Organization(id) => ("organization", Some(id.as_uuid())),
        Resource::User(id) => ("user", Some(id.as_uuid())),
        Resource::Session(id) => ("session", Some(id.as_uuid())),
        Resource::Workspace(id) => ("workspace", Some(id.as_uuid())),
        Resource::Invitation(id) => ("invitation", Some(id.as_uuid())),
        Resource::Installation => ("installation", None),
    }
}
