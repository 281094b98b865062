//! `GET /api/organizations/{id}/audit-logs` and `GET /api/audit-logs`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use guildhall_application::Caller;
use guildhall_domain::OrganizationId;

use super::{
    dto::AuditEventResponse,
    export::{Representation, export},
};
use crate::{
    Api,
    error::ApiError,
    extract::{AuditQuery, PathId, Query, SignedIn},
    links::page,
    openapi::{
        AuditParameters, Failures, InvalidQuery, NotAuthenticated, NotFound, OrganizationPath,
        PageParameters, SuspendedOrForbidden,
    },
};

/// The audit trail of an organization, newest first. With
/// `Accept: application/x-ndjson` or `text/csv` all of it is sent, however long;
/// as NDJSON and without a filter in the order of the log and with its
/// checkpoints, so that it can be verified.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/audit-logs",
    tag = "Audit logs",
    security(("bearer" = [])),
    params(OrganizationPath, AuditParameters, PageParameters),
    responses(
        (status = 200, description = "A page of events, or an export.", content(
            (Vec<AuditEventResponse> = "application/json"),
            (String = "application/x-ndjson"),
            (String = "text/csv"),
        ), headers(("Link" = String))),
        InvalidQuery, NotAuthenticated, SuspendedOrForbidden, NotFound, Failures,
    ),
)]
pub(crate) async fn list_audit_logs_of_organization(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
    request: HttpRequest,
    form: Representation,
    Query(query): Query<AuditQuery>,
) -> Result<HttpResponse, ApiError> {
    answer(api, &caller, Some(id), &request, form, query).await
}

/// The audit trails of every organization in which the caller may read it, and
/// for platform admins the installation's too, newest first. With
/// `Accept: application/x-ndjson` or `text/csv` all of it is sent.
#[utoipa::path(
    get,
    path = "/api/audit-logs",
    tag = "Audit logs",
    security(("bearer" = [])),
    params(AuditParameters, PageParameters),
    responses(
        (status = 200, description = "A page of events, or an export.", content(
            (Vec<AuditEventResponse> = "application/json"),
            (String = "application/x-ndjson"),
            (String = "text/csv"),
        ), headers(("Link" = String))),
        InvalidQuery, NotAuthenticated, Failures,
    ),
)]
pub(crate) async fn list_audit_logs(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    request: HttpRequest,
    form: Representation,
    Query(query): Query<AuditQuery>,
) -> Result<HttpResponse, ApiError> {
    answer(api, &caller, None, &request, form, query).await
}

async fn answer(
    api: Data<Api>,
    caller: &Caller,
    organization: Option<OrganizationId>,
    request: &HttpRequest,
    form: Representation,
    AuditQuery { filter, page: wanted }: AuditQuery,
) -> Result<HttpResponse, ApiError> {
    let trail = api.use_cases.list_audit_events.trail(caller, organization).await?;
    if form != Representation::Page {
        return Ok(export(api, trail, filter, form, request));
    }
    let found = api.use_cases.list_audit_events.execute(&trail, &filter, wanted).await?;
    Ok(page(&api, request, wanted.limit, found, AuditEventResponse::from))
}
