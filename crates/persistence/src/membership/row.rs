//! A membership as a row.

use diesel::prelude::*;
use guildhall_application::ports::StoreError;
use guildhall_domain::{Membership, MembershipSource, OrganizationId, OrganizationRole};

use crate::{
    decode,
    schema::memberships,
    sql_types::{DbId, DbTime},
};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = memberships)]
pub(crate) struct MembershipRow {
    pub(super) organization_id: DbId,
    pub(super) user_id: DbId,
    pub(super) role: String,
    pub(super) source: String,
    pub(super) joined_at: DbTime,
    pub(super) version: i64,
}

impl MembershipRow {
    /// The row of a membership in this organization.
    pub(crate) fn new(organization: OrganizationId, membership: &Membership) -> Self {
        Self {
            organization_id: organization.into(),
            user_id: membership.user.into(),
            role: membership.role.as_str().to_owned(),
            source: membership.source.as_str().to_owned(),
            joined_at: DbTime(membership.joined_at),
            version: decode::column(membership.version),
        }
    }
}

/// Which place the organization has in its members' lists, as it stands in each of
/// its memberships.
macro_rules! since_creation {
    ($organization:expr) => {{
        use crate::schema::{memberships, organizations};
        let created_at = organizations::table.find($organization).select(organizations::created_at);
        memberships::organization_created_at.eq(created_at.single_value().assume_not_null())
    }};
}
pub(crate) use since_creation;

impl TryFrom<MembershipRow> for Membership {
    type Error = StoreError;

    fn try_from(row: MembershipRow) -> Result<Self, StoreError> {
        Ok(Self {
            organization: row.organization_id.into(),
            user: row.user_id.into(),
            role: decode::word(
                "memberships.role",
                &row.role,
                &OrganizationRole::ALL,
                OrganizationRole::as_str,
            )?,
            source: decode::word(
                "memberships.source",
                &row.source,
                &MembershipSource::ALL,
                MembershipSource::as_str,
            )?,
            joined_at: row.joined_at.0,
            version: decode::count("memberships.version", row.version)?,
        })
    }
}
