//! `PUT` and `DELETE /api/organizations/{id}/members/{user}`

use actix_web::{HttpResponse, web::Data};
use deserr::Deserr;
use guildhall_domain::{OrganizationId, OrganizationRole, UserId};
use utoipa::ToSchema;

use super::dto::MemberResponse;
use crate::{
    Api,
    entity_tag::{ForVersion, Tagged},
    error::ApiError,
    extract::{Faults, JsonBody, PathIds, SignedIn, UnknownWord, parse_role},
    openapi::{
        Failures, FaultyBody, IfMatch, LastOwner, MemberConflict, NotAuthenticated, NotFound,
        OrganizationPath, Stale, SuspendedOrForbidden, UserPath,
    },
    quota_headers::with_quota,
};

/// What a member is to be.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
#[schema(as = SetMember)]
pub(crate) struct SetMemberRequest {
    /// `owner`, `admin` or `member`.
    #[deserr(try_from(&String) = parse_role -> UnknownWord)]
    #[schema(value_type = String, example = "member")]
    role: OrganizationRole,
}

/// Makes an existing user a member, or changes the role of one. Only owners
/// make and demote owners.
#[utoipa::path(
    put,
    path = "/api/organizations/{id}/members/{user}",
    tag = "Members",
    security(("bearer" = [])),
    params(OrganizationPath, UserPath, IfMatch),
    request_body = SetMemberRequest,
    responses(
        (status = 200, description = "The role was changed.", body = MemberResponse,
            headers(("ETag" = String))),
        (status = 201, description = "The user was made a member.", body = MemberResponse,
            headers(("ETag" = String), ("Quota-Limit" = String), ("Quota-Used" = u32))),
        FaultyBody, NotAuthenticated, SuspendedOrForbidden, NotFound, MemberConflict, Stale,
        Failures,
    ),
)]
pub(crate) async fn set_member(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathIds(id, user): PathIds<OrganizationId, UserId>,
    ForVersion(version): ForVersion,
    JsonBody(SetMemberRequest { role }): JsonBody<SetMemberRequest>,
) -> Result<HttpResponse, ApiError> {
    let outcome = api.use_cases.set_member.execute(&caller, id, user, role, &version).await?;
    let response = match &outcome.added {
        Some(quota) => with_quota(HttpResponse::Created(), quota),
        None => HttpResponse::Ok(),
    };
    Ok(Tagged::<MemberResponse>::from(outcome.member).answer(response))
}

/// Removes a member, or lets one leave; never the last owner.
#[utoipa::path(
    delete,
    path = "/api/organizations/{id}/members/{user}",
    tag = "Members",
    security(("bearer" = [])),
    params(OrganizationPath, UserPath, IfMatch),
    responses(
        (status = 204, description = "Removed; the access is ended."),
        NotAuthenticated, SuspendedOrForbidden, NotFound, LastOwner, Stale, Failures,
    ),
)]
pub(crate) async fn remove_member(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathIds(id, user): PathIds<OrganizationId, UserId>,
    ForVersion(version): ForVersion,
) -> Result<HttpResponse, ApiError> {
    api.use_cases.remove_member.execute(&caller, id, user, &version).await?;
    Ok(HttpResponse::NoContent().finish())
}
