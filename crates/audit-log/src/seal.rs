//! What is personal, sealed under a key of its person (XChaCha20-Poly1305). When
//! the key is thrown away, nobody can read it any more, in this log and in every
//! copy of it; the log itself stays as it is.

use std::{collections::BTreeMap, fmt};

use base64::{Engine, prelude::BASE64_STANDARD};
use chacha20poly1305::{AeadInOut, Key, KeyInit, XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use crate::{Digest, hex};

/// Whose key something is sealed under: a digest, so that the name of the key
/// says nothing of the person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject([u8; 32]);

impl Subject {
    /// The holder of an account.
    #[must_use]
    pub fn of_user(id: Uuid) -> Self {
        Self(Digest::of(format!("user\n{}\n", id.hyphenated()).as_bytes()).0)
    }

    /// Whoever has an e-mail address, with or without an account; by the form in
    /// which addresses are compared.
    #[must_use]
    pub fn of_address(key: &str) -> Self {
        Self(Digest::of(format!("address\n{key}\n").as_bytes()).0)
    }

    /// The subject of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        hex::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        hex::deserialize(deserializer).map(Self)
    }
}

/// The key of a person. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonalKey([u8; 32]);

impl PersonalKey {
    /// The key of these bytes, which must be random.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for the store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for PersonalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonalKey(…)")
    }
}

/// Why a box was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the box does not open with this key")]
pub struct UnsealError;

/// Texts by name, sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedBox {
    subject: Subject,
    /// A nonce of 24 bytes, and behind it what is sealed.
    bytes: Vec<u8>,
}

const NONCE: usize = 24;

impl SealedBox {
    /// Seals texts for somebody. The nonce must be random.
    ///
    /// # Panics
    ///
    /// Never: what is sealed is far below the cipher's bound of 256 GiB.
    #[must_use]
    #[expect(clippy::expect_used, reason = "maps with string keys always have a form in JSON")]
    pub fn seal(
        subject: Subject,
        key: &PersonalKey,
        nonce: [u8; NONCE],
        texts: &BTreeMap<String, String>,
    ) -> Self {
        let mut sealed = serde_json::to_vec(texts).expect("a map of texts has a form in JSON");
        let cipher = XChaCha20Poly1305::new(&Key::from(key.0));
        cipher
            .encrypt_in_place(&XNonce::from(nonce), subject.as_bytes(), &mut sealed)
            .expect("the texts are short");
        Self { subject, bytes: [&nonce[..], &sealed].concat() }
    }

    /// Whose key opens it.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        self.subject
    }

    /// The texts in it.
    ///
    /// # Errors
    ///
    /// [`UnsealError`] when it is another's key, or the box was changed.
    pub fn open(&self, key: &PersonalKey) -> Result<BTreeMap<String, String>, UnsealError> {
        let (nonce, sealed) = self.bytes.split_first_chunk::<NONCE>().ok_or(UnsealError)?;
        let cipher = XChaCha20Poly1305::new(&Key::from(key.0));
        let mut texts = sealed.to_vec();
        cipher
            .decrypt_in_place(&XNonce::from(*nonce), self.subject.as_bytes(), &mut texts)
            .map_err(|_| UnsealError)?;
        serde_json::from_slice(&texts).map_err(|_| UnsealError)
    }
}

impl fmt::Debug for SealedBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedBox").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// How a box is written: `{"box":"…","subject":"…"}`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "box")]
    content: String,
    subject: Subject,
}

impl Serialize for SealedBox {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let content = BASE64_STANDARD.encode(&self.bytes);
        Written { content, subject: self.subject }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SealedBox {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { content, subject } = Written::deserialize(deserializer)?;
        let bytes = BASE64_STANDARD.decode(content).map_err(de::Error::custom)?;
        Ok(Self { subject, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> BTreeMap<String, String> {
        BTreeMap::from([("email".to_owned(), "ada@acme.com".to_owned())])
    }

    fn sealed() -> SealedBox {
        let subject = Subject::of_user(Uuid::nil());
        SealedBox::seal(subject, &PersonalKey::new([7; 32]), [9; 24], &texts())
    }

    #[test]
    fn only_its_key_opens_a_box() {
        assert_eq!(sealed().open(&PersonalKey::new([7; 32])), Ok(texts()));
        assert_eq!(sealed().open(&PersonalKey::new([8; 32])), Err(UnsealError));
    }

    #[test]
    fn a_box_says_nothing_of_what_is_in_it() {
        let json = serde_json::to_string(&sealed()).unwrap();
        assert!(!json.contains("ada"), "{json}");
        let read: SealedBox = serde_json::from_str(&json).unwrap();
        assert_eq!(read, sealed());
    }

    #[test]
    fn a_box_that_was_changed_does_not_open() {
        let key = PersonalKey::new([7; 32]);
        let mut turned = sealed();
        turned.subject = Subject::of_address("ada@acme.com");
        assert_eq!(turned.open(&key), Err(UnsealError));
        for at in [0, 24, 30] {
            let mut changed = sealed();
            changed.bytes[at] ^= 1;
            assert_eq!(changed.open(&key), Err(UnsealError), "byte {at}");
        }
    }
}
