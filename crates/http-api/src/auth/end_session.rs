//! `DELETE /api/auth/sessions/{id}`

use actix_web::{HttpResponse, web::Data};
use guildhall_domain::SessionId;

use crate::{
    Api,
    error::ApiError,
    extract::{PathId, SignedIn},
    openapi::{Failures, NotAuthenticated, NotFound},
};

/// Ends one of the caller's own sessions.
#[utoipa::path(
    delete,
    path = "/api/auth/sessions/{id}",
    tag = "Sign-in",
    security(("bearer" = [])),
    params((
        "id" = String, Path,
        description = "Id of the session, with or without its prefix.",
        example = "session-0b8f0f0e-8f0d-4d0c-9a55-6a6f6c1f7a11",
    )),
    responses(
        (status = 204, description = "Ended; its token is dead."),
        NotAuthenticated, NotFound, Failures,
    ),
)]
pub(crate) async fn end_session(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<SessionId>,
) -> Result<HttpResponse, ApiError> {
    api.use_cases.end_session.execute(&caller, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
