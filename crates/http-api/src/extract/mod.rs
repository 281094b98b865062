//! What handlers take from a request: who makes it, from where, its body, its
//! query and the ids in its path. Each is parsed here or refused.

mod bearer;
mod caller;
mod faults;
mod json;
mod json_value;
mod origin;
mod path;
mod query;

pub(crate) use bearer::bearer_token;
pub(crate) use caller::SignedIn;
pub(crate) use faults::{Faults, parse_optional};
pub(crate) use json::JsonBody;
pub(crate) use origin::{ClientOrigin, REQUEST_ID, origin};
pub(crate) use path::PathId;
pub(crate) use query::{ListQuery, cursor_text};
