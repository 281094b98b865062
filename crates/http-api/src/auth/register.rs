//! `POST /api/auth/register`

use std::str::FromStr;

use actix_web::{HttpResponse, web::Data};
use deserr::Deserr;
use guildhall_application::auth::{NewPassword, NewPasswordError, RegisterCommand};
use guildhall_domain::{EmailAddress, EmailAddressError, OrganizationName, PersonName, TextError};
use utoipa::ToSchema;

use super::dto::SignedInResponse;
use crate::{
    Api,
    error::ApiError,
    extract::{ClientOrigin, Faults, JsonBody, parse_optional},
    openapi::{Closed, Conflict, Failures, FaultyBody, TooManyAttempts},
};

/// An account to be made.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
#[schema(as = Register)]
pub(crate) struct RegisterRequest {
    #[deserr(try_from(&String) = EmailAddress::from_str -> EmailAddressError)]
    #[schema(value_type = String, format = Email, example = "john@acme.com")]
    email: EmailAddress,
    /// 8 to 256 characters that are not easily guessed.
    #[deserr(try_from(String) = NewPassword::parse -> NewPasswordError)]
    #[schema(value_type = String, format = Password, example = "correct horse battery staple")]
    password: NewPassword,
    #[deserr(try_from(&String) = PersonName::from_str -> TextError)]
    #[schema(value_type = String, example = "John Doe")]
    name: PersonName,
    /// The organization to found or to join; the default organization if none
    /// is named.
    #[deserr(default, try_from(Option<String>) = parse_optional -> TextError)]
    #[schema(value_type = Option<String>, example = "Acme Corporation")]
    organization: Option<OrganizationName>,
}

impl From<RegisterRequest> for RegisterCommand {
    fn from(request: RegisterRequest) -> Self {
        let RegisterRequest { email, password, name, organization } = request;
        Self { email, password, name, organization }
    }
}

/// Registers an account and signs it in.
///
/// Who names an organization that nobody has founds it. Who names one that
/// exists joins it only if the installation lets the address in.
#[utoipa::path(
    post,
    path = "/api/auth/register",
    tag = "Sign-in",
    request_body = RegisterRequest,
    responses(
        (status = 201, description = "Registered and signed in.", body = SignedInResponse),
        FaultyBody, Closed, Conflict, TooManyAttempts, Failures,
    ),
)]
pub(crate) async fn register(
    api: Data<Api>,
    ClientOrigin(origin): ClientOrigin,
    JsonBody(request): JsonBody<RegisterRequest>,
) -> Result<HttpResponse, ApiError> {
    let signed_in = api.use_cases.register.execute(&origin, request.into()).await?;
    Ok(HttpResponse::Created().json(SignedInResponse::from(signed_in)))
}
