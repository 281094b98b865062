//! `GET /api/organizations/{id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use guildhall_domain::OrganizationId;

use super::dto::OrganizationDetailsResponse;
use crate::{
    Api,
    entity_tag::Tagged,
    error::ApiError,
    extract::{PathId, SignedIn},
    openapi::{Failures, IfNoneMatch, NotAuthenticated, NotFound, OrganizationPath, Suspended},
};

/// One organization, for its members and for platform admins.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}",
    tag = "Organizations",
    security(("bearer" = [])),
    params(OrganizationPath, IfNoneMatch),
    responses(
        (status = 200, description = "The organization.", body = OrganizationDetailsResponse,
            headers(("ETag" = String))),
        (status = 304, description = "The client has it already, by `If-None-Match`.",
            headers(("ETag" = String))),
        NotAuthenticated, Suspended, NotFound, Failures,
    ),
)]
pub(crate) async fn get_organization(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let access = api.use_cases.get_organization.execute(&caller, id).await?;
    Ok(Tagged::<OrganizationDetailsResponse>::from(&access).respond_to(&request))
}
