//! `DELETE /api/organizations/{id}` and what brings one back, suspends and
//! activates it.

use actix_web::{HttpResponse, web::Data};
use guildhall_domain::OrganizationId;

use super::dto::OrganizationDetailsResponse;
use crate::{
    Api,
    entity_tag::{ForVersion, Tagged},
    error::ApiError,
    extract::{PathId, SignedIn},
    openapi::{
        Failures, Forbidden, IfMatch, NotAuthenticated, NotFound, OrganizationPath, Stale,
        SuspendedOrForbidden,
    },
};

/// Deletes an organization, for its owners and for platform admins; for the
/// latter alone while it is suspended. It is hidden at once, and can be restored
/// for a while.
#[utoipa::path(
    delete,
    path = "/api/organizations/{id}",
    tag = "Organizations",
    security(("bearer" = [])),
    params(OrganizationPath, IfMatch),
    responses(
        (status = 204, description = "Deleted."),
        NotAuthenticated, SuspendedOrForbidden, NotFound, Stale, Failures,
    ),
)]
pub(crate) async fn delete_organization(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
    ForVersion(version): ForVersion,
) -> Result<HttpResponse, ApiError> {
    api.use_cases.delete_organization.delete(&caller, id, &version).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Brings a deleted organization back, for its owners and for platform admins.
#[utoipa::path(
    post,
    path = "/api/organizations/{id}/restore",
    tag = "Organizations",
    security(("bearer" = [])),
    params(OrganizationPath),
    responses(
        (status = 200, description = "As it is now.", body = OrganizationDetailsResponse,
            headers(("ETag" = String))),
        NotAuthenticated, SuspendedOrForbidden, NotFound, Failures,
    ),
)]
pub(crate) async fn restore_organization(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
) -> Result<HttpResponse, ApiError> {
    let access = api.use_cases.delete_organization.restore(&caller, id).await?;
    Ok(Tagged::<OrganizationDetailsResponse>::from(&access).answer(HttpResponse::Ok()))
}

/// Suspends an organization: its owners may look, nobody may change it. For
/// platform admins.
#[utoipa::path(
    post,
    path = "/api/organizations/{id}/suspend",
    tag = "Organizations",
    security(("bearer" = [])),
    params(OrganizationPath),
    responses(
        (status = 200, description = "As it is now.", body = OrganizationDetailsResponse,
            headers(("ETag" = String))),
        NotAuthenticated, Forbidden, NotFound, Failures,
    ),
)]
pub(crate) async fn suspend_organization(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
) -> Result<HttpResponse, ApiError> {
    let access = api.use_cases.suspend_organization.suspend(&caller, id).await?;
    Ok(Tagged::<OrganizationDetailsResponse>::from(&access).answer(HttpResponse::Ok()))
}

/// Lets a suspended organization be used again. For platform admins.
#[utoipa::path(
    post,
    path = "/api/organizations/{id}/activate",
    tag = "Organizations",
    security(("bearer" = [])),
    params(OrganizationPath),
    responses(
        (status = 200, description = "As it is now.", body = OrganizationDetailsResponse,
            headers(("ETag" = String))),
        NotAuthenticated, Forbidden, NotFound, Failures,
    ),
)]
pub(crate) async fn activate_organization(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
) -> Result<HttpResponse, ApiError> {
    let access = api.use_cases.suspend_organization.activate(&caller, id).await?;
    Ok(Tagged::<OrganizationDetailsResponse>::from(&access).answer(HttpResponse::Ok()))
}
