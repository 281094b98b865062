//! Users as others see and manage them: who there is, their state, their end.

mod change;
mod delete;
mod list;

pub use change::{ChangeUser, UserPatch};
pub use delete::DeleteUser;
pub use list::ListUsers;

pub(crate) use change::UserEditor;
