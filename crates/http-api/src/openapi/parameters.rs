//! The parameters that several operations have in common. They stand in the
//! annotations of handlers and are never made.

#![expect(dead_code, reason = "only their descriptions are used")]

use utoipa::IntoParams;

/// The organization of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OrganizationPath {
    /// Id of the organization, with or without its prefix.
    #[param(example = "org-123e4567-e89b-12d3-a456-426614174000")]
    id: String,
}

/// The member of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct UserPath {
    /// Id of the user, with or without its prefix.
    #[param(example = "user-5f0c8b1e-6f0a-4c58-9a55-6a6f6c1f7a11")]
    user: String,
}

/// The workspace of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct WorkspacePath {
    /// Id of the workspace, with or without its prefix.
    #[param(example = "ws-0b8f0f0e-8f0d-4d0c-9a55-6a6f6c1f7a11")]
    workspace: String,
}

/// The user of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct AccountPath {
    /// Id of the user, with or without its prefix.
    #[param(example = "user-5f0c8b1e-6f0a-4c58-9a55-6a6f6c1f7a11")]
    id: String,
}

/// The invitation of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct InvitationPath {
    /// Id of the invitation, with or without its prefix.
    #[param(example = "inv-0b8f0f0e-8f0d-4d0c-9a55-6a6f6c1f7a11")]
    invitation: String,
}

/// The token of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct TokenPath {
    /// The token from the mail.
    #[param(example = "the-token-of-the-mail")]
    token: String,
}

/// What makes a request safe to repeat.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct IdempotencyKey {
    /// A key of the client's own choice, such as a UUID: whatever is sent again
    /// with it within 24 hours is done once, and answered as at first.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 257)]
    idempotency_key: Option<String>,
}

/// Which events of the audit trail are wanted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditParameters {
    /// Id of the user who did it.
    actor: Option<String>,
    /// What happened, such as `member.added`.
    action: Option<String>,
    /// Id of what it was done to.
    resource: Option<String>,
    /// Not before this moment (RFC 3339).
    #[param(format = DateTime)]
    since: Option<String>,
    /// Before this moment.
    #[param(format = DateTime)]
    until: Option<String>,
    /// `true` for what was wanted, `false` for refusals.
    success: Option<bool>,
}

/// Which checkpoints are wanted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CheckpointParameters {
    /// Over more entries than this.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// At most so many; 100 if it is not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// The page of a list that is never sent whole.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParameters {
    /// At most so many; 100 if it is not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// Where the page begins: taken from a `Link` header.
    cursor: Option<String>,
}

/// For which version a change is meant.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct IfMatch {
    /// The tag of the version that the change is meant for.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

/// What the client has already.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct IfNoneMatch {
    /// The tags that the client has.
    #[param(rename = "If-None-Match")]
    if_none_match: Option<String>,
}
