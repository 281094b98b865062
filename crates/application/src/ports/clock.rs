//! Time and identity of new things.

use guildhall_domain::{
    AuditEventId, InvitationId, OrganizationId, ServingPeriodId, SessionId, Timestamp, UserId,
    WorkspaceId,
};
use uuid::Uuid;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in whole microseconds: what every store can hold.
    fn now(&self) -> Timestamp;
}

/// Makes ids that nobody has had before.
pub trait IdGenerator: Send + Sync {
    /// A UUID v4 (RFC 9562).
    fn uuid(&self) -> Uuid;

    /// An id for an organization.
    fn organization_id(&self) -> OrganizationId {
        OrganizationId::new(self.uuid())
    }

    /// An id for a user.
    fn user_id(&self) -> UserId {
        UserId::new(self.uuid())
    }

    /// An id for a workspace.
    fn workspace_id(&self) -> WorkspaceId {
        WorkspaceId::new(self.uuid())
    }

    /// An id for an invitation.
    fn invitation_id(&self) -> InvitationId {
        InvitationId::new(self.uuid())
    }

    /// An id for a session.
    fn session_id(&self) -> SessionId {
        SessionId::new(self.uuid())
    }

    /// An id for an audit event.
    fn audit_event_id(&self) -> AuditEventId {
        AuditEventId::new(self.uuid())
    }

    /// An id for a serving period.
    fn serving_period_id(&self) -> ServingPeriodId {
        ServingPeriodId::new(self.uuid())
    }
}
