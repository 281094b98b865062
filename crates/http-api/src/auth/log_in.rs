//! `POST /api/auth/login`

use std::str::FromStr;

use actix_web::web::{Data, Json};
use deserr::Deserr;
use guildhall_application::auth::LogInCommand;
use guildhall_domain::{EmailAddress, EmailAddressError, Password};
use utoipa::ToSchema;

use super::dto::SignedInResponse;
use crate::{
    Api,
    error::ApiError,
    extract::{ClientOrigin, Faults, JsonBody},
    openapi::{Failures, FaultyBody, InvalidCredentials, TooManyAttempts},
};

/// An attempt to sign in.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
#[schema(as = LogIn)]
pub(crate) struct LogInRequest {
    #[deserr(try_from(&String) = EmailAddress::from_str -> EmailAddressError)]
    #[schema(value_type = String, format = Email, example = "john@acme.com")]
    email: EmailAddress,
    /// Any text: one that can be nobody's password is a wrong password.
    #[schema(format = Password, example = "correct horse battery staple")]
    password: String,
}

impl From<LogInRequest> for LogInCommand {
    fn from(request: LogInRequest) -> Self {
        Self { email: request.email, password: Password::parse(request.password).ok() }
    }
}

/// Signs in with address and password.
#[utoipa::path(
    post,
    path = "/api/auth/login",
    tag = "Sign-in",
    request_body = LogInRequest,
    responses(
        (status = 200, description = "Signed in.", body = SignedInResponse),
        InvalidCredentials, FaultyBody, TooManyAttempts, Failures,
    ),
)]
pub(crate) async fn log_in(
    api: Data<Api>,
    ClientOrigin(origin): ClientOrigin,
    JsonBody(request): JsonBody<LogInRequest>,
) -> Result<Json<SignedInResponse>, ApiError> {
    let signed_in = api.use_cases.log_in.execute(&origin, request.into()).await?;
    Ok(Json(signed_in.into()))
}
