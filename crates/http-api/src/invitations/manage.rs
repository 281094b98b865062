//! `GET /api/organizations/{id}/invitations`, `GET` and
//! `DELETE …/invitations/{invitation}`, `POST …/resend`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use guildhall_domain::{InvitationId, OrganizationId};

use super::dto::InvitationResponse;
use crate::{
    Api,
    entity_tag::ForVersion,
    error::ApiError,
    extract::{InvitationQuery, PathId, PathIds, Query, SignedIn},
    links::page,
    openapi::{
        ClosedInvitation, Failures, IfMatch, IfNoneMatch, InvalidQuery, InvitationPath,
        MailNotConfigured, NotAuthenticated, NotFound, OrganizationPath, PageParameters,
        ResendConflict, Stale, SuspendedOrForbidden,
    },
};

/// Invitations of an organization, newest first. What ended is shown for 90
/// days.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/invitations",
    tag = "Invitations",
    security(("bearer" = [])),
    params(
        OrganizationPath,
        ("status" = Option<String>, Query,
            description = "`pending`, `accepted`, `declined`, `revoked` or `expired`."),
        PageParameters,
    ),
    responses(
        (status = 200, description = "A page of invitations.", body = [InvitationResponse],
            headers(("Link" = String))),
        InvalidQuery, NotAuthenticated, SuspendedOrForbidden, NotFound, Failures,
    ),
)]
pub(crate) async fn list_invitations(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
    request: HttpRequest,
    Query(InvitationQuery { status, page: wanted }): Query<InvitationQuery>,
) -> Result<HttpResponse, ApiError> {
    let (found, now) = api.use_cases.list_invitations.execute(&caller, id, status, wanted).await?;
    let show = |invitation| InvitationResponse::new(&invitation, now);
    Ok(page(&api, &request, wanted.limit, found, show))
}

/// One invitation.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/invitations/{invitation}",
    tag = "Invitations",
    security(("bearer" = [])),
    params(OrganizationPath, InvitationPath, IfNoneMatch),
    responses(
        (status = 200, description = "The invitation.", body = InvitationResponse,
            headers(("ETag" = String))),
        (status = 304, description = "The client has it already, by `If-None-Match`.",
            headers(("ETag" = String))),
        NotAuthenticated, SuspendedOrForbidden, NotFound, Failures,
    ),
)]
pub(crate) async fn get_invitation(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathIds(id, invitation): PathIds<OrganizationId, InvitationId>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (found, now) = api.use_cases.list_invitations.get(&caller, id, invitation).await?;
    Ok(InvitationResponse::tagged(&found, now).respond_to(&request))
}

/// Sends an invitation again, with another token and a week from now. The former
/// token is dead.
#[utoipa::path(
    post,
    path = "/api/organizations/{id}/invitations/{invitation}/resend",
    tag = "Invitations",
    security(("bearer" = [])),
    params(OrganizationPath, InvitationPath),
    responses(
        (status = 200, description = "As it is now.", body = InvitationResponse,
            headers(("ETag" = String))),
        NotAuthenticated, SuspendedOrForbidden, NotFound, ResendConflict, MailNotConfigured,
        Failures,
    ),
)]
pub(crate) async fn resend_invitation(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathIds(id, invitation): PathIds<OrganizationId, InvitationId>,
) -> Result<HttpResponse, ApiError> {
    let (renewed, now) = api.use_cases.manage_invitation.resend(&caller, id, invitation).await?;
    Ok(InvitationResponse::tagged(&renewed, now).answer(HttpResponse::Ok()))
}

/// Revokes an invitation. Its token is dead from then on.
#[utoipa::path(
    delete,
    path = "/api/organizations/{id}/invitations/{invitation}",
    tag = "Invitations",
    security(("bearer" = [])),
    params(OrganizationPath, InvitationPath, IfMatch),
    responses(
        (status = 204, description = "Revoked."),
        NotAuthenticated, SuspendedOrForbidden, NotFound, ClosedInvitation, Stale, Failures,
    ),
)]
pub(crate) async fn revoke_invitation(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathIds(id, invitation): PathIds<OrganizationId, InvitationId>,
    ForVersion(version): ForVersion,
) -> Result<HttpResponse, ApiError> {
    api.use_cases.manage_invitation.revoke(&caller, id, invitation, &version).await?;
    Ok(HttpResponse::NoContent().finish())
}
