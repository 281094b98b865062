//! Every address of the service: the map of this crate.

use actix_web::{
    Route,
    guard::{GuardContext, fn_guard},
    http::{Method, header::HeaderValue},
    middleware::from_fn,
    web,
};

use crate::{
    audit_logs, auth,
    error::ApiError,
    invitations, members,
    middleware::{authenticate, catch_panic, require_verified},
    organizations, service, stats, users, workspaces,
};

/// Who may call an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever bears a live token. Everybody else gets 401 before anything of
    /// the request's body or query is looked at.
    SignedIn,
    /// The same, once their address is proven, where that is asked of everybody.
    Verified,
}

use Access::{Public, SignedIn, Verified};

/// One method of one path.
#[derive(Debug)]
pub struct Endpoint {
    /// The method. `GET` stands for `HEAD` too.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    handler: fn() -> Route,
}

/// The API, as the OpenAPI document describes it. The methods of a path stand
/// together.
#[rustfmt::skip]
pub static ENDPOINTS: &[Endpoint] = &[
    endpoint(Method::POST,   "/api/auth/register",                                  Public,   || web::to(auth::register::register)),
    endpoint(Method::POST,   "/api/auth/login",                                     Public,   || web::to(auth::log_in::log_in)),
    endpoint(Method::POST,   "/api/auth/logout",                                    SignedIn, || web::to(auth::log_out::log_out)),
    endpoint(Method::GET,    "/api/auth/me",                                        SignedIn, || web::to(auth::me::me)),
    endpoint(Method::POST,   "/api/auth/password",                                  SignedIn, || web::to(auth::change_password::change_password)),
    endpoint(Method::POST,   "/api/auth/password/forgot",                         Public,   || web::to(auth::reset_password::forgot_password)),
    endpoint(Method::POST,   "/api/auth/password/reset",                          Public,   || web::to(auth::reset_password::reset_password)),
    endpoint(Method::POST,   "/api/auth/email/verification",                      SignedIn, || web::to(auth::verify_email::request_verification)),
    endpoint(Method::POST,   "/api/auth/email/verify",                            Public,   || web::to(auth::verify_email::verify_email)),
    endpoint(Method::GET,    "/api/auth/sessions",                                  SignedIn, || web::to(auth::list_sessions::list_sessions)),
    endpoint(Method::DELETE, "/api/auth/sessions",                                  SignedIn, || web::to(auth::end_other_sessions::end_other_sessions)),
    endpoint(Method::DELETE, "/api/auth/sessions/{id}",                             SignedIn, || web::to(auth::end_session::end_session)),
    endpoint(Method::GET,    "/api/users",                                        Verified, || web::to(users::read::list_users)),
    endpoint(Method::GET,    "/api/users/{id}",                                   Verified, || web::to(users::read::get_user)),
    endpoint(Method::PATCH,  "/api/users/{id}",                                   Verified, || web::to(users::change::patch_user)),
    endpoint(Method::DELETE, "/api/users/{id}",                                   Verified, || web::to(users::change::delete_user)),
    endpoint(Method::POST,   "/api/users/{id}/deactivate",                        Verified, || web::to(users::change::deactivate_user)),
    endpoint(Method::POST,   "/api/users/{id}/activate",                          Verified, || web::to(users::change::activate_user)),
    endpoint(Method::GET,    "/api/organizations",                                  Verified, || web::to(organizations::list::list_organizations)),
    endpoint(Method::POST,   "/api/organizations",                                  Verified, || web::to(organizations::create::create_organization)),
    endpoint(Method::GET,    "/api/organizations/{id}",                             Verified, || web::to(organizations::get::get_organization)),
    endpoint(Method::PUT,    "/api/organizations/{id}",                             Verified, || web::to(organizations::change::replace_organization)),
    endpoint(Method::PATCH,  "/api/organizations/{id}",                             Verified, || web::to(organizations::change::patch_organization)),
    endpoint(Method::DELETE, "/api/organizations/{id}",                             Verified, || web::to(organizations::lifecycle::delete_organization)),
    endpoint(Method::POST,   "/api/organizations/{id}/restore",                     Verified, || web::to(organizations::lifecycle::restore_organization)),
    endpoint(Method::POST,   "/api/organizations/{id}/suspend",                     Verified, || web::to(organizations::lifecycle::suspend_organization)),
    endpoint(Method::POST,   "/api/organizations/{id}/activate",                    Verified, || web::to(organizations::lifecycle::activate_organization)),
    endpoint(Method::GET,    "/api/organizations/{id}/quotas",                      Verified, || web::to(organizations::quotas::get_quotas)),
    endpoint(Method::PUT,    "/api/organizations/{id}/quotas",                      Verified, || web::to(organizations::quotas::set_quotas)),
    endpoint(Method::GET,    "/api/organizations/{id}/security-score",              Verified, || web::to(organizations::security_score::get_security_score)),
    endpoint(Method::GET,    "/api/organizations/{id}/members",                     Verified, || web::to(members::read::list_members)),
    endpoint(Method::GET,    "/api/organizations/{id}/members/{user}",              Verified, || web::to(members::read::get_member)),
    endpoint(Method::PUT,    "/api/organizations/{id}/members/{user}",              Verified, || web::to(members::change::set_member)),
    endpoint(Method::DELETE, "/api/organizations/{id}/members/{user}",              Verified, || web::to(members::change::remove_member)),
    endpoint(Method::GET,    "/api/organizations/{id}/invitations",               Verified, || web::to(invitations::manage::list_invitations)),
    endpoint(Method::POST,   "/api/organizations/{id}/invitations",               Verified, || web::to(invitations::invite::invite)),
    endpoint(Method::GET,    "/api/organizations/{id}/invitations/{invitation}",  Verified, || web::to(invitations::manage::get_invitation)),
    endpoint(Method::DELETE, "/api/organizations/{id}/invitations/{invitation}",  Verified, || web::to(invitations::manage::revoke_invitation)),
    endpoint(Method::POST,   "/api/organizations/{id}/invitations/{invitation}/resend",Verified, || web::to(invitations::manage::resend_invitation)),
    endpoint(Method::GET,    "/api/invitations/{token}",                          Public,   || web::to(invitations::hold::get_held_invitation)),
    endpoint(Method::POST,   "/api/invitations/{token}/accept",                   SignedIn, || web::to(invitations::hold::accept_invitation)),
    endpoint(Method::POST,   "/api/invitations/{token}/decline",                  Public,   || web::to(invitations::hold::decline_invitation)),
    endpoint(Method::GET,    "/api/organizations/{id}/workspaces",                  Verified, || web::to(workspaces::read::list_workspaces_of_organization)),
    endpoint(Method::POST,   "/api/organizations/{id}/workspaces",                  Verified, || web::to(workspaces::change::allocate_workspace)),
    endpoint(Method::GET,    "/api/organizations/{id}/workspaces/{workspace}",      Verified, || web::to(workspaces::read::get_workspace)),
    endpoint(Method::PATCH,  "/api/organizations/{id}/workspaces/{workspace}",      Verified, || web::to(workspaces::change::patch_workspace)),
    endpoint(Method::DELETE, "/api/organizations/{id}/workspaces/{workspace}",      Verified, || web::to(workspaces::change::remove_workspace)),
    endpoint(Method::GET,    "/api/workspaces",                                     Verified, || web::to(workspaces::read::list_workspaces)),
    endpoint(Method::GET,    "/api/organizations/{id}/audit-logs",                Verified, || web::to(audit_logs::read::list_audit_logs_of_organization)),
    endpoint(Method::GET,    "/api/organizations/{id}/audit-logs/checkpoints",    Verified, || web::to(audit_logs::checkpoints::list_checkpoints_of_organization)),
    endpoint(Method::GET,    "/api/organizations/{id}/audit-logs/checkpoints/latest",Verified, || web::to(audit_logs::checkpoints::get_latest_checkpoint_of_organization)),
    endpoint(Method::GET,    "/api/audit-logs",                                   Verified, || web::to(audit_logs::read::list_audit_logs)),
    endpoint(Method::GET,    "/api/audit-logs/checkpoints",                       Verified, || web::to(audit_logs::checkpoints::list_checkpoints)),
    endpoint(Method::GET,    "/api/audit-logs/checkpoints/latest",                Verified, || web::to(audit_logs::checkpoints::get_latest_checkpoint)),
    endpoint(Method::GET,    "/api/audit-logs/keys",                              Public,   || web::to(audit_logs::checkpoints::list_audit_keys)),
    endpoint(Method::GET,    "/api/stats",                                          Verified, || web::to(stats::get_stats)),
    endpoint(Method::GET,    "/api",                                                Public,   || web::to(service::root::get_service)),
    endpoint(Method::GET,    "/healthz",                                            Public,   || web::to(service::health::get_health)),
    endpoint(Method::GET,    "/readyz",                                             Public,   || web::to(service::health::get_readiness)),
];

