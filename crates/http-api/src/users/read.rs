//! `GET /api/users` and `GET /api/users/{id}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use guildhall_domain::UserId;

use super::dto::UserDetailsResponse;
use crate::{
    Api,
    error::ApiError,
    extract::{PathId, Query, SignedIn, UserQuery},
    links::page,
    openapi::{
        AccountPath, Failures, IfNoneMatch, InvalidQuery, NotAuthenticated, NotFound,
        PageParameters,
    },
};

/// Users, those who came last first: all of them for platform admins, and for
/// others the members of organizations in which they may see members, and
/// themselves.
#[utoipa::path(
    get,
    path = "/api/users",
    tag = "Users",
    security(("bearer" = [])),
    params(
        ("q" = Option<String>, Query, description = "Part of the name or of the address."),
        ("status" = Option<String>, Query, description = "`active` or `deactivated`."),
        PageParameters,
    ),
    responses(
        (status = 200, description = "A page of users.", body = [UserDetailsResponse],
            headers(("Link" = String))),
        InvalidQuery, NotAuthenticated, Failures,
    ),
)]
pub(crate) async fn list_users(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    request: HttpRequest,
    Query(UserQuery { filter, page: wanted }): Query<UserQuery>,
) -> Result<HttpResponse, ApiError> {
    let found = api.use_cases.list_users.execute(&caller, &filter, wanted).await?;
    let show = |user| UserDetailsResponse::new(user, &caller);
    Ok(page(&api, &request, wanted.limit, found, show))
}

/// One user.
#[utoipa::path(
    get,
    path = "/api/users/{id}",
    tag = "Users",
    security(("bearer" = [])),
    params(AccountPath, IfNoneMatch),
    responses(
        (status = 200, description = "The user.", body = UserDetailsResponse,
            headers(("ETag" = String))),
        (status = 304, description = "The client has it already, by `If-None-Match`.",
            headers(("ETag" = String))),
        NotAuthenticated, NotFound, Failures,
    ),
)]
pub(crate) async fn get_user(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<UserId>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let user = api.use_cases.list_users.get(&caller, id).await?;
    Ok(UserDetailsResponse::tagged(user, &caller).respond_to(&request))
}
