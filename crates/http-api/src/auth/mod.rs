//! Signing up, in and out, and one's own sessions and password.

pub(crate) mod change_password;
mod dto;
pub(crate) mod end_other_sessions;
pub(crate) mod end_session;
pub(crate) mod list_sessions;
pub(crate) mod log_in;
pub(crate) mod log_out;
pub(crate) mod me;
pub(crate) mod register;
pub(crate) mod reset_password;
pub(crate) mod verify_email;
