//! `PATCH` and `DELETE /api/users/{id}`, `POST …/deactivate` and `…/activate`

use actix_web::{HttpResponse, web::Data};
use deserr::Deserr;
use guildhall_application::user::UserPatch;
use guildhall_domain::{PersonName, TextError, UserId, UserRole};
use utoipa::ToSchema;

use super::dto::UserDetailsResponse;
use crate::{
    Api,
    entity_tag::ForVersion,
    error::ApiError,
    extract::{
        Faults, JsonBody, Keepable, PathId, SignedIn, UnknownWord, parse_keepable, parse_user_role,
    },
    openapi::{
        AccountPath, Failures, FaultyBody, Forbidden, IfMatch, LastAdmin, LastOne,
        NotAuthenticated, NotFound, Stale,
    },
};

/// Changes to a user, by merge patch (RFC 7396).
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
#[schema(as = PatchUser)]
pub(crate) struct PatchUserRequest {
    #[deserr(default, try_from(Keepable<String>) = parse_keepable -> TextError)]
    #[schema(value_type = String, required = false, example = "John Doe")]
    name: Option<PersonName>,
    /// `user` or `admin`, for platform admins.
    #[deserr(default, try_from(Keepable<String>) = parse_keepable_role -> UnknownWord)]
    #[schema(value_type = String, required = false, example = "user")]
    role: Option<UserRole>,
}

fn parse_keepable_role(Keepable(word): Keepable<String>) -> Result<Option<UserRole>, UnknownWord> {
    word.map(|word| parse_user_role(&word)).transpose()
}

impl From<PatchUserRequest> for UserPatch {
    fn from(request: PatchUserRequest) -> Self {
        Self { name: request.name, role: request.role }
    }
}

/// Changes a user: everybody their own name, platform admins anybody's name and
/// role.
#[utoipa::path(
    patch,
    path = "/api/users/{id}",
    tag = "Users",
    security(("bearer" = [])),
    params(AccountPath, IfMatch),
    request_body(content(
        (PatchUserRequest = "application/merge-patch+json"),
        (PatchUserRequest = "application/json"),
    )),
    responses(
        (status = 200, description = "As it is now.", body = UserDetailsResponse,
            headers(("ETag" = String))),
        FaultyBody, NotAuthenticated, Forbidden, NotFound, LastAdmin, Stale, Failures,
    ),
)]
pub(crate) async fn patch_user(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<UserId>,
    ForVersion(version): ForVersion,
    JsonBody(request): JsonBody<PatchUserRequest>,
) -> Result<HttpResponse, ApiError> {
    let user = api.use_cases.change_user.execute(&caller, id, &version, request.into()).await?;
    Ok(UserDetailsResponse::tagged(user, &caller).answer(HttpResponse::Ok()))
}

/// Keeps a user from signing in and ends every session of theirs. For platform
/// admins.
#[utoipa::path(
    post,
    path = "/api/users/{id}/deactivate",
    tag = "Users",
    security(("bearer" = [])),
    params(AccountPath),
    responses(
        (status = 200, description = "As it is now.", body = UserDetailsResponse,
            headers(("ETag" = String))),
        NotAuthenticated, Forbidden, NotFound, LastAdmin, Failures,
    ),
)]
pub(crate) async fn deactivate_user(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<UserId>,
) -> Result<HttpResponse, ApiError> {
    let user = api.use_cases.change_user.deactivate(&caller, id).await?;
    Ok(UserDetailsResponse::tagged(user, &caller).answer(HttpResponse::Ok()))
}

/// Lets a deactivated user sign in again. For platform admins.
#[utoipa::path(
    post,
    path = "/api/users/{id}/activate",
    tag = "Users",
    security(("bearer" = [])),
    params(AccountPath),
    responses(
        (status = 200, description = "As it is now.", body = UserDetailsResponse,
            headers(("ETag" = String))),
        NotAuthenticated, Forbidden, NotFound, Failures,
    ),
)]
pub(crate) async fn activate_user(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<UserId>,
) -> Result<HttpResponse, ApiError> {
    let user = api.use_cases.change_user.activate(&caller, id).await?;
    Ok(UserDetailsResponse::tagged(user, &caller).answer(HttpResponse::Ok()))
}

/// Deletes a user: ends every membership and session, and removes what is
/// personal of them. What they did stays on the audit trail, under their id
/// alone. Everybody may delete themselves, platform admins anybody.
#[utoipa::path(
    delete,
    path = "/api/users/{id}",
    tag = "Users",
    security(("bearer" = [])),
    params(AccountPath, IfMatch),
    responses(
        (status = 204, description = "Deleted, for good."),
        NotAuthenticated, Forbidden, NotFound, LastOne, Stale, Failures,
    ),
)]
pub(crate) async fn delete_user(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<UserId>,
    ForVersion(version): ForVersion,
) -> Result<HttpResponse, ApiError> {
    api.use_cases.delete_user.execute(&caller, id, &version).await?;
    Ok(HttpResponse::NoContent().finish())
}
