//! Invitations.

mod queries;
mod repository;
mod row;

use diesel::prelude::*;
use guildhall_domain::{InvitationStatus, OrganizationId, Timestamp};

use crate::{
    schema::invitations,
    sql_types::{DbId, DbTime},
};

/// The invitations of an organization that can be accepted.
#[diesel::dsl::auto_type]
fn open(organization: OrganizationId, now: Timestamp) -> _ {
    let (organization, now): (DbId, DbTime) = (organization.into(), DbTime(now));
    let pending: &'static str = InvitationStatus::Pending.as_str();
    invitations::table
        .filter(invitations::organization_id.eq(organization))
        .filter(invitations::status.eq(pending))
        .filter(invitations::expires_at.gt(now))
}
