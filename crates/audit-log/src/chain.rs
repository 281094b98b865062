//! Logs and hashes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::hex;

/// Which log an entry belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogId {
    /// That of the installation itself: sign-ins, accounts, what concerns no
    /// organization.
    Installation,
    /// That of an organization.
    Organization(Uuid),
}

/// The text names no log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be `installation` or the id of an organization")]
pub struct LogIdError;

const PREFIX: &str = "org-";
const INSTALLATION: &str = "installation";

impl fmt::Display for LogId {
    /// `installation`, or `org-` and a UUID.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installation => f.write_str(INSTALLATION),
            Self::Organization(id) => write!(f, "{PREFIX}{}", id.hyphenated()),
        }
    }
}

impl FromStr for LogId {
    type Err = LogIdError;

    fn from_str(text: &str) -> Result<Self, LogIdError> {
        if text == INSTALLATION {
            return Ok(Self::Installation);
        }
        let uuid = text.strip_prefix(PREFIX).and_then(|uuid| Uuid::try_parse(uuid).ok());
        let log = uuid.map(Self::Organization).ok_or(LogIdError)?;
        // `Uuid` also takes spellings that nobody writes here.
        if log.to_string() == text { Ok(log) } else { Err(LogIdError) }
    }
}

impl Serialize for LogId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LogId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A SHA-256 digest (FIPS 180-4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(#[serde(with = "hex")] pub [u8; 32]);

impl Digest {
    /// The digest of bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// What the first entry of a log holds as the hash of the one before: a
    /// digest of the log's name, so that no entry fits into another log.
    #[must_use]
    pub fn genesis(log: LogId) -> Self {
        Self::of(format!("guildhall audit log 1\n{log}\n").as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_have_one_spelling() {
        let text = "org-123e4567-e89b-42d3-a456-426614174000";
        for (text, taken) in [
            ("installation", true),
            (text, true),
            ("org-123E4567-E89B-42D3-A456-426614174000", false),
            ("org-123e4567e89b42d3a456426614174000", false),
            ("user-123e4567-e89b-42d3-a456-426614174000", false),
            ("", false),
        ] {
            assert_eq!(text.parse::<LogId>().is_ok(), taken, "{text}");
        }
        assert_eq!(text.parse::<LogId>().unwrap().to_string(), text);
    }

    #[test]
    fn each_log_begins_elsewhere() {
        let organization: LogId = "org-123e4567-e89b-42d3-a456-426614174000".parse().unwrap();
        assert_ne!(Digest::genesis(LogId::Installation), Digest::genesis(organization));
    }
}
