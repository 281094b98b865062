//! Secrets and randomness: password hashing, bearer tokens, ids, and the
//! throttle on guessing.

mod ids;
mod password;
mod throttle;
mod token;

pub use ids::RandomIds;
pub use password::{Argon2Hasher, HasherOptions};
pub use throttle::{SignInLimits, SignInQuota};
pub use token::RandomTokens;
