//! The audit trail: logs of numbered and chained events.
//!
//! **Invariant:** an event gets its number and hash at the end of its
//! transaction, under the lock of its log (`opening.rs`, `chain.rs`). Where a transaction adds to
//! several logs it locks them in their order, the installation's first.

mod chain;
mod checkpoints;
mod keys;
mod logs;
mod months;
mod opening;
mod queries;
mod repository;
mod retention;
mod row;
mod sealing;

pub(crate) use chain::{append, number_all};
pub(crate) use keys::forget;
pub(crate) use retention::make_room;
