//! Who makes a request.

use guildhall_domain::{AuditActor, Origin, Session, User, UserId, UserRole};

/// A signed-in user and the session by which they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account, as it was when the request came in.
    pub user: User,
    /// Name of the home organization, or of the one the account was made for.
    pub organization: Option<String>,
    /// The session whose token the request bears.
    pub session: Session,
    /// Where this request came from.
    pub origin: Origin,
}

impl Caller {
    /// The caller as the one who reads.
    #[must_use]
    pub const fn viewer(&self) -> Viewer {
        Viewer { user: self.user.id, sees_everything: matches!(self.user.role, UserRole::Admin) }
    }

    /// The caller as the one who acts, for the audit trail.
    #[must_use]
    pub fn audit_actor(&self) -> AuditActor {
        AuditActor::user(&self.user)
    }
}

/// Whose eyes a query looks through. It is part of every query on what belongs
/// to organizations, so that none can be asked without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Viewer {
    user: UserId,
    sees_everything: bool,
}

impl Viewer {
    /// The user whose memberships count.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// Whether they are a platform admin, who sees every organization.
    #[must_use]
    pub const fn sees_everything(&self) -> bool {
        self.sees_everything
    }
}
