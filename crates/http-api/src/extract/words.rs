//! Words of closed sets, as clients write them.

use guildhall_domain::{
    Action, InvitationStatus, OrganizationRole, UserRole, UserStatus, WorkspaceStatus,
};

/// A word that is none of the set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be one of: {0}")]
pub(crate) struct UnknownWord(String);

/// Parses the role of a member.
///
/// # Errors
///
/// [`UnknownWord`] names the roles.
pub(crate) fn parse_role(word: &str) -> Result<OrganizationRole, UnknownWord> {
    parse(word, &OrganizationRole::ALL, OrganizationRole::as_str)
}

/// Parses the role of a user in the installation.
///
/// # Errors
///
/// [`UnknownWord`] names the roles.
pub(crate) fn parse_user_role(word: &str) -> Result<UserRole, UnknownWord> {
    parse(word, &UserRole::ALL, UserRole::as_str)
}

/// Parses the status of a user.
///
/// # Errors
///
/// [`UnknownWord`] names the statuses.
pub(super) fn parse_user_status(word: &str) -> Result<UserStatus, UnknownWord> {
    parse(word, &UserStatus::ALL, UserStatus::as_str)
}

/// Parses the name of an action.
///
/// # Errors
///
/// [`UnknownWord`] names the actions.
pub(super) fn parse_action(word: &str) -> Result<Action, UnknownWord> {
    parse(word, &Action::ALL, Action::as_str)
}

/// Parses the status of an invitation.
///
/// # Errors
///
/// [`UnknownWord`] names the statuses.
pub(super) fn parse_invitation_status(word: &str) -> Result<InvitationStatus, UnknownWord> {
    parse(word, &InvitationStatus::ALL, InvitationStatus::as_str)
}

/// Parses the status of a workspace.
///
/// # Errors
///
/// [`UnknownWord`] names the statuses.
pub(crate) fn parse_workspace_status(word: &str) -> Result<WorkspaceStatus, UnknownWord> {
    parse(word, &WorkspaceStatus::ALL, WorkspaceStatus::as_str)
}

fn parse<T: Copy>(
    word: &str,
    all: &[T],
    as_str: impl Fn(T) -> &'static str,
) -> Result<T, UnknownWord> {
    let found = all.iter().copied().find(|known| as_str(*known) == word);
    found.ok_or_else(|| {
        UnknownWord(all.iter().map(|known| as_str(*known)).collect::<Vec<_>>().join(", "))
    })
}