/// Pages about the API.
#[rustfmt::skip]
static PAGES: &[Endpoint] = &[
    endpoint(Method::GET,    "/api/openapi.json",                                   Public,   || web::to(service::docs::openapi)),
    endpoint(Method::GET,    "/docs",                                               Public,   || web::to(service::docs::redirect)),
    endpoint(Method::GET,    "/docs/{file:.*}",                                     Public,   || web::to(service::docs::file)),
    endpoint(Method::GET,    "/problems",                                           Public,   || web::to(service::problems::index)),
    endpoint(Method::GET,    "/problems/{slug}",                                    Public,   || web::to(service::problems::page)),
];

const fn endpoint(
    method: Method,
    path: &'static str,
    access: Access,
    handler: fn() -> Route,
) -> Endpoint {
    Endpoint { method, path, access, handler }
}

impl Endpoint {
    fn route(&self) -> Route {
        let method = self.method.clone();
        let takes = fn_guard(move |context: &GuardContext<'_>| {
            let asked = &context.head().method;
            *asked == method || (*asked == Method::HEAD && method == Method::GET)
        });
        let route = (self.handler)().guard(takes);
        let route = match self.access {
            Public => route,
            SignedIn => route.wrap(from_fn(authenticate)),
            // The last one comes first.
            Verified => route.wrap(from_fn(require_verified)).wrap(from_fn(authenticate)),
        };
        route.wrap(from_fn(catch_panic))
    }
}

