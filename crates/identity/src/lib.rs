//! Secrets and randomness: password hashing, bearer tokens, ids; and the limits
//! on guessing and on asking too much.

mod hash_memory;
mod ids;
mod password;
mod request_limits;
mod seed;
mod throttle;
mod token;

pub use ids::RandomIds;
pub use password::{Argon2Hasher, HasherOptions, HasherState};
pub use request_limits::RequestLimits;
pub use seed::random_seed;
pub use throttle::{SignInLimits, SignInQuota};
pub use token::RandomTokens;
