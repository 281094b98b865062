//! `POST /api/auth/register`

use std::str::FromStr;

use actix_web::{HttpResponse, web::Data};
use deserr::Deserr;
use guildhall_application::{
    Error, Fault,
    auth::{Entrance, NewPassword, NewPasswordError, RegisterCommand},
};
use guildhall_domain::{EmailAddress, EmailAddressError, OrganizationName, PersonName, TextError};
use utoipa::ToSchema;

use super::dto::SignedInResponse;
use crate::{
    Api,
    error::ApiError,
    extract::{ClientOrigin, Faults, JsonBody, parse_optional},
    openapi::{Closed, Failures, FaultyBody, RegistrationConflict, TooManyAttempts},
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
    /// The token of an invitation to this address, instead of an organization.
    #[deserr(default)]
    #[schema(example = "the-token-of-the-mail")]
    invitation: Option<String>,
}

impl TryFrom<RegisterRequest> for RegisterCommand {
    type Error = Error;

    fn try_from(request: RegisterRequest) -> Result<Self, Error> {
        let RegisterRequest { email, password, name, organization, invitation } = request;
        let entrance = match (organization, invitation) {
            (None, None) => Entrance::Default,
            (Some(name), None) => Entrance::Named(name),
            (None, Some(token)) => Entrance::Invitation(token),
            (Some(_), Some(_)) => {
                let detail = "must not be given with an invitation, which is to an organization";
                return Err(Error::Invalid(vec![Fault::of_field("organization", detail)]));
            }
        };
        Ok(Self { email, password, name, entrance })
    }
}

/// Registers an account and signs it in.
///
/// Who names an organization that nobody has founds it. Who names one that
/// exists joins it only if the installation lets the address in, or by an
/// invitation.
#[utoipa::path(
    post,
    path = "/api/auth/register",
    tag = "Sign-in",
    request_body = RegisterRequest,
    responses(
        (status = 201, description = "Registered and signed in.", body = SignedInResponse),
        FaultyBody, Closed, RegistrationConflict, TooManyAttempts, Failures,
    ),
)]
pub(crate) async fn register(
    api: Data<Api>,
    ClientOrigin(origin): ClientOrigin,
    JsonBody(request): JsonBody<RegisterRequest>,
) -> Result<HttpResponse, ApiError> {
    let signed_in = api.use_cases.register.execute(&origin, request.try_into()?).await?;
    Ok(HttpResponse::Created().json(SignedInResponse::from(signed_in)))
}
