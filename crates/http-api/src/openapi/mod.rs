//! The OpenAPI 3.1 document, made from the annotations of the handlers.

mod headers;
mod parameters;
mod responses;

use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};

use crate::{
    audit_logs, auth, invitations, members, organizations, problem::ProblemDocument, service,
    stats, users, workspaces,
};

use headers::CommonTraits;

pub(crate) use parameters::{
    AccountPath, AuditParameters, CheckpointParameters, IdempotencyKey, IfMatch, IfNoneMatch,
    InvitationPath, OrganizationPath, PageParameters, TokenPath, UserPath, WorkspacePath,
};
pub(crate) use responses::{
    Closed, ClosedInvitation, Exhausted, Failures, FaultyBody, FaultyRepeatableBody, Forbidden,
    InvalidCredentials, InvalidQuery, InvitationConflict, InvitationRefused, InviteConflict,
    LastAdmin, LastOne, LastOwner, MailNotConfigured, MemberConflict, NotAuthenticated, NotFound,
    NotReady, OrganizationConflict, RegistrationConflict, ResendConflict, Stale, Suspended,
    SuspendedOrForbidden, TooManyAttempts,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Guildhall",
        description = "Who belongs to which organization, what may they do there, and how much \
            may they use.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(
        auth::register::register,
        auth::log_in::log_in,
        auth::log_out::log_out,
        auth::me::me,
        auth::change_password::change_password,
        auth::reset_password::forgot_password,
        auth::reset_password::reset_password,
        auth::verify_email::request_verification,
        auth::verify_email::verify_email,
        auth::list_sessions::list_sessions,
        auth::end_other_sessions::end_other_sessions,
        auth::end_session::end_session,
        users::read::list_users,
        users::read::get_user,
        users::change::patch_user,
        users::change::delete_user,
        users::change::deactivate_user,
        users::change::activate_user,
        organizations::list::list_organizations,
        organizations::create::create_organization,
        organizations::get::get_organization,
        organizations::change::replace_organization,
        organizations::change::patch_organization,
        organizations::lifecycle::delete_organization,
        organizations::lifecycle::restore_organization,
        organizations::lifecycle::suspend_organization,
        organizations::lifecycle::activate_organization,
        organizations::quotas::get_quotas,
        organizations::quotas::set_quotas,
        organizations::security_score::get_security_score,
        members::read::list_members,
        members::read::get_member,
        members::change::set_member,
        members::change::remove_member,
        invitations::manage::list_invitations,
        invitations::invite::invite,
        invitations::manage::get_invitation,
        invitations::manage::revoke_invitation,
        invitations::manage::resend_invitation,
        invitations::hold::get_held_invitation,
        invitations::hold::accept_invitation,
        invitations::hold::decline_invitation,
        audit_logs::read::list_audit_logs,
        audit_logs::read::list_audit_logs_of_organization,
        audit_logs::checkpoints::list_checkpoints,
        audit_logs::checkpoints::get_latest_checkpoint,
        audit_logs::checkpoints::list_checkpoints_of_organization,
        audit_logs::checkpoints::get_latest_checkpoint_of_organization,
        audit_logs::checkpoints::list_audit_keys,
        workspaces::read::list_workspaces,
        workspaces::read::list_workspaces_of_organization,
        workspaces::read::get_workspace,
        workspaces::change::allocate_workspace,
        workspaces::change::patch_workspace,
        workspaces::change::remove_workspace,
        stats::get_stats,
        service::root::get_service,
        service::health::get_health,
        service::health::get_readiness,
    ),
    components(schemas(ProblemDocument)),
    servers((url = "/")),
    modifiers(&BearerScheme, &CommonTraits),
    tags(
        (name = "Sign-in", description = "Accounts, sessions and passwords."),
        (name = "Users", description = "Accounts, as others see and manage them."),
        (name = "Organizations", description = "Tenants, as their members see them."),
        (name = "Members", description = "Who belongs to an organization, and as what."),
        (name = "Invitations", description = "Offers of membership, sent by e-mail."),
        (name = "Workspaces", description = "Units of work allocated to organizations."),
        (name = "Quotas", description = "How much an organization may use."),
        (name = "Audit logs", description = "What happened, and the proof that it did."),
        (name = "Stats", description = "Numbers over the caller's organizations."),
        (name = "Service", description = "The service itself, for machines that watch."),
    ),
)]
struct Document;

struct BearerScheme;

impl Modify for BearerScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", scheme);
    }
}

/// The OpenAPI 3.1 document of the API, indented, with a newline at its end.
///
/// # Panics
///
/// Never: the document has no keys but strings.
#[must_use]
#[expect(clippy::expect_used, reason = "maps with string keys always have a form in JSON")]
pub fn openapi_json() -> String {
    let mut json = Document::openapi().to_pretty_json().expect("a document with string keys");
    json.push('\n');
    json
}
