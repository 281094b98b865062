//! Signing up, in and out, and the sessions that come of it.

mod authenticate;
mod change_password;
mod end_session;
mod list_sessions;
mod log_in;
mod new_password;
#[cfg(test)]
mod presented_token;
mod register;
mod reset_password;
mod session_uses;
mod signed_in;
mod verify_email;

pub use authenticate::Authenticate;
pub use change_password::{ChangePassword, ChangePasswordCommand};
pub use end_session::{EndOtherSessions, EndSession, LogOut};
pub use list_sessions::ListSessions;
pub use log_in::{LogIn, LogInCommand};
pub use new_password::{NewPassword, NewPasswordError};
pub use register::{Entrance, Register, RegisterCommand};
pub use reset_password::ResetPassword;
pub use session_uses::SessionUses;
pub use signed_in::SignedIn;
pub use verify_email::VerifyEmail;

pub(crate) use end_session::SessionEnder;
pub(crate) use signed_in::SessionStarter;
