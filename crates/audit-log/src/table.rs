//! Records as rows of a table.

use chrono::SecondsFormat;

use crate::Record;

/// The names of the columns.
pub const COLUMNS: [&str; 16] = [
    "id",
    "log",
    "sequence",
    "timestamp",
    "actor_type",
    "actor_id",
    "actor_email",
    "action",
    "resource_type",
    "resource_id",
    "details",
    "ip_address",
    "user_agent",
    "request_id",
    "success",
    "hash",
];

/// The cells of a record, in the order of [`COLUMNS`]. None is a formula to a
/// spreadsheet: user agents are whatever a client likes to send.
#[must_use]
pub fn cells(record: &Record) -> [String; 16] {
    let Record { entry, hash, opened } = record;
    let opened = |name: &str| opened.get(name).cloned().unwrap_or_default();
    let mut details = entry.details.clone();
    details.extend(record.opened.get("email").map(|email| ("email".to_owned(), email.clone())));
    let details = serde_json::to_string(&details).unwrap_or_default();
    [
        entry.id.clone(),
        entry.log.to_string(),
        entry.sequence.to_string(),
        entry.occurred_at.to_rfc3339_opts(SecondsFormat::Micros, true),
        entry.actor.kind.clone(),
        entry.actor.id.clone().unwrap_or_default(),
        opened("actor_email"),
        entry.action.clone(),
        entry.resource.kind.clone(),
        entry.resource.id.clone().unwrap_or_default(),
        details,
        opened("ip_address"),
        opened("user_agent"),
        entry.request_id.clone().unwrap_or_default(),
        entry.success.to_string(),
        hash.to_string(),
    ]
    .map(harmless)
}

fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_a_formula() {
        for (text, cell) in [("curl/8", "curl/8"), ("=cmd|x", "'=cmd|x"), ("@SUM(1)", "'@SUM(1)")] {
            assert_eq!(harmless(text.to_owned()), cell);
        }
    }
}
