//! What others attach to an organization: an id of theirs, and pairs of texts.

use std::{collections::BTreeMap, fmt, str::FromStr};

use crate::{TextError, text};

/// The id of an organization in another system, unique in the installation: 1
/// to 200 visible characters in NFC, compared as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalId(String);

impl ExternalId {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ExternalId {
    type Err = TextError;

    fn from_str(raw: &str) -> Result<Self, TextError> {
        text::clean(raw, 200).map(Self)
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Pairs of texts: at most 50, and 16 KiB with their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata(BTreeMap<String, String>);

/// Why pairs of texts are no metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// More than 50 keys.
    #[error("must have at most {} keys", Metadata::MAX_KEYS)]
    TooManyKeys,
    /// Larger than 16 KiB.
    #[error("must take at most {} bytes with its keys", Metadata::MAX_BYTES)]
    TooLarge,
    /// A key that is empty or has control characters.
    #[error("must have keys of 1 to 100 visible characters")]
    Key,
    /// A value with a NUL, which databases do not hold.
    #[error("must have values without NUL characters")]
    Value,
}

impl Metadata {
    /// The bound on keys.
    pub const MAX_KEYS: usize = 50;
    /// The bound on all keys and values together, in bytes of UTF-8.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// The pairs, by key.
    #[must_use]
    pub const fn pairs(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// These pairs after a merge patch (RFC 7396): a key without a value goes.
    ///
    /// # Errors
    ///
    /// As [`TryFrom`].
    pub fn merged(&self, patch: &BTreeMap<String, Option<String>>) -> Result<Self, MetadataError> {
        let mut pairs = self.0.clone();
        for (key, value) in patch {
            match value {
                Some(value) => pairs.insert(key.clone(), value.clone()),
                None => pairs.remove(key),
            };
        }
        pairs.try_into()
    }
}

impl TryFrom<BTreeMap<String, String>> for Metadata {
    type Error = MetadataError;

    fn try_from(pairs: BTreeMap<String, String>) -> Result<Self, MetadataError> {
        if pairs.len() > Self::MAX_KEYS {
            return Err(MetadataError::TooManyKeys);
        }
        if pairs.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() > Self::MAX_BYTES
        {
            return Err(MetadataError::TooLarge);
        }
        if pairs.keys().any(|key| text::clean(key, 100).as_ref() != Ok(key)) {
            return Err(MetadataError::Key);
        }
        if pairs.values().any(|value| value.contains('\0')) {
            return Err(MetadataError::Value);
        }
        Ok(Self(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn bounds() {
        let many = |n: usize| (0..n).map(|n| (format!("k{n}"), String::new())).collect();
        let large = "x".repeat(Metadata::MAX_BYTES);
        for (pairs, error) in [
            (pairs(&[("plan", "gold"), ("note", "line\nbreak"), ("empty", "")]), None),
            (many(50), None),
            (many(51), Some(MetadataError::TooManyKeys)),
            (pairs(&[("k", &large)]), Some(MetadataError::TooLarge)),
            (pairs(&[("k", &large[1..])]), None),
            (pairs(&[("", "x")]), Some(MetadataError::Key)),
            (pairs(&[(" k", "x")]), Some(MetadataError::Key)),
            (pairs(&[("k\n", "x")]), Some(MetadataError::Key)),
            (pairs(&[("k", "a\0b")]), Some(MetadataError::Value)),
        ] {
            assert_eq!(Metadata::try_from(pairs).err(), error);
        }
    }

    #[test]
    fn a_merge_adds_replaces_and_removes() {
        let before = Metadata::try_from(pairs(&[("a", "1"), ("b", "2")])).unwrap();
        let patch = BTreeMap::from([
            ("a".to_owned(), None),
            ("b".to_owned(), Some("3".to_owned())),
            ("c".to_owned(), Some("4".to_owned())),
            ("d".to_owned(), None),
        ]);
        assert_eq!(before.merged(&patch).unwrap().pairs(), &pairs(&[("b", "3"), ("c", "4")]));
    }
}
