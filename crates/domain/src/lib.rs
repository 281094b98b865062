//! The domain of Guildhall: organizations, users, memberships and the policies
//! between them.
//!
//! Everything here is pure. Time and ids come in as arguments; there is no
//! clock, no randomness, no environment, no async and no framework, so that a
//! service may depend on this crate alone.

pub mod audit;
pub mod default_organization;
pub mod domain_name;
pub mod email;
pub mod ids;
pub mod invitation;
pub mod membership;
pub mod metadata;
pub mod organization;
pub mod password;
pub mod permission;
pub mod quota;
pub mod registration;
pub mod security_score;
pub mod session;
pub mod text;
pub mod uptime;
pub mod user;
pub mod workspace;

pub use audit::{Action, AuditActor, AuditEvent, Origin, Resource};
pub use default_organization::{DefaultOrganizationPlan, DefaultOrganizationPolicy};
pub use domain_name::{DomainName, DomainNameError};
pub use email::{EmailAddress, EmailAddressError};
pub use ids::{
    AuditEventId, IdError, InvitationId, OrganizationId, ServingPeriodId, SessionId, UserId,
    WorkspaceId,
};
pub use invitation::{Invitation, InvitationLifetime, InvitationLifetimeError, InvitationStatus};
pub use membership::{Membership, MembershipSource, OrganizationRole};
pub use metadata::{ExternalId, Metadata, MetadataError};
pub use organization::{
    Organization, OrganizationName, OrganizationProfile, OrganizationSettings, OrganizationStatus,
};
pub use password::{Password, PasswordError};
pub use permission::{Permission, Standing};
pub use quota::{Quota, Quotas};
pub use registration::{AutoJoin, RegistrationMode};
pub use security_score::{SecurityCheck, SecurityFacts, SecurityScore};
pub use session::{Session, SessionLifetimes};
pub use text::TextError;
pub use uptime::{ServingPeriod, Uptime};
pub use user::{PersonName, User, UserRole, UserStatus};
pub use workspace::{Description, Workspace, WorkspaceName, WorkspaceStatus};

/// A moment in UTC. Stores keep microseconds; answers show milliseconds.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
