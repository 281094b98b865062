#![doc = include_str!("../README.md")]

mod answer;
mod audit_logs;
mod auth;
mod builder;
mod client;
mod error;
mod id;
mod idempotency;
mod invitations;
mod members;
mod organizations;
mod page;
mod patch;
mod problem;
mod quota;
mod request;
mod retry;
mod secret;
mod service;
mod users;
mod word;
mod workspaces;

pub use answer::{ETag, Tagged};
pub use audit_logs::{
    AuditCheckpoint, AuditEvent, AuditFilter, AuditKey, AuditLogs, AuditReference,
};
pub use auth::{Account, Auth, Credentials, Registration, Session, SignedIn, UserRole};
pub use builder::ClientBuilder;
pub use client::Client;
pub use error::Error;
pub use futures_util::stream::BoxStream;
pub use id::{InvitationId, OrganizationId, SessionId, UserId, WorkspaceId};
pub use idempotency::IdempotencyKey;
pub use invitations::{
    AcceptedInvitation, Invitation, InvitationFilter, InvitationOutcome, InvitationStatus,
    Invitations, InvitedTo, NewInvitation, ReceivedInvitation, ReceivedInvitationDetails,
};
pub use members::{Member, MemberFilter, MemberUser, Members, MembershipSource, OrganizationRole};
pub use organizations::{
    NewOrganization, Organization, OrganizationDetails, OrganizationHandle, OrganizationPatch,
    OrganizationProfile, OrganizationSettings, OrganizationStatus, Organizations, SecurityCheck,
    SecurityScore, SettingsPatch,
};
pub use page::{Cursor, Page, PageRequest};
pub use patch::Patch;
pub use problem::{Fault, Problem};
pub use quota::{Limit, Quota, QuotaLimits, Quotas, QuotasHandle};
pub use secret::Secret;
pub use service::{Service, ServiceInfo, Stats};
pub use users::{User, UserFilter, UserHandle, UserPatch, UserStatus, Users};
pub use workspaces::{
    CallerWorkspaces, NewWorkspace, Workspace, WorkspacePatch, WorkspaceStatus, Workspaces,
};
