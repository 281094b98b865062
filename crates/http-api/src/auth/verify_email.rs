//! `POST /api/auth/email/verification` and `POST /api/auth/email/verify`

use actix_web::{HttpResponse, web::Data};
use deserr::Deserr;
use utoipa::ToSchema;

use crate::{
    Api,
    error::ApiError,
    extract::{ClientOrigin, Faults, JsonBody, SignedIn},
    openapi::{Failures, FaultyBody, MailNotConfigured, NotAuthenticated, TooManyAttempts},
};

/// Sends a mail by which the caller proves that their address is theirs, unless
/// they have.
#[utoipa::path(
    post,
    path = "/api/auth/email/verification",
    tag = "Sign-in",
    security(("bearer" = [])),
    responses(
        (status = 202, description = "The mail is on its way, or needless."),
        NotAuthenticated, TooManyAttempts, MailNotConfigured, Failures,
    ),
)]
pub(crate) async fn request_verification(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
) -> Result<HttpResponse, ApiError> {
    api.use_cases.verify_email.request(&caller).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// The proof.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
#[schema(as = VerifyEmail)]
pub(crate) struct VerifyEmailRequest {
    /// The token of the mail.
    #[schema(example = "the-token-of-the-mail")]
    token: String,
}

/// Takes the token of such a mail as the proof. It works once.
#[utoipa::path(
    post,
    path = "/api/auth/email/verify",
    tag = "Sign-in",
    request_body = VerifyEmailRequest,
    responses(
        (status = 204, description = "The address is verified."),
        FaultyBody, Failures,
    ),
)]
pub(crate) async fn verify_email(
    api: Data<Api>,
    ClientOrigin(origin): ClientOrigin,
    JsonBody(request): JsonBody<VerifyEmailRequest>,
) -> Result<HttpResponse, ApiError> {
    api.use_cases.verify_email.execute(&origin, &request.token).await?;
    Ok(HttpResponse::NoContent().finish())
}
