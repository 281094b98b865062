//! Membership: who belongs to which organization, and as what.

use crate::{OrganizationId, Timestamp, UserId};

/// Role of a member in one organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrganizationRole {
    /// Answers for the organization; there is always at least one.
    Owner,
    /// Manages members and workspaces.
    Admin,
    /// Works in it.
    Member,
}

impl OrganizationRole {
    /// Every role, the mightiest first.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Admin, Self::Member];

    /// `owner`, `admin` or `member`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }
}

/// How a membership came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MembershipSource {
    /// The user registered, founding the organization or joining it.
    Registration,
    /// The user accepted an invitation.
    Invitation,
    /// Somebody who may manage members made them one, or the organization was
    /// created for them.
    Administrator,
    /// The user asked for their list when no organization existed, which
    /// created the default organization.
    DefaultOrganization,
}

impl MembershipSource {
    /// Every source.
    pub const ALL: [Self; 4] =
        [Self::Registration, Self::Invitation, Self::Administrator, Self::DefaultOrganization];

    /// `registration`, `invitation`, `administrator` or `default_organization`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Invitation => "invitation",
            Self::Administrator => "administrator",
            Self::DefaultOrganization => "default_organization",
        }
    }
}

/// One user in one organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// Where.
    pub organization: OrganizationId,
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: OrganizationRole,
    /// How it came to be.
    pub source: MembershipSource,
    /// Since when.
    pub joined_at: Timestamp,
    /// Counts the changes of the role, from 1.
    pub version: u64,
}
