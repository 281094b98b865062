//! Passwords, tokens and the throttle on signing in.

use std::{fmt, net::IpAddr, time::Duration};

use async_trait::async_trait;
use guildhall_domain::{EmailAddress, Password, UserId};

/// A password as it is stored: a PHC string. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a PHC string.
    #[must_use]
    pub const fn new(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string, for the store and the hasher.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// What comparing a password with a hash found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// It is the password, hashed as it would be today.
    Match,
    /// It is the password, but hashed with parameters of the past: hash it anew.
    MatchOutdated,
    /// It is not the password.
    Mismatch,
}

/// Why nothing was hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// The queue in front of the hasher is full, or waiting took too long.
    #[error("too many passwords are waiting to be hashed")]
    Overloaded,
    /// The hash could not be computed or read.
    #[error("the password could not be hashed: {0}")]
    Failed(String),
}

/// Hashes passwords, slowly on purpose, off the request threads, a bounded
/// number at a time.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a new password.
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HashingError>;

    /// Compares a password with the hash of an account, or, where there is no
    /// account, does the same work and finds a mismatch.
    async fn verify(
        &self,
        password: &Password,
        hash: Option<PasswordHash>,
    ) -> Result<Verification, HashingError>;
}

/// A bearer token: 256 random bits, shown to the client once. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

impl AccessToken {
    /// Wraps a token's text.
    #[must_use]
    pub const fn new(token: String) -> Self {
        Self(token)
    }

    /// The token itself, for the answer that hands it out.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// A token as it is stored. It cannot be printed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Wraps the bytes of a hash.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// Makes bearer tokens and finds out which one a client holds.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
pub trait TokenService: Send + Sync {
    /// A new token and the hash to store.
    fn issue(&self) -> (AccessToken, TokenHash);

    /// The token that these bits make, and the hash to store: for tokens that are
    /// no secret, of demo data.
    fn encode(&self, bits: [u8; 32]) -> (AccessToken, TokenHash);

    /// The hash of what a client presents; none if it cannot be a token.
    ///
    /// Tokens have 256 random bits, so the lookup by hash needs no comparison
    /// in constant time: what leaks is the hash of a guess.
    fn hash(&self, presented: &str) -> Option<TokenHash>;
}

/// Why an attempt has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The time after which another attempt is welcome.
    pub retry_after: Duration,
    /// Whether it is the first of its kind in a while. Who guesses decides how
    /// often they are refused, so what a refusal costs is to be spent on these.
    pub is_first: bool,
}

/// How many requests an actor may make, and how many are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestBudget {
    /// So many in a window.
    pub limit: u32,
    /// How long a window is.
    pub window: Duration,
    /// So many are left now.
    pub remaining: u32,
    /// The time after which all of them are there again.
    pub reset_after: Duration,
    /// The time after which the next one is welcome; zero while any is left.
    pub retry_after: Duration,
}

/// Keeps one actor from taking everybody's share.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
pub trait RequestThrottle: Send + Sync {
    /// Counts a request of an actor. None where requests are not limited.
    ///
    /// # Errors
    ///
    /// The budget, when nothing is left of it.
    fn admit(&self, actor: UserId) -> Result<Option<RequestBudget>, RequestBudget>;
}

/// Slows down guessing.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
pub trait SignInThrottle: Send + Sync {
    /// Counts an attempt from an address, to one account where one is named.
    ///
    /// # Errors
    ///
    /// [`Refusal`] when there were too many.
    #[expect(clippy::needless_lifetimes, reason = "mockall needs it named")]
    fn admit<'a>(
        &self,
        address: Option<IpAddr>,
        account: Option<&'a EmailAddress>,
    ) -> Result<(), Refusal>;
}
