//! The form of Guildhall's audit log, and how it is checked.
//!
//! The events of each organization, and those of the installation itself, are a
//! [log](LogId): numbered from 1 without a gap, each holding the hash of the one
//! before ([`Entry`]). Whoever changes, removes, swaps or inserts an entry must
//! change every hash behind it, and then the last one is not what a signed
//! [`Checkpoint`] says that somebody kept. [`Verifier`] finds the first entry that
//! is wrong.
//!
//! What is personal of an entry is [sealed](SealedBox) under a key of its person.
//! The chain is over what is sealed, so that it holds when the key is gone.
//!
//! Everything here is pure: no clock, no randomness, no store. It depends on no
//! other crate of Guildhall, so that others can check a log with it.

mod chain;
mod check;
mod checkpoint;
mod entry;
mod export;
mod hex;
mod seal;
pub mod table;
mod verify;

pub use chain::{Digest, LogId, LogIdError};
pub use check::{ExportVerifier, Summary};
pub use checkpoint::{Base, Checkpoint, KeyId, SignatureError, SigningKey, VerifyingKey};
pub use entry::{Actor, Entry, Reference};
pub use export::{Line, LineError, Record};
pub use seal::{PersonalKey, SealedBox, Subject, UnsealError};
pub use verify::{Finding, Head, Verifier, Wrong};
