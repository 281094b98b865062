//! Requests that can be repeated safely: the `Idempotency-Key` of
//! draft-ietf-httpapi-idempotency-key-header.
//!
//! A key is claimed and its answer kept in the unit of work of the change
//! itself. A change that was made has its answer on record, and one that was not
//! has left no trace: there is nothing in between, whenever a node ends.

use std::{fmt, str::FromStr};

use chrono::TimeDelta;
use guildhall_domain::Timestamp;

use crate::{
    Caller, Error,
    ports::{Claim, UnitOfWork},
};

/// A key that a client gives to a request and its repetitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// The text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {} visible ASCII characters", IdempotencyKey::MAX_CHARACTERS)]
pub struct IdempotencyKeyError;

impl IdempotencyKey {
    /// The bound on a key, in characters.
    pub const MAX_CHARACTERS: usize = 255;

    /// The key itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = IdempotencyKeyError;

    /// Takes a key, in quotation marks (a string of RFC 8941) or without.
    fn from_str(raw: &str) -> Result<Self, IdempotencyKeyError> {
        let quoted = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"'));
        let key = quoted.unwrap_or(raw);
        let is_key = (1..=Self::MAX_CHARACTERS).contains(&key.len())
            && key.bytes().all(|byte| byte.is_ascii_graphic());
        if is_key { Ok(Self(key.to_owned())) } else { Err(IdempotencyKeyError) }
    }
}

/// What a request asks for, as a hash: by it a repetition is told from another
/// request with the same key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestFingerprint(pub [u8; 32]);

impl fmt::Debug for RequestFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestFingerprint(…)")
    }
}

/// An answer as it was given. What it says is the adapter's matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers that belong to it, by name.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// A request that may be a repetition.
pub struct Once<'a, T> {
    /// Its key and what it asks for; none when the client gave no key.
    pub request: Option<(IdempotencyKey, RequestFingerprint)>,
    /// How an outcome is answered.
    pub answer: &'a (dyn Fn(&T) -> Answer + Send + Sync),
}

/// What a request that may be a repetition came to.
#[derive(Debug)]
pub enum Outcome<T> {
    /// It was done now.
    Done(T),
    /// It was done before, and this was the answer.
    Repeated(Answer),
}

impl<T> Once<'_, T> {
    /// How long an answer is kept.
    pub const KEPT_FOR: TimeDelta = TimeDelta::hours(24);

    /// Claims the key, first of all in a unit of work. Answers if that was done
    /// before.
    ///
    /// # Errors
    ///
    /// [`Error::IdempotencyKeyReused`] when another request had the key;
    /// failures of the store.
    pub(crate) async fn claim(
        &self,
        work: &mut dyn UnitOfWork,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Option<Answer>, Error> {
        let Some((key, fingerprint)) = &self.request else { return Ok(None) };
        let since = now - Self::KEPT_FOR;
        let actor = caller.user.id;
        match work.answered_requests().claim(actor, key, fingerprint, now, since).await? {
            Claim::First => Ok(None),
            Claim::Answered(known, answer) if known == *fingerprint => Ok(Some(answer)),
            Claim::Answered(..) => Err(Error::IdempotencyKeyReused),
        }
    }

    /// Keeps the answer, last of all before the unit of work is committed.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    pub(crate) async fn keep(
        &self,
        work: &mut dyn UnitOfWork,
        caller: &Caller,
        outcome: &T,
    ) -> Result<(), Error> {
        if let Some((key, _)) = &self.request {
            let answer = (self.answer)(outcome);
            work.answered_requests().keep(caller.user.id, key, &answer).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_visible_and_short() {
        let longest = "k".repeat(255);
        for (raw, key) in [
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", Some("8e03978e-40d5-43dd-bc93-6894a57f9324")),
            ("\"quoted\"", Some("quoted")),
            ("\"half", Some("\"half")),
            (&longest, Some(&longest[..])),
            ("", None),
            ("\"\"", None),
            ("with space", None),
            ("ключ", None),
            (&format!("{longest}k"), None),
        ] {
            let parsed = raw.parse::<IdempotencyKey>().ok();
            assert_eq!(parsed.as_ref().map(IdempotencyKey::as_str), key, "{raw}");
        }
    }
}
