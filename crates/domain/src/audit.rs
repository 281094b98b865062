//! The audit trail: what happened, who did it, to what, from where.

use std::{collections::BTreeMap, net::IpAddr};

use crate::{
    AuditEventId, EmailAddress, InvitationId, Organization, OrganizationId, SessionId, Timestamp,
    User, UserId, WorkspaceId,
};

/// What happened: `noun.verb` in the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// An account was made by its owner.
    UserRegistered,
    /// An account was made by an operator.
    UserCreated,
    /// Fields of an account were changed.
    UserUpdated,
    /// An account was deactivated.
    UserDeactivated,
    /// A deactivated account was activated.
    UserActivated,
    /// An account was deleted, and what was personal of it.
    UserDeleted,
    /// Somebody signed in.
    LoginSucceeded,
    /// An attempt to sign in was refused.
    LoginFailed,
    /// A session was ended by its user, or to make room for another of theirs.
    SessionEnded,
    /// A password was changed.
    PasswordChanged,
    /// A change of password was refused.
    PasswordChangeFailed,
    /// It was proven that an address is its account's.
    EmailVerified,
    /// Somebody asked for a link to set a forgotten password.
    PasswordResetRequested,
    /// A forgotten password was set anew.
    PasswordReset,
    /// An organization was created.
    OrganizationCreated,
    /// Fields of an organization were changed.
    OrganizationUpdated,
    /// An organization was deleted; it can be restored for a while.
    OrganizationDeleted,
    /// A deleted organization was restored.
    OrganizationRestored,
    /// A deleted organization was removed for good.
    OrganizationPurged,
    /// An organization was suspended.
    OrganizationSuspended,
    /// A suspended organization was activated.
    OrganizationActivated,
    /// Limits of an organization were changed.
    QuotasChanged,
    /// A user became a member.
    MemberAdded,
    /// The role of a member was changed.
    MemberRoleChanged,
    /// A member left or was removed.
    MemberRemoved,
    /// Somebody was invited.
    InvitationCreated,
    /// An invitation was sent again.
    InvitationResent,
    /// An invitation was taken back.
    InvitationRevoked,
    /// An invitation became a membership.
    InvitationAccepted,
    /// An invitation was declined.
    InvitationDeclined,
    /// Workspaces were allocated.
    WorkspacesAllocated,
    /// A workspace was changed.
    WorkspaceUpdated,
    /// A workspace was removed.
    WorkspaceRemoved,
    /// A counter that had drifted was set right by an operator.
    CountersRepaired,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 34] = [
        Self::UserRegistered,
        Self::UserCreated,
        Self::UserUpdated,
        Self::UserDeactivated,
        Self::UserActivated,
        Self::UserDeleted,
        Self::LoginSucceeded,
        Self::LoginFailed,
        Self::SessionEnded,
        Self::PasswordChanged,
        Self::PasswordChangeFailed,
        Self::EmailVerified,
        Self::PasswordResetRequested,
        Self::PasswordReset,
        Self::OrganizationCreated,
        Self::OrganizationUpdated,
        Self::OrganizationDeleted,
        Self::OrganizationRestored,
        Self::OrganizationPurged,
        Self::OrganizationSuspended,
        Self::OrganizationActivated,
        Self::QuotasChanged,
        Self::MemberAdded,
        Self::MemberRoleChanged,
        Self::MemberRemoved,
        Self::InvitationCreated,
        Self::InvitationResent,
        Self::InvitationRevoked,
        Self::InvitationAccepted,
        Self::InvitationDeclined,
        Self::WorkspacesAllocated,
        Self::WorkspaceUpdated,
        Self::WorkspaceRemoved,
        Self::CountersRepaired,
    ];

    /// The name that stands in the trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserRegistered => "user.registered",
            Self::UserCreated => "user.created",
            Self::UserUpdated => "user.updated",
            Self::UserDeactivated => "user.deactivated",
            Self::UserActivated => "user.activated",
            Self::UserDeleted => "user.deleted",
            Self::LoginSucceeded => "login.succeeded",
            Self::LoginFailed => "login.failed",
            Self::SessionEnded => "session.ended",
            Self::PasswordChanged => "password.changed",
            Self::PasswordChangeFailed => "password.change_failed",
            Self::EmailVerified => "email.verified",
            Self::PasswordResetRequested => "password.reset_requested",
            Self::PasswordReset => "password.reset",
            Self::OrganizationCreated => "organization.created",
            Self::OrganizationUpdated => "organization.updated",
            Self::OrganizationDeleted => "organization.deleted",
            Self::OrganizationRestored => "organization.restored",
            Self::OrganizationPurged => "organization.purged",
            Self::OrganizationSuspended => "organization.suspended",
            Self::OrganizationActivated => "organization.activated",
            Self::QuotasChanged => "quotas.changed",
            Self::MemberAdded => "member.added",
            Self::MemberRoleChanged => "member.role_changed",
            Self::MemberRemoved => "member.removed",
            Self::InvitationCreated => "invitation.created",
            Self::InvitationResent => "invitation.resent",
            Self::InvitationRevoked => "invitation.revoked",
            Self::InvitationAccepted => "invitation.accepted",
            Self::InvitationDeclined => "invitation.declined",
            Self::WorkspacesAllocated => "workspaces.allocated",
            Self::WorkspaceUpdated => "workspace.updated",
            Self::WorkspaceRemoved => "workspace.removed",
            Self::CountersRepaired => "counters.repaired",
        }
    }

    /// Whether the action is what somebody wanted, and no refusal.
    #[must_use]
    pub const fn is_success(self) -> bool {
        !matches!(self, Self::LoginFailed | Self::PasswordChangeFailed)
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditActor {
    /// A user, with the address that the account had then.
    User {
        /// The account.
        id: UserId,
        /// Its address at that time.
        email: EmailAddress,
    },
    /// Nobody who is known: an attempt to sign in that failed.
    Anonymous,
    /// Guildhall itself, or an operator at its command line.
    System,
}

impl AuditActor {
    /// The user as an actor.
    #[must_use]
    pub fn user(user: &User) -> Self {
        Self::User { id: user.id, email: user.email.clone() }
    }
}

/// What it was done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// An organization.
    Organization(OrganizationId),
    /// An account.
    User(UserId),
    /// A session.
    Session(SessionId),
    /// A workspace.
    Workspace(WorkspaceId),
    /// An invitation.
    Invitation(InvitationId),
    /// The installation as a whole.
    Installation,
}

