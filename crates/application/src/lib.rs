//! The use cases of Guildhall. They speak to the world through the traits in
//! [`ports`]; this crate does no I/O of its own.
//!
//! One use case a file, by aggregate. A use case that changes something opens
//! at most one [unit of work](ports::UnitOfWork) and appends its audit events
//! in it; one that reads asks a query port once.

pub mod access;
pub mod audit;
pub mod auth;
pub mod caller;
pub mod demo;
pub mod error;
pub mod idempotency;
pub mod invitation;
pub mod mail;
pub mod member;
pub mod operations;
pub mod organization;
pub mod page;
mod patch;
pub mod ports;
pub mod quota;
pub mod settings;
pub mod stats;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod use_cases;
pub mod user;
mod version;
pub mod workspace;

pub use access::{Access, Scope};
pub use caller::Caller;
pub use error::{Error, Fault, with_causes};
pub use page::{Cursor, CursorError, Page, PageRequest};
pub use patch::Patch;
pub use settings::Settings;
pub use use_cases::{Ports, UseCases};
pub use version::ExpectedVersion;