/// Registers every address. What else is asked for is not found.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    let tables = [ENDPOINTS, PAGES];
    let paths = tables.iter().flat_map(|table| table.chunk_by(|a, b| a.path == b.path));
    // They are tried in turn, and it takes less to compare a path than to match a pattern.
    let (patterns, literals): (Vec<_>, Vec<_>) =
        paths.partition(|endpoints| endpoints.iter().any(|endpoint| endpoint.path.contains('{')));
    for endpoints in literals.into_iter().chain(patterns) {
        let path = endpoints.first().map_or("", |endpoint| endpoint.path);
        let allow = allow(endpoints);
        let refuse = move || {
            let error = ApiError::MethodNotAllowed(allow.clone());
            async move { Err::<String, _>(error) }
        };
        let resource = endpoints
            .iter()
            .fold(web::resource(path), |resource, endpoint| resource.route(endpoint.route()));
        config.service(resource.default_service(web::to(refuse)));
    }
    config.default_service(web::to(|| async {
        Err::<String, _>(ApiError::Application(guildhall_application::Error::NotFound))
    }));
}

/// The methods of a path, for the `Allow` header.
fn allow(endpoints: &[Endpoint]) -> HeaderValue {
    let methods: Vec<_> = endpoints
        .iter()
        .map(|endpoint| match endpoint.method.as_str() {
            "GET" => "GET, HEAD",
            method => method,
        })
        .collect();
    HeaderValue::from_str(&methods.join(", ")).unwrap_or(HeaderValue::from_static(""))
}
