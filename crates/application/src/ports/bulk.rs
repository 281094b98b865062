//! Many rows at once, for a store that is made up and not used yet.

use async_trait::async_trait;
use guildhall_domain::{Membership, Organization, Session, User, Workspace};

use super::{PasswordHash, StoreError, TokenHash};

/// Rows that are written in one transaction. They may belong to organizations and
/// users of this batch or of earlier ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The password that every user of the batch has.
    pub password: PasswordHash,
    /// Organizations. The store counts members and workspaces itself.
    pub organizations: Vec<Organization>,
    /// Users.
    pub users: Vec<User>,
    /// Memberships, of nobody twice in one organization.
    pub memberships: Vec<Membership>,
    /// Workspaces.
    pub workspaces: Vec<Workspace>,
    /// Sessions, each with its token.
    pub sessions: Vec<(Session, TokenHash)>,
}

impl Batch {
    /// A batch without rows.
    #[must_use]
    pub const fn empty(password: PasswordHash) -> Self {
        Self {
            password,
            organizations: Vec::new(),
            users: Vec::new(),
            memberships: Vec::new(),
            workspaces: Vec::new(),
            sessions: Vec::new(),
        }
    }

    /// How many rows it has.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.organizations.len()
            + self.users.len()
            + self.memberships.len()
            + self.workspaces.len()
            + self.sessions.len()
    }
}

/// Writes rows in bulk, without audit events: nobody did anything.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait BulkLoader: Send + Sync {
    /// Writes the first batch. False, and nothing is written, when the store has
    /// an organization, a user or an audit event already. Of two who call this at
    /// once, one finds the other's rows.
    ///
    /// # Errors
    ///
    /// Nothing of the batch is kept when this fails.
    async fn load_into_empty(&self, batch: Batch) -> Result<bool, StoreError>;

    /// Writes a further batch, and counts what it adds to organizations.
    ///
    /// # Errors
    ///
    /// Nothing of the batch is kept when this fails.
    async fn load(&self, batch: Batch) -> Result<(), StoreError>;
}
