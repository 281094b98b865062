//! `POST /api/auth/password/forgot` and `POST /api/auth/password/reset`

use std::str::FromStr;

use actix_web::{HttpResponse, web::Data};
use deserr::Deserr;
use guildhall_application::auth::{NewPassword, NewPasswordError};
use guildhall_domain::{EmailAddress, EmailAddressError};
use utoipa::ToSchema;

use crate::{
    Api,
    error::ApiError,
    extract::{ClientOrigin, Faults, JsonBody},
    openapi::{Failures, FaultyBody, MailNotConfigured, TooManyAttempts},
};

/// Whose password is forgotten.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
#[schema(as = ForgotPassword)]
pub(crate) struct ForgotPasswordRequest {
    #[deserr(try_from(&String) = EmailAddress::from_str -> EmailAddressError)]
    #[schema(value_type = String, format = Email, example = "john@acme.com")]
    email: EmailAddress,
}

/// Sends a mail by which a forgotten password can be set, if there is an account
/// with that address. The answer does not tell whether there is.
#[utoipa::path(
    post,
    path = "/api/auth/password/forgot",
    tag = "Sign-in",
    request_body = ForgotPasswordRequest,
    responses(
        (status = 202, description = "If there is such an account, the mail is on its way."),
        FaultyBody, TooManyAttempts, MailNotConfigured, Failures,
    ),
)]
pub(crate) async fn forgot_password(
    api: Data<Api>,
    ClientOrigin(origin): ClientOrigin,
    JsonBody(request): JsonBody<ForgotPasswordRequest>,
) -> Result<HttpResponse, ApiError> {
    api.use_cases.reset_password.request(&origin, &request.email).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// A password to be set.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
#[schema(as = ResetPassword)]
pub(crate) struct ResetPasswordRequest {
    /// The token of the mail.
    #[schema(example = "the-token-of-the-mail")]
    token: String,
    /// 8 to 256 characters that are not easily guessed.
    #[deserr(try_from(String) = NewPassword::parse -> NewPasswordError)]
    #[schema(value_type = String, format = Password, example = "correct horse battery staple")]
    password: NewPassword,
}

/// Sets a forgotten password with the token of such a mail, which works once,
/// and ends every session of the account.
#[utoipa::path(
    post,
    path = "/api/auth/password/reset",
    tag = "Sign-in",
    request_body = ResetPasswordRequest,
    responses(
        (status = 204, description = "The password is set."),
        FaultyBody, TooManyAttempts, Failures,
    ),
)]
pub(crate) async fn reset_password(
    api: Data<Api>,
    ClientOrigin(origin): ClientOrigin,
    JsonBody(request): JsonBody<ResetPasswordRequest>,
) -> Result<HttpResponse, ApiError> {
    let ResetPasswordRequest { token, password } = request;
    api.use_cases.reset_password.execute(&origin, &token, &password).await?;
    Ok(HttpResponse::NoContent().finish())
}
