//! From an event to a row: what is personal is sealed, the rest is plain.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_audit_log::{Digest, LogId, SealedBox, Subject};
use guildhall_domain::{AuditActor, AuditEvent, EmailAddress, Resource};
use uuid::Uuid;

use super::{keys::Keys, row::AuditEventRow};
use crate::sql_types::{DbId, DbTime};

/// The names of what is personal.
pub(super) const ACTOR_EMAIL: &str = "actor_email";
pub(super) const IP_ADDRESS: &str = "ip_address";
pub(super) const USER_AGENT: &str = "user_agent";
pub(super) const EMAIL: &str = "email";

/// What of an event is personal, by whom it is of.
pub(super) fn personal(event: &AuditEvent) -> BTreeMap<Subject, BTreeMap<String, String>> {
    let mut parts: BTreeMap<Subject, BTreeMap<String, String>> = BTreeMap::new();
    let address = event.details.get(EMAIL).map(|email| {
        let key = email.parse::<EmailAddress>().map(|email| email.key().to_owned());
        Subject::of_address(&key.unwrap_or_default())
    });
    // Who is not known is named by the address that they gave, if they did.
    let origin_of = match &event.actor {
        AuditActor::User { id, .. } => Subject::of_user(id.as_uuid()),
        AuditActor::Anonymous | AuditActor::System => {
            address.unwrap_or_else(|| Subject::of_address(""))
        }
    };
    let mut add = |subject, name: &str, text: String| {
        parts.entry(subject).or_default().insert(name.to_owned(), text);
    };
    if let AuditActor::User { email, .. } = &event.actor {
        add(origin_of, ACTOR_EMAIL, email.to_string());
    }
    if let Some(address) = event.origin.ip_address {
        add(origin_of, IP_ADDRESS, address.to_string());
    }
    if let Some(agent) = &event.origin.user_agent {
        add(origin_of, USER_AGENT, agent.clone());
    }
    if let (Some(subject), Some(email)) = (address, event.details.get(EMAIL)) {
        add(subject, EMAIL, email.clone());
    }
    parts
}

/// Everybody of whom something in these events is personal.
pub(super) fn subjects(events: &[AuditEvent]) -> BTreeSet<Subject> {
    events.iter().flat_map(|event| personal(event).into_keys()).collect()
}

/// The log that an event goes to.
pub(super) fn log(event: &AuditEvent) -> LogId {
    event.organization.map_or(LogId::Installation, |id| LogId::Organization(id.as_uuid()))
}

/// The row of an event, still without number and hash.
pub(super) fn row(event: &AuditEvent, keys: &Keys) -> AuditEventRow {
    let sealed: Vec<_> = personal(event)
        .into_iter()
        .filter_map(|(subject, texts)| {
            let nonce = nonce(event.id.as_uuid(), subject);
            Some(SealedBox::seal(subject, keys.get(&subject)?.as_ref()?, nonce, &texts))
        })
        .collect();
    let plain: BTreeMap<_, _> = event.details.iter().filter(|(name, _)| **name != EMAIL).collect();
    let (actor_type, actor_id) = match &event.actor {
        AuditActor::User { id, .. } => ("user", Some((*id).into())),
        AuditActor::Anonymous => ("anonymous", None),
        AuditActor::System => ("system", None),
    };
    let (resource_type, resource_id) = resource(event.resource);
    AuditEventRow {
        id: event.id.into(),
        organization_id: event.organization.map(Into::into),
        actor_type: actor_type.to_owned(),
        actor_id,
        action: event.action.as_str().to_owned(),
        resource_type: resource_type.to_owned(),
        resource_id: resource_id.map(DbId),
        details: serde_json::json!(plain).to_string(),
        request_id: event.origin.request_id.clone(),
        success: event.action.is_success(),
        occurred_at: DbTime(event.occurred_at),
        sequence: 0,
        previous: Vec::new(),
        hash: Vec::new(),
        sealed: serde_json::json!(sealed).to_string(),
    }
}

/// A nonce that no other box under the same key has: ids of events are random
/// and come once.
fn nonce(event: Uuid, subject: Subject) -> [u8; 24] {
    let digest = Digest::of(&[&b"nonce\n"[..], event.as_bytes(), subject.as_bytes()].concat());
    let mut nonce = [0; 24];
    nonce.iter_mut().zip(digest.0).for_each(|(to, from)| *to = from);
    nonce
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
