//! What handlers take from a request: who makes it, from where, its body, its
//! query and the ids in its path. Each is parsed here or refused.

mod bearer;
mod caller;
mod faults;
mod json;
mod json_value;
mod origin;
mod pairs;
mod patch;
mod path;
mod query;
mod words;

pub(crate) use bearer::bearer_token;
pub(crate) use caller::SignedIn;
pub(crate) use faults::{Faults, parse_optional};
pub(crate) use json::{IDEMPOTENCY_KEY, JsonBody, RepeatableBody};
pub(crate) use origin::{ClientOrigin, REQUEST_ID, origin};
pub(crate) use pairs::Pairs;
pub(crate) use patch::{Keepable, parse_keepable, parse_patch};
pub(crate) use path::{PathId, PathIds, PathText};
pub(crate) use query::{
    AuditQuery, CheckpointQuery, InvitationQuery, ListQuery, MemberQuery, Query, UserQuery,
    cursor_text,
};
pub(crate) use words::{UnknownWord, parse_role, parse_user_role, parse_workspace_status};
