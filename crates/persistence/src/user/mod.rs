//! Users.

mod erasure;
mod homes;
mod queries;
mod repository;
mod row;

pub(crate) use row::UserRow;

use diesel::prelude::*;

use crate::schema::{organizations, users};

/// How a user is joined with their home organization, which is none while that
/// is deleted.
#[diesel::dsl::auto_type]
pub(crate) fn home() -> _ {
    users::home_organization_id
        .eq(organizations::id.nullable())
        .and(organizations::deleted_at.is_null())
}
