//! `POST /api/auth/password`

use actix_web::web::{Data, Json};
use deserr::Deserr;
use guildhall_application::auth::{ChangePasswordCommand, NewPassword, NewPasswordError};
use guildhall_domain::{Password, PasswordError};
use utoipa::ToSchema;

use super::dto::MessageResponse;
use crate::{
    Api,
    error::ApiError,
    extract::{Faults, JsonBody, SignedIn},
    openapi::{Failures, FaultyBody, NotAuthenticated, TooManyAttempts},
};

/// A change of password.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangePassword)]
pub(crate) struct ChangePasswordRequest {
    #[deserr(try_from(String) = Password::parse -> PasswordError)]
    #[schema(value_type = String, format = Password, example = "correct horse battery staple")]
    current_password: Password,
    /// 8 to 256 characters that are not easily guessed.
    #[deserr(try_from(String) = NewPassword::parse -> NewPasswordError)]
    #[schema(value_type = String, format = Password, example = "staple battery horse correct")]
    new_password: NewPassword,
}

impl From<ChangePasswordRequest> for ChangePasswordCommand {
    fn from(request: ChangePasswordRequest) -> Self {
        Self { current: request.current_password, new: request.new_password }
    }
}

/// Changes the caller's password and ends every other session of theirs.
#[utoipa::path(
    post,
    path = "/api/auth/password",
    tag = "Sign-in",
    security(("bearer" = [])),
    request_body = ChangePasswordRequest,
    responses(
        (status = 200, description = "Changed.", body = MessageResponse),
        NotAuthenticated, FaultyBody, TooManyAttempts, Failures,
    ),
)]
pub(crate) async fn change_password(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    JsonBody(request): JsonBody<ChangePasswordRequest>,
) -> Result<Json<MessageResponse>, ApiError> {
    api.use_cases.change_password.execute(&caller, request.into()).await?;
    Ok(Json(MessageResponse { message: "Password changed successfully" }))
}
