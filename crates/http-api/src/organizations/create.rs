//! `POST /api/organizations`

use std::str::FromStr;

use actix_web::{HttpResponse, http::header::LOCATION, web::Data};
use deserr::Deserr;
use guildhall_application::{
    Access,
    idempotency::Once,
    organization::{CreateOrganizationCommand, OwnerReference},
};
use guildhall_domain::{
    DomainName, DomainNameError, EmailAddress, ExternalId, Metadata, MetadataError,
    OrganizationName, TextError,
};
use utoipa::ToSchema;

use super::dto::{OrganizationDetailsResponse, parse_metadata};
use crate::{
    Api,
    entity_tag::Tagged,
    error::ApiError,
    extract::{Faults, Pairs, RepeatableBody, SignedIn, parse_optional},
    idempotency::{kept, respond},
    openapi::{
        Failures, FaultyRepeatableBody, Forbidden, IdempotencyKey, NotAuthenticated,
        OrganizationConflict,
    },
};

/// An organization to be created.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
#[schema(as = CreateOrganization)]
pub(crate) struct CreateOrganizationRequest {
    #[deserr(try_from(&String) = OrganizationName::from_str -> TextError)]
    #[schema(value_type = String, example = "Acme Corporation")]
    name: OrganizationName,
    /// Primary domain. Who is no platform admin can only name that of their own
    /// address.
    #[deserr(default, try_from(Option<String>) = parse_optional -> DomainNameError)]
    #[schema(value_type = Option<String>, example = "acme.com")]
    domain: Option<DomainName>,
    /// Its id in another system.
    #[deserr(default, try_from(Option<String>) = parse_optional -> TextError)]
    #[schema(value_type = Option<String>, example = "customer-4711")]
    external_id: Option<ExternalId>,
    /// At most 50 pairs of texts, and 16 KiB.
    #[deserr(default, try_from(Pairs<String>) = parse_metadata -> MetadataError)]
    #[schema(value_type = BTreeMap<String, String>, required = false, example = json!({"plan": "gold"}))]
    metadata: Metadata,
    /// Id or address of the user who becomes its owner, for platform admins;
    /// the caller if nobody is named.
    #[deserr(default, try_from(Option<String>) = parse_owner -> OwnerError)]
    #[schema(value_type = Option<String>, example = "john@acme.com")]
    owner: Option<OwnerReference>,
}

/// The text names no user.
#[derive(Debug, thiserror::Error)]
#[error("must be the id or the address of a user")]
pub(crate) struct OwnerError;

fn parse_owner(text: Option<String>) -> Result<Option<OwnerReference>, OwnerError> {
    let Some(text) = text else { return Ok(None) };
    let by_address = |_| text.parse::<EmailAddress>().map(OwnerReference::Email);
    let owner = text.parse().map(OwnerReference::Id).or_else(by_address);
    owner.map(Some).map_err(|_| OwnerError)
}

impl From<CreateOrganizationRequest> for CreateOrganizationCommand {
    fn from(request: CreateOrganizationRequest) -> Self {
        let CreateOrganizationRequest { name, domain, external_id, metadata, owner } = request;
        Self { name, domain, external_id, metadata, owner }
    }
}

/// Creates an organization, whose owner is the caller or the user that a
/// platform admin names.
#[utoipa::path(
    post,
    path = "/api/organizations",
    tag = "Organizations",
    security(("bearer" = [])),
    params(IdempotencyKey),
    request_body = CreateOrganizationRequest,
    responses(
        (status = 201, description = "Created.", body = OrganizationDetailsResponse,
            headers(("Location" = String), ("ETag" = String))),
        FaultyRepeatableBody, NotAuthenticated, Forbidden, OrganizationConflict, Failures,
    ),
)]
pub(crate) async fn create_organization(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    RepeatableBody { body, request }: RepeatableBody<CreateOrganizationRequest>,
) -> Result<HttpResponse, ApiError> {
    let answer = |access: &Access| created(&api, access);
    let once = Once { request, answer: &|access| kept(answer(access)) };
    let outcome = api.use_cases.create_organization.execute(&caller, body.into(), once).await?;
    Ok(respond(outcome, answer))
}

fn created(api: &Api, access: &Access) -> HttpResponse {
    let path = format!("/api/organizations/{}", access.organization().id);
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, api.settings.url(&path)));
    Tagged::<OrganizationDetailsResponse>::from(access).answer(response)
}
