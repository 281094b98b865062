//! Signed statements. A checkpoint says how long a log was and what its last hash
//! was: whoever keeps one can prove later whether anything before it was changed. A
//! base says up to where its entries were dropped, and what hash stands there.

use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, SecondsFormat, Utc};
use ed25519_dalek::{Signature, Signer};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Digest, LogId, hex};

/// The name of a key: the first 8 bytes of the SHA-256 of its public half.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(#[serde(with = "hex")] pub [u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What signs checkpoints: an Ed25519 key (RFC 8032). It cannot be printed.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key of this seed, which must be random.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// Its public half.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }

    /// States that a log had so many entries, the last with that hash.
    #[must_use]
    pub fn sign(&self, log: LogId, size: u64, head: Digest, at: DateTime<Utc>) -> Checkpoint {
        self.state(CHECKPOINT, log, size, head, at)
    }

    /// States that the first so many entries of a log, the last of them with that
    /// hash, were dropped.
    #[must_use]
    pub fn sign_base(&self, log: LogId, size: u64, head: Digest, at: DateTime<Utc>) -> Base {
        Base(self.state(BASE, log, size, head, at))
    }

    fn state(
        &self,
        title: &str,
        log: LogId,
        size: u64,
        head: Digest,
        at: DateTime<Utc>,
    ) -> Checkpoint {
        let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let signature = self.0.sign(&statement(title, log, size, head, &at));
        let signature = BASE64_STANDARD.encode(signature.to_bytes());
        Checkpoint { at, head, key: self.verifying_key().id(), log, signature, size }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.verifying_key().id())
    }
}

/// The public half of a key, written as its 32 bytes in base64.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

/// The signature, or the key, is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The text is no key.
    #[error("must be a public key: 32 bytes in base64")]
    NotAKey,
    /// It was signed by another key.
    #[error("it is signed by the key {0}")]
    OtherKey(KeyId),
    /// The signature does not fit.
    #[error("the signature does not fit")]
    Wrong,
}

impl VerifyingKey {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let digest = Digest::of(self.0.as_bytes()).0;
        KeyId(*digest.first_chunk().unwrap_or(&[0; 8]))
    }
}

impl FromStr for VerifyingKey {
    type Err = SignatureError;

    fn from_str(text: &str) -> Result<Self, SignatureError> {
        let bytes = BASE64_STANDARD.decode(text.trim()).ok();
        let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
        let key = bytes.and_then(|bytes| ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok());
        key.map(Self).ok_or(SignatureError::NotAKey)
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_STANDARD.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for VerifyingKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VerifyingKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A statement of how far a log was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// When it was made, to the second.
    pub at: String,
    /// The hash of the last entry.
    pub head: Digest,
    /// Which key signed it.
    pub key: KeyId,
    /// The log.
    pub log: LogId,
    /// The signature, in base64.
    pub signature: String,
    /// How many entries there were.
    pub size: u64,
}

impl Checkpoint {
    /// Checks that the holder of the key made this statement.
    ///
    /// # Errors
    ///
    /// [`SignatureError`] when they did not.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), SignatureError> {
        self.verify_as(CHECKPOINT, key)
    }

    fn verify_as(&self, title: &str, key: &VerifyingKey) -> Result<(), SignatureError> {
        if self.key != key.id() {
            return Err(SignatureError::OtherKey(self.key));
        }
        let bytes = BASE64_STANDARD.decode(&self.signature).map_err(|_| SignatureError::Wrong)?;
        let signature = Signature::from_slice(&bytes).map_err(|_| SignatureError::Wrong)?;
        let statement = statement(title, self.log, self.size, self.head, &self.at);
        key.0.verify_strict(&statement, &signature).map_err(|_| SignatureError::Wrong)
    }
}

/// A statement that the first entries of a log were dropped, as a retention period
/// wants it. The fields are those of a checkpoint over what was dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Base(pub Checkpoint);

impl Base {
    /// Checks that the holder of the key made this statement. A checkpoint is none.
    ///
    /// # Errors
    ///
    /// [`SignatureError`] when they did not.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), SignatureError> {
        self.0.verify_as(BASE, key)
    }
}

const CHECKPOINT: &str = "guildhall audit checkpoint 1";
const BASE: &str = "guildhall audit base 1";

/// What is signed: five lines, each with its end.
fn statement(title: &str, log: LogId, size: u64, head: Digest, at: &str) -> Vec<u8> {
    format!("{title}\n{log}\n{size}\n{head}\n{at}\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(key: &SigningKey) -> Checkpoint {
        let at = "2026-01-15T10:00:00Z".parse().unwrap();
        key.sign(LogId::Installation, 7, Digest([3; 32]), at)
    }

    #[test]
    fn a_statement_is_its_keys_alone() {
        let (key, other) = (SigningKey::from_seed([1; 32]), SigningKey::from_seed([2; 32]));
        let made = checkpoint(&key);
        assert_eq!(made.verify(&key.verifying_key()), Ok(()));
        let refused = made.verify(&other.verifying_key());
        assert_eq!(refused, Err(SignatureError::OtherKey(key.verifying_key().id())));
        let renamed = Checkpoint { key: other.verifying_key().id(), ..made };
        assert_eq!(renamed.verify(&other.verifying_key()), Err(SignatureError::Wrong));
    }

    #[test]
    fn every_part_of_a_statement_counts() {
        let key = SigningKey::from_seed([1; 32]);
        let changes: [fn(&mut Checkpoint); 5] = [
            |made| made.size = 8,
            |made| made.head = Digest([4; 32]),
            |made| made.at = "2026-01-15T10:00:01Z".to_owned(),
            |made| made.log = LogId::Organization(uuid::Uuid::nil()),
            |made| made.signature = "AAAA".to_owned(),
        ];
        for change in changes {
            let mut other = checkpoint(&key);
            change(&mut other);
            assert_eq!(other.verify(&key.verifying_key()), Err(SignatureError::Wrong));
        }
    }

    #[test]
    fn a_checkpoint_is_no_base_and_the_other_way_round() {
        let (key, at) = (SigningKey::from_seed([1; 32]), "2026-01-15T10:00:00Z".parse().unwrap());
        let base = key.sign_base(LogId::Installation, 7, Digest([3; 32]), at);
        assert_eq!(base.verify(&key.verifying_key()), Ok(()));
        let made = checkpoint(&key);
        assert_eq!(base.0.verify(&key.verifying_key()), Err(SignatureError::Wrong));
        assert_eq!(Base(made).verify(&key.verifying_key()), Err(SignatureError::Wrong));
    }

    #[test]
    fn keys_and_statements_survive_their_text() {
        let key = SigningKey::from_seed([1; 32]);
        let public = key.verifying_key();
        assert_eq!(public.to_string().parse(), Ok(public));
        let json = serde_json::to_string(&checkpoint(&key)).unwrap();
        assert_eq!(serde_json::from_str::<Checkpoint>(&json).unwrap(), checkpoint(&key));
        assert!("AAAA".parse::<VerifyingKey>().is_err());
    }
}
