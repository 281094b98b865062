//! `GET /api/invitations/{token}`, `POST …/accept` and `…/decline`

use actix_web::{
    HttpResponse,
    web::{Data, Json},
};

use super::dto::{
    AcceptedInvitationResponse, HeldInvitationResponse, InvitingOrganizationResponse,
};
use crate::{
    Api,
    error::ApiError,
    extract::{ClientOrigin, PathText, SignedIn},
    openapi::{
        Failures, InvitationConflict, InvitationRefused, NotAuthenticated, NotFound, Suspended,
        TokenPath,
    },
    timestamp::Rfc3339,
};

/// The invitation behind a token. Unknown, used, expired and revoked tokens are
/// answered alike.
#[utoipa::path(
    get,
    path = "/api/invitations/{token}",
    tag = "Invitations",
    params(TokenPath),
    responses(
        (status = 200, description = "The invitation.", body = HeldInvitationResponse),
        NotFound, Failures,
    ),
)]
pub(crate) async fn get_held_invitation(
    api: Data<Api>,
    PathText(token): PathText,
) -> Result<Json<HeldInvitationResponse>, ApiError> {
    let details = api.use_cases.list_invitations.by_token(&token).await?;
    let invitation = details.invitation;
    Ok(Json(HeldInvitationResponse {
        organization: InvitingOrganizationResponse {
            id: invitation.organization,
            name: details.organization,
        },
        email: invitation.email.to_string(),
        role: invitation.role.as_str(),
        expires_at: Rfc3339(invitation.expires_at),
        has_account: details.has_account,
    }))
}

/// Makes the caller a member, if the invitation is for their address. One that
/// is for another stays as it is.
#[utoipa::path(
    post,
    path = "/api/invitations/{token}/accept",
    tag = "Invitations",
    security(("bearer" = [])),
    params(TokenPath),
    responses(
        (status = 200, description = "Accepted.", body = AcceptedInvitationResponse),
        NotAuthenticated, InvitationRefused, NotFound, InvitationConflict, Failures,
    ),
)]
pub(crate) async fn accept_invitation(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathText(token): PathText,
) -> Result<Json<AcceptedInvitationResponse>, ApiError> {
    let accepted = api.use_cases.accept_invitation.execute(&caller, &token).await?;
    Ok(Json(AcceptedInvitationResponse::new(&accepted.organization, accepted.role)))
}

/// Declines an invitation, for whoever holds its token.
#[utoipa::path(
    post,
    path = "/api/invitations/{token}/decline",
    tag = "Invitations",
    params(TokenPath),
    responses(
        (status = 204, description = "Declined; the token is dead."),
        Suspended, NotFound, Failures,
    ),
)]
pub(crate) async fn decline_invitation(
    api: Data<Api>,
    ClientOrigin(origin): ClientOrigin,
    PathText(token): PathText,
) -> Result<HttpResponse, ApiError> {
    api.use_cases.decline_invitation.execute(&origin, &token).await?;
    Ok(HttpResponse::NoContent().finish())
}
