//! Users as others see and manage them.

pub(crate) mod change;
mod dto;
pub(crate) mod read;
