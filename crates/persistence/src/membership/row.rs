//! A membership as a row.

use diesel::prelude::*;
use guildhall_domain::Membership;

use crate::{
    schema::memberships,
    sql_types::{DbId, DbTime},
};

#[derive(Insertable)]
#[diesel(table_name = memberships)]
pub(crate) struct MembershipRow {
    organization_id: DbId,
    user_id: DbId,
    role: &'static str,
    source: &'static str,
    joined_at: DbTime,
}

impl From<&Membership> for MembershipRow {
    fn from(membership: &Membership) -> Self {
        Self {
            organization_id: membership.organization.into(),
            user_id: membership.user.into(),
            role: membership.role.as_str(),
            source: membership.source.as_str(),
            joined_at: DbTime(membership.joined_at),
        }
    }
}
