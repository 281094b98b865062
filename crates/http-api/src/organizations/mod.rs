//! Organizations.

pub(crate) mod change;
pub(crate) mod create;
mod dto;
pub(crate) mod get;
pub(crate) mod lifecycle;
pub(crate) mod list;
pub(crate) mod quotas;
pub(crate) mod security_score;
mod stream;
