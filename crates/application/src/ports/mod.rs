//! The traits through which use cases speak to the world. Adapters implement
//! them; nothing here knows of Diesel, actix or argon2.
//!
//! Writes go through a [`UnitOfWork`], reads through the `…Queries` traits.

mod clock;
mod identity;
mod maintenance;
mod queries;
mod store;

pub use clock::{Clock, IdGenerator};
pub use identity::{
    AccessToken, HashingError, PasswordHash, PasswordHasher, Refusal, SignInThrottle, TokenHash,
    TokenService, Verification,
};
pub use maintenance::{CounterDrift, Counters, Maintenance};
pub use queries::{
    AccountWithPassword, AccountWithSession, MemberDetails, MemberFilter, MemberQueries,
    OrganizationQueries, OrganizationSummary, SessionQueries, StatsQueries, StatsSnapshot,
    UserQueries, UserWithOrganization, WorkspaceQueries,
};
pub use store::{
    Addition, AuditLog, Change, Insertion, Installation, InstallationRepository,
    MembershipRepository, OrganizationRepository, SessionRepository, Store, StoreError, UnitOfWork,
    UserRepository, WorkspaceRepository,
};

#[cfg(any(test, feature = "testing"))]
pub use self::{identity::*, maintenance::*, queries::*, store::*};