/// Where a request came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Address of the client, after trusted proxies.
    pub ip_address: Option<IpAddr>,
    /// What the client calls itself; at most [`Origin::MAX_USER_AGENT`] characters.
    pub user_agent: Option<String>,
    /// Id of the request, as it stands in the log.
    pub request_id: Option<String>,
}

impl Origin {
    /// The bound on a stored user agent, in characters.
    pub const MAX_USER_AGENT: usize = 256;
}

/// One entry of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its id.
    pub id: AuditEventId,
    /// The organization whose trail it belongs to; none for what concerns the
    /// installation or an account alone.
    pub organization: Option<OrganizationId>,
    /// Who.
    pub actor: AuditActor,
    /// What.
    pub action: Action,
    /// To what.
    pub resource: Resource,
    /// Particulars, by name. Never a secret.
    pub details: BTreeMap<&'static str, String>,
    /// From where.
    pub origin: Origin,
    /// When.
    pub occurred_at: Timestamp,
}

impl AuditEvent {
    /// An event without an organization and without particulars.
    #[must_use]
    pub fn new(
        id: AuditEventId,
        actor: AuditActor,
        action: Action,
        resource: Resource,
        origin: &Origin,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            organization: None,
            actor,
            action,
            resource,
            details: BTreeMap::new(),
            origin: origin.clone(),
            occurred_at: now,
        }
    }

    /// Puts the event into the trail of an organization.
    #[must_use]
    pub fn of(mut self, organization: &Organization) -> Self {
        self.organization = Some(organization.id);
        self
    }

    /// Adds one particular.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a reference would only be noise at each call"
    )]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.details.insert(name, value.to_string());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_named_noun_verb_and_once() {
        let names: std::collections::BTreeSet<_> =
            Action::ALL.iter().map(|action| action.as_str()).collect();
        assert_eq!(names.len(), Action::ALL.len());
        for name in names {
            let (noun, verb) = name.split_once('.').unwrap();
            assert!(!noun.is_empty() && !verb.is_empty() && !verb.contains('.'), "{name}");
        }
    }
}
