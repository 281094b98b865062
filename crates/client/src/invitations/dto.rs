//! What the calls about invitations take and give.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{InvitationId, OrganizationId, OrganizationRole, Problem, UserId, word::words};

words! {
    /// What has become of an invitation.
    InvitationStatus {
        /// It waits for an answer.
        Pending = "pending",
        /// It was accepted.
        Accepted = "accepted",
        /// It was declined.
        Declined = "declined",
        /// It was taken back.
        Revoked = "revoked",
        /// Nobody answered in time.
        Expired = "expired",
    }
}

/// An invitation, as its organization sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Who is invited.
    pub email: String,
    /// The role that they will have.
    pub role: OrganizationRole,
    /// What has become of it.
    pub status: InvitationStatus,
    /// Who invited them; `None` if that user is gone.
    pub invited_by: Option<UserId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it can be accepted.
    pub expires_at: DateTime<Utc>,
}

/// Somebody to be invited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewInvitation {
    /// The e-mail address.
    pub email: String,
    /// The role that they will have.
    pub role: OrganizationRole,
    /// For how many seconds it can be accepted; the service decides where it is
    /// `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
}

impl NewInvitation {
    /// An invitation of this address into this role.
    pub fn new(email: impl Into<String>, role: OrganizationRole) -> Self {
        Self { email: email.into(), role, expires_in: None }
    }
}

/// What came of one of many: an invitation, or a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InvitationOutcome {
    /// Who was to be invited.
    pub email: String,
    /// The invitation.
    #[serde(default)]
    pub invitation: Option<Invitation>,
    /// Why there is none.
    #[serde(default)]
    pub problem: Option<Problem>,
}

/// Which invitations a list has; by default all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvitationFilter {
    /// What has become of them.
    pub status: Option<InvitationStatus>,
}

/// An organization, as those see it who are invited into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InvitedTo {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
}

/// An invitation, as those see it who received it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReceivedInvitationDetails {
    /// Where to.
    pub organization: InvitedTo,
    /// Who is invited.
    pub email: String,
    /// The role that they will have.
    pub role: OrganizationRole,
    /// Until when it can be accepted.
    pub expires_at: DateTime<Utc>,
    /// Whether the address has an account, or must register first.
    pub has_account: bool,
}

/// What came of accepting an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AcceptedInvitation {
    /// The organization in which the caller now is a member.
    pub organization: InvitedTo,
    /// The caller's role in it.
    pub role: OrganizationRole,
}
