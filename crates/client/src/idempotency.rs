//! Keys by which the service knows a request that it has had before.

use uuid::Uuid;

/// The value of `Idempotency-Key`: the same request with the same key is done
/// once, and answered alike each time.
///
/// A creating call makes a key of its own where it is given none. Give one to be
/// safe across restarts of your own: derive it from what the request is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// A key that nobody else has.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this crate owns its own randomness")]
    pub fn random() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// The key as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for IdempotencyKey {
    fn from(key: &str) -> Self {
        Self(key.to_owned())
    }
}

impl From<String> for IdempotencyKey {
    fn from(key: String) -> Self {
        Self(key)
    }
}
