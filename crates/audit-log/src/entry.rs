//! An entry of a log, and the bytes by which it is hashed.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::{Digest, LogId, SealedBox};

/// Who did it: a type, such as `user`, and an id where there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// With its prefix: `user-…`.
    pub id: Option<String>,
    /// `user`, `anonymous` or `system`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// What it was done to: a type, such as `workspace`, and an id where there is
/// one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// With its prefix: `ws-…`.
    pub id: Option<String>,
    /// `organization`, `user`, `session`, `workspace`, `invitation` or
    /// `installation`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// An entry: what is hashed, and so what cannot be changed without being found.
///
/// The fields stand in the order of their names, as RFC 8785 wants them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What happened: `member.added`.
    pub action: String,
    /// Who did it.
    pub actor: Actor,
    /// Particulars that are not personal.
    pub details: BTreeMap<String, String>,
    /// Id of the event, with its prefix.
    pub id: String,
    /// The log.
    pub log: LogId,
    /// When, in whole microseconds.
    #[serde(with = "moment")]
    pub occurred_at: DateTime<Utc>,
    /// Hash of the entry before.
    pub previous: Digest,
    /// Id of the request by which it happened.
    pub request_id: Option<String>,
    /// To what it was done.
    pub resource: Reference,
    /// What is personal, each part under the key of its person.
    pub sealed: Vec<SealedBox>,
    /// Its number in the log, from 1.
    pub sequence: u64,
    /// Whether it was what somebody wanted, and no refusal.
    pub success: bool,
    /// The version of this form: 1.
    pub version: u8,
}

impl Entry {
    /// The version of this form.
    pub const VERSION: u8 = 1;

    /// The canonical bytes: JSON after RFC 8785, in UTF-8.
    ///
    /// # Panics
    ///
    /// Never: an entry has no keys but strings.
    #[must_use]
    #[expect(clippy::expect_used, reason = "maps with string keys always have a form in JSON")]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        // For names in ASCII, texts and whole numbers below 2^53, what
        // `serde_json` writes of sorted fields is the canonical form.
        serde_json::to_vec(self).expect("an entry has a form in JSON")
    }

    /// The hash of the canonical bytes.
    #[must_use]
    pub fn hash(&self) -> Digest {
        Digest::of(&self.canonical_bytes())
    }
}

/// Moments in UTC with six decimals: `2026-01-15T10:00:00.000000Z`.
mod moment {
    use serde::{Deserializer, Serializer, de::Error};

    use super::{DateTime, Deserialize, SecondsFormat, Utc};

    pub(super) fn serialize<S: Serializer>(
        moment: &DateTime<Utc>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&moment.to_rfc3339_opts(SecondsFormat::Micros, true))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<DateTime<Utc>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let moment = DateTime::parse_from_rfc3339(&text).map_err(D::Error::custom)?.to_utc();
        // Another spelling of the same moment would have another hash.
        if moment.to_rfc3339_opts(SecondsFormat::Micros, true) == text {
            Ok(moment)
        } else {
            Err(D::Error::custom("must be in UTC, with six decimals"))
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An entry behind another, or the first of the installation's log.
    pub(crate) fn entry(sequence: u64, previous: Digest) -> Entry {
        Entry {
            action: "member.added".to_owned(),
            actor: Actor {
                id: Some("user-5f0c8b1e-6f0a-4c58-9a55-6a6f6c1f7a11".to_owned()),
                kind: "user".to_owned(),
            },
            details: BTreeMap::from([("role".to_owned(), "ow\u{1f}ner \"ü\"".to_owned())]),
            id: "event-123e4567-e89b-42d3-a456-426614174000".to_owned(),
            log: LogId::Installation,
            occurred_at: "2026-01-15T10:00:00.000001Z".parse().unwrap(),
            previous,
            request_id: None,
            resource: Reference { id: None, kind: "installation".to_owned() },
            sealed: Vec::new(),
            sequence,
            success: true,
            version: Entry::VERSION,
        }
    }

    #[test]
    fn the_form_is_as_it_is_written_down() {
        let first = entry(1, Digest::genesis(LogId::Installation));
        let text = String::from_utf8(first.canonical_bytes()).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"action":"member.added","#,
                r#""actor":{"id":"user-5f0c8b1e-6f0a-4c58-9a55-6a6f6c1f7a11","type":"user"},"#,
                r#""details":{"role":"ow\u001fner \"ü\""},"#,
                r#""id":"event-123e4567-e89b-42d3-a456-426614174000","#,
                r#""log":"installation","occurred_at":"2026-01-15T10:00:00.000001Z","#,
                r#""previous":"27163aa2b1a1a1d3a1d7b9d1a6dcd1a0b0c2d0a1c2b7a0d0e5e0f3c2a1b4c5d6","#,
                r#""request_id":null,"resource":{"id":null,"type":"installation"},"#,
                r#""sealed":[],"sequence":1,"success":true,"version":1}"#
            )
            .replace(
                "27163aa2b1a1a1d3a1d7b9d1a6dcd1a0b0c2d0a1c2b7a0d0e5e0f3c2a1b4c5d6",
                &Digest::genesis(LogId::Installation).to_string()
            )
        );
    }

    #[test]
    fn every_field_counts() {
        let first = entry(1, Digest::genesis(LogId::Installation));
        let changes: [fn(&mut Entry); 12] = [
            |entry| entry.action.push('x'),
            |entry| entry.actor.id = None,
            |entry| entry.actor.kind = "system".to_owned(),
            |entry| entry.details.clear(),
            |entry| entry.id.push('x'),
            |entry| entry.log = LogId::Organization(uuid::Uuid::nil()),
            |entry| entry.occurred_at += chrono::TimeDelta::microseconds(1),
            |entry| entry.previous = Digest([0; 32]),
            |entry| entry.request_id = Some(String::new()),
            |entry| entry.resource.kind = "user".to_owned(),
            |entry| entry.sequence = 2,
            |entry| entry.success = false,
        ];
        for change in changes {
            let mut other = first.clone();
            change(&mut other);
            assert_ne!(other.hash(), first.hash(), "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_alike(
            details in proptest::collection::btree_map("[a-z_]{1,9}", ".*", 0..4),
            request_id in proptest::option::of("[ -~]{0,20}"),
        ) {
            let written = Entry { details, request_id, ..entry(1, Digest([7; 32])) };
            let read: Entry = serde_json::from_slice(&written.canonical_bytes()).unwrap();
            prop_assert_eq!(read.canonical_bytes(), written.canonical_bytes());
            prop_assert_eq!(read, written);
        }
    }
}
