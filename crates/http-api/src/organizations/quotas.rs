//! `GET` and `PUT /api/organizations/{id}/quotas`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use deserr::Deserr;
use guildhall_application::quota::QuotasInUse;
use guildhall_domain::{OrganizationId, Quota, Quotas};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Api,
    entity_tag::{ForVersion, Tagged},
    error::ApiError,
    extract::{Faults, JsonBody, PathId, SignedIn},
    openapi::{
        Failures, FaultyBody, Forbidden, IfMatch, IfNoneMatch, NotAuthenticated, NotFound,
        OrganizationPath, Stale, Suspended,
    },
};

/// How much an organization may use, and how much it does.
#[derive(Debug, Hash, Serialize, ToSchema)]
#[schema(as = Quotas)]
pub(crate) struct QuotasResponse {
    users: QuotaResponse,
    workspaces: QuotaResponse,
    /// Those that can be accepted.
    invitations: QuotaResponse,
}

/// A limit, and what is used of it.
#[derive(Debug, Hash, Serialize, ToSchema)]
#[schema(as = Quota)]
pub(crate) struct QuotaResponse {
    /// At most so many; null is no limit.
    #[schema(required = true, format = Int64, maximum = 4_294_967_295_u32, example = 100)]
    limit: Option<u32>,
    #[schema(example = 42)]
    used: u32,
}

impl From<Quota> for QuotaResponse {
    fn from(quota: Quota) -> Self {
        Self { limit: quota.limit, used: quota.used }
    }
}

impl From<QuotasInUse> for Tagged<QuotasResponse> {
    fn from(quotas: QuotasInUse) -> Self {
        let shown = QuotasResponse {
            users: quotas.users.into(),
            workspaces: quotas.workspaces.into(),
            invitations: quotas.invitations.into(),
        };
        Self::new(shown, quotas.version)
    }
}

/// Every limit of an organization.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
#[schema(as = SetQuotas)]
pub(crate) struct SetQuotasRequest {
    users: LimitRequest,
    workspaces: LimitRequest,
    invitations: LimitRequest,
}

/// A limit.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
#[schema(as = SetQuota)]
pub(crate) struct LimitRequest {
    /// At most so many; null is no limit.
    #[schema(required = true, format = Int64, maximum = 4_294_967_295_u32, example = 100)]
    limit: Option<u32>,
}

impl From<SetQuotasRequest> for Quotas {
    fn from(request: SetQuotasRequest) -> Self {
        Self {
            users: request.users.limit,
            workspaces: request.workspaces.limit,
            invitations: request.invitations.limit,
        }
    }
}

/// The quotas of an organization, for its members.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/quotas",
    tag = "Quotas",
    security(("bearer" = [])),
    params(OrganizationPath, IfNoneMatch),
    responses(
        (status = 200, description = "The quotas.", body = QuotasResponse,
            headers(("ETag" = String))),
        (status = 304, description = "The client has them already, by `If-None-Match`.",
            headers(("ETag" = String))),
        NotAuthenticated, Suspended, NotFound, Failures,
    ),
)]
pub(crate) async fn get_quotas(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let quotas = api.use_cases.manage_quotas.get(&caller, id).await?;
    Ok(Tagged::<QuotasResponse>::from(quotas).respond_to(&request))
}

/// Sets every limit of an organization. For platform admins. A limit below what
/// is used takes nothing away; it only lets nothing more in.
#[utoipa::path(
    put,
    path = "/api/organizations/{id}/quotas",
    tag = "Quotas",
    security(("bearer" = [])),
    params(OrganizationPath, IfMatch),
    request_body = SetQuotasRequest,
    responses(
        (status = 200, description = "As they are now.", body = QuotasResponse,
            headers(("ETag" = String))),
        FaultyBody, NotAuthenticated, Forbidden, NotFound, Stale, Failures,
    ),
)]
pub(crate) async fn set_quotas(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
    ForVersion(version): ForVersion,
    JsonBody(request): JsonBody<SetQuotasRequest>,
) -> Result<HttpResponse, ApiError> {
    let quotas = api.use_cases.manage_quotas.set(&caller, id, &version, request.into()).await?;
    Ok(Tagged::<QuotasResponse>::from(quotas).answer(HttpResponse::Ok()))
}
