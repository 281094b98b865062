//! `PUT` and `PATCH /api/organizations/{id}`

use std::{collections::BTreeMap, str::FromStr};

use actix_web::{HttpResponse, web::Data};
use deserr::Deserr;
use guildhall_application::{Patch, organization::OrganizationPatch};
use guildhall_domain::{
    DomainName, DomainNameError, ExternalId, Metadata, MetadataError, OrganizationId,
    OrganizationName, OrganizationProfile, OrganizationSettings, TextError,
};
use utoipa::ToSchema;

use super::dto::{OrganizationDetailsResponse, SettingsRequest, parse_metadata};
use crate::{
    Api,
    entity_tag::{ForVersion, Tagged},
    error::ApiError,
    extract::{
        Faults, JsonBody, Keepable, Pairs, PathId, SignedIn, parse_keepable, parse_optional,
        parse_patch,
    },
    openapi::{
        Failures, FaultyBody, IfMatch, NotAuthenticated, NotFound, OrganizationConflict,
        OrganizationPath, Stale, SuspendedOrForbidden,
    },
};

/// An organization as it is to be. What is left out is empty.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
#[schema(as = ReplaceOrganization)]
pub(crate) struct ReplaceOrganizationRequest {
    #[deserr(try_from(&String) = OrganizationName::from_str -> TextError)]
    #[schema(value_type = String, example = "Acme Corporation")]
    name: OrganizationName,
    #[deserr(default, try_from(Option<String>) = parse_optional -> DomainNameError)]
    #[schema(value_type = Option<String>, example = "acme.com")]
    domain: Option<DomainName>,
    #[deserr(default, try_from(Option<String>) = parse_optional -> TextError)]
    #[schema(value_type = Option<String>, example = "customer-4711")]
    external_id: Option<ExternalId>,
    #[deserr(default, try_from(Pairs<String>) = parse_metadata -> MetadataError)]
    #[schema(value_type = BTreeMap<String, String>, required = false, example = json!({"plan": "gold"}))]
    metadata: Metadata,
    #[deserr(default)]
    #[schema(required = false)]
    settings: SettingsRequest,
}

impl From<ReplaceOrganizationRequest> for OrganizationProfile {
    fn from(request: ReplaceOrganizationRequest) -> Self {
        let ReplaceOrganizationRequest { name, domain, external_id, metadata, settings } = request;
        let default = OrganizationSettings::default();
        let auto_join = settings.auto_join.0.unwrap_or(default.auto_join);
        Self { name, domain, external_id, metadata, settings: OrganizationSettings { auto_join } }
    }
}

/// What is to change, as a merge patch (RFC 7396): null removes.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
#[schema(as = PatchOrganization)]
pub(crate) struct PatchOrganizationRequest {
    #[deserr(default, try_from(Keepable<String>) = parse_keepable -> TextError)]
    #[schema(value_type = String, required = false, example = "Acme Corporation")]
    name: Option<OrganizationName>,
    #[deserr(default, try_from(Patch<String>) = parse_patch -> DomainNameError)]
    #[schema(value_type = Option<String>, required = false, example = "acme.com")]
    domain: Patch<DomainName>,
    #[deserr(default, try_from(Patch<String>) = parse_patch -> TextError)]
    #[schema(value_type = Option<String>, required = false, example = "customer-4711")]
    external_id: Patch<ExternalId>,
    /// Pairs to set, and keys to remove with null; null removes all.
    #[deserr(default, from(Patch<Pairs<Option<String>>>) = plain)]
    #[schema(value_type = Option<BTreeMap<String, Option<String>>>, required = false, example = json!({"plan": "gold", "trial": null}))]
    metadata: Patch<BTreeMap<String, Option<String>>>,
    #[deserr(default)]
    #[schema(required = false)]
    settings: SettingsRequest,
}

fn plain(patch: Patch<Pairs<Option<String>>>) -> Patch<BTreeMap<String, Option<String>>> {
    match patch {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(Pairs(pairs)) => Patch::Set(pairs),
    }
}

impl From<PatchOrganizationRequest> for OrganizationPatch {
    fn from(request: PatchOrganizationRequest) -> Self {
        Self {
            name: request.name,
            domain: request.domain,
            external_id: request.external_id,
            metadata: request.metadata,
            auto_join: request.settings.auto_join.0,
        }
    }
}

/// Replaces what an organization's administrators may change.
#[utoipa::path(
    put,
    path = "/api/organizations/{id}",
    tag = "Organizations",
    security(("bearer" = [])),
    params(OrganizationPath, IfMatch),
    request_body = ReplaceOrganizationRequest,
    responses(
        (status = 200, description = "As it is now.", body = OrganizationDetailsResponse,
            headers(("ETag" = String))),
        FaultyBody, NotAuthenticated, SuspendedOrForbidden, NotFound, OrganizationConflict, Stale,
        Failures,
    ),
)]
pub(crate) async fn replace_organization(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
    ForVersion(version): ForVersion,
    JsonBody(request): JsonBody<ReplaceOrganizationRequest>,
) -> Result<HttpResponse, ApiError> {
    let change = &api.use_cases.change_organization;
    let access = change.replace(&caller, id, &version, request.into()).await?;
    Ok(Tagged::<OrganizationDetailsResponse>::from(&access).answer(HttpResponse::Ok()))
}

/// Changes what the patch names.
#[utoipa::path(
    patch,
    path = "/api/organizations/{id}",
    tag = "Organizations",
    security(("bearer" = [])),
    params(OrganizationPath, IfMatch),
    request_body(content(
        (PatchOrganizationRequest = "application/merge-patch+json"),
        (PatchOrganizationRequest = "application/json"),
    )),
    responses(
        (status = 200, description = "As it is now.", body = OrganizationDetailsResponse,
            headers(("ETag" = String))),
        FaultyBody, NotAuthenticated, SuspendedOrForbidden, NotFound, OrganizationConflict, Stale,
        Failures,
    ),
)]
pub(crate) async fn patch_organization(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
    ForVersion(version): ForVersion,
    JsonBody(request): JsonBody<PatchOrganizationRequest>,
) -> Result<HttpResponse, ApiError> {
    let change = &api.use_cases.change_organization;
    let access = change.patch(&caller, id, &version, request.into()).await?;
    Ok(Tagged::<OrganizationDetailsResponse>::from(&access).answer(HttpResponse::Ok()))
}
