//! The traits through which use cases speak to the world. Adapters implement
//! them; nothing here knows of Diesel, actix or argon2.
//!
//! Writes go through a [`UnitOfWork`], reads through the `…Queries` traits.

mod audit;
mod bulk;
mod changes;
mod clock;
mod identity;
mod invitations;
mod mail;
mod maintenance;
mod queries;
mod requests;
mod store;

pub use audit::{
    AuditFilter, AuditLogs, AuditQueries, AuditRecord, AuditRetention, AuditTrail, SignBase,
};
pub use bulk::{Batch, BulkLoader};
pub use changes::{ChangeObserver, ChangeUnderWay, Changed, Changes};
pub use clock::{Clock, IdGenerator};
pub use identity::{
    AccessToken, HashingError, PasswordHash, PasswordHasher, Refusal, RequestBudget,
    RequestThrottle, SignInThrottle, TokenHash, TokenService, Verification,
};
pub use invitations::{
    InvitationDetails, InvitationQueries, InvitationRepository, Invited, OneTimeTokenRepository,
    Purpose, invitation_cursor,
};
pub use mail::{Letter, MailError, MailJob, MailQueue, MailSubject, Mailer};
pub use maintenance::{CounterDrift, Counters, EndedBefore, Maintenance};
pub use queries::{
    AccountWithPassword, AccountWithSession, MemberDetails, MemberFilter, MemberQueries,
    OrganizationQueries, OrganizationSummary, SessionQueries, StatsQueries, StatsSnapshot,
    UserFilter, UserQueries, UserWithOrganization, WorkspaceQueries,
};
pub use requests::{AnsweredRequests, Claim};
pub use store::{
    Addition, AuditLog, Change, Insertion, Installation, InstallationRepository,
    MembershipRepository, OrganizationRepository, SessionRepository, SessionUse, Store, StoreError,
    UnitOfWork, UserRepository, WorkspaceRepository,
};

#[cfg(any(test, feature = "testing"))]
pub use self::{
    audit::*, bulk::*, identity::*, invitations::*, mail::*, maintenance::*, queries::*,
    requests::*, store::*,
};
