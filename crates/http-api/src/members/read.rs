//! `GET /api/organizations/{id}/members` and `…/members/{user}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use guildhall_domain::{OrganizationId, UserId};

use super::dto::MemberResponse;
use crate::{
    Api,
    entity_tag::Tagged,
    error::ApiError,
    extract::{MemberQuery, PathId, PathIds, Query, SignedIn},
    links::page,
    openapi::{
        Failures, IfNoneMatch, InvalidQuery, NotAuthenticated, NotFound, OrganizationPath,
        PageParameters, SuspendedOrForbidden, UserPath,
    },
};

/// Members of an organization, those who joined last first.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/members",
    tag = "Members",
    security(("bearer" = [])),
    params(
        OrganizationPath,
        ("q" = Option<String>, Query, description = "Part of the name or of the address."),
        ("role" = Option<String>, Query, description = "`owner`, `admin` or `member`."),
        PageParameters,
    ),
    responses(
        (status = 200, description = "A page of members.", body = [MemberResponse],
            headers(("Link" = String), ("X-Total-Count" = u32))),
        InvalidQuery, NotAuthenticated, SuspendedOrForbidden, NotFound, Failures,
    ),
)]
pub(crate) async fn list_members(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
    request: HttpRequest,
    Query(MemberQuery { filter, page: wanted }): Query<MemberQuery>,
) -> Result<HttpResponse, ApiError> {
    let found = api.use_cases.list_members.execute(&caller, id, &filter, wanted).await?;
    Ok(page(&api, &request, wanted.limit, found, MemberResponse::from))
}

/// One member. Everybody may see their own membership.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/members/{user}",
    tag = "Members",
    security(("bearer" = [])),
    params(OrganizationPath, UserPath, IfNoneMatch),
    responses(
        (status = 200, description = "The member.", body = MemberResponse,
            headers(("ETag" = String))),
        (status = 304, description = "The client has it already, by `If-None-Match`.",
            headers(("ETag" = String))),
        NotAuthenticated, SuspendedOrForbidden, NotFound, Failures,
    ),
)]
pub(crate) async fn get_member(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathIds(id, user): PathIds<OrganizationId, UserId>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let member = api.use_cases.list_members.get(&caller, id, user).await?;
    Ok(Tagged::<MemberResponse>::from(member).respond_to(&request))
}
