//! `GET /api/organizations/{id}`

use actix_web::web::{Data, Json};
use guildhall_domain::OrganizationId;

use super::dto::OrganizationDetailsResponse;
use crate::{
    Api,
    error::ApiError,
    extract::{PathId, SignedIn},
    openapi::{Failures, NotAuthenticated, NotFound},
};

/// One organization, for its members and for platform admins.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}",
    tag = "Organizations",
    security(("bearer" = [])),
    params((
        "id" = String, Path,
        description = "Id of the organization, with or without its prefix.",
        example = "org-123e4567-e89b-12d3-a456-426614174000",
    )),
    responses(
        (status = 200, description = "The organization.", body = OrganizationDetailsResponse),
        NotAuthenticated, NotFound, Failures,
    ),
)]
pub(crate) async fn get_organization(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
) -> Result<Json<OrganizationDetailsResponse>, ApiError> {
    let organization = api.use_cases.get_organization.execute(&caller, id).await?;
    Ok(Json(organization.into()))
}
