//! `POST /api/auth/logout`

use actix_web::web::{Data, Json};

use super::dto::MessageResponse;
use crate::{
    Api,
    error::ApiError,
    extract::SignedIn,
    openapi::{Failures, NotAuthenticated},
};

/// Signs out: the token of this request is dead from then on.
#[utoipa::path(
    post,
    path = "/api/auth/logout",
    tag = "Sign-in",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "Signed out.", body = MessageResponse),
        NotAuthenticated, Failures,
    ),
)]
pub(crate) async fn log_out(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
) -> Result<Json<MessageResponse>, ApiError> {
    api.use_cases.log_out.execute(&caller).await?;
    Ok(Json(MessageResponse { message: "Logged out successfully" }))
}
