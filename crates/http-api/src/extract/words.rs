//! Words of closed sets, as clients write them.

use guildhall_domain::{OrganizationRole, WorkspaceStatus};

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
