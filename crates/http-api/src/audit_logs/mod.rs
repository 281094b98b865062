//! The audit trail: read, exported, proven.

pub(crate) mod checkpoints;
mod dto;
mod export;
pub(crate) mod read;
