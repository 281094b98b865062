//! An invitation as a row.

use diesel::prelude::*;
use guildhall_application::ports::StoreError;
use guildhall_domain::{Invitation, InvitationStatus, OrganizationId, OrganizationRole};

use crate::{
    decode,
    schema::invitations,
    sql_types::{DbId, DbTime},
};

/// All of it but the token's hash.
#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = invitations)]
pub(super) struct InvitationRow {
    id: DbId,
    organization_id: DbId,
    email: String,
    email_key: String,
    role: String,
    status: String,
    invited_by: Option<DbId>,
    created_at: DbTime,
    expires_at: DbTime,
    version: i64,
}

impl InvitationRow {
    /// The row of an invitation to this organization.
    pub(super) fn new(organization: OrganizationId, invitation: &Invitation) -> Self {
        Self {
            id: invitation.id.into(),
            organization_id: organization.into(),
            email: invitation.email.as_str().to_owned(),
            email_key: invitation.email.key().to_owned(),
            role: invitation.role.as_str().to_owned(),
            status: invitation.status.as_str().to_owned(),
            invited_by: invitation.invited_by.map(Into::into),
            created_at: DbTime(invitation.created_at),
            expires_at: DbTime(invitation.expires_at),
            version: decode::column(invitation.version),
        }
    }
}

impl TryFrom<InvitationRow> for Invitation {
    type Error = StoreError;

    fn try_from(row: InvitationRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            organization: row.organization_id.into(),
            email: decode::text("invitations.email", &row.email)?,
            role: decode::word(
                "invitations.role",
                &row.role,
                &OrganizationRole::ALL,
                OrganizationRole::as_str,
            )?,
            status: decode::word(
                "invitations.status",
                &row.status,
                &InvitationStatus::ALL,
                InvitationStatus::as_str,
            )?,
            invited_by: row.invited_by.map(Into::into),
            created_at: row.created_at.0,
            expires_at: row.expires_at.0,
            version: decode::count("invitations.version", row.version)?,
        })
    }
}
