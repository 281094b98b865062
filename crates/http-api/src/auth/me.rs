//! `GET /api/auth/me`

use actix_web::web::Json;

use super::dto::UserResponse;
use crate::{
    extract::SignedIn,
    openapi::{Failures, NotAuthenticated},
};

/// The caller's own account.
#[utoipa::path(
    get,
    path = "/api/auth/me",
    tag = "Sign-in",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The account.", body = UserResponse),
        NotAuthenticated, Failures,
    ),
)]
pub(crate) async fn me(SignedIn(caller): SignedIn) -> Json<UserResponse> {
    Json(caller.into())
}
