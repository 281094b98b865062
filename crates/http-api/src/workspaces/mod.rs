//! Workspaces of organizations.

pub(crate) mod change;
mod dto;
pub(crate) mod read;
