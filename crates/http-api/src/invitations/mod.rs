//! Invitations: of an organization, and as whoever holds one sees it.

mod dto;
pub(crate) mod hold;
pub(crate) mod invite;
pub(crate) mod manage;
