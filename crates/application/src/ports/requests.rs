//! Requests that were answered, so that a repetition is answered alike.

use async_trait::async_trait;
use guildhall_domain::{Timestamp, UserId};

use super::StoreError;
use crate::idempotency::{Answer, IdempotencyKey, RequestFingerprint};

/// What is known of a request by its key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Claim {
    /// Nothing: it is the first of its key, and nobody else gets it until this
    /// unit of work ends.
    First,
    /// It was answered before.
    Answered(RequestFingerprint, Answer),
}

/// Requests that were answered, by who made them and the key they gave.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait AnsweredRequests: Send {
    /// Claims a key. Waits for a unit of work that has claimed it already. What
    /// was answered before `since` is forgotten.
    async fn claim(
        &mut self,
        actor: UserId,
        key: &IdempotencyKey,
        fingerprint: &RequestFingerprint,
        now: Timestamp,
        since: Timestamp,
    ) -> Result<Claim, StoreError>;

    /// Keeps the answer to a request whose key was claimed.
    async fn keep(
        &mut self,
        actor: UserId,
        key: &IdempotencyKey,
        answer: &Answer,
    ) -> Result<(), StoreError>;
}
