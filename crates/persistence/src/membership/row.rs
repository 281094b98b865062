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
    organization_id: DbId,
    user_id: DbId,
    role: String,
    source: String,
    joined_at: DbTime,
    version: i64,
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
