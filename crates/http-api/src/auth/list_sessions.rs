//! `GET /api/auth/sessions`

use actix_web::web::{Data, Json};

use super::dto::SessionResponse;
use crate::{
    Api,
    error::ApiError,
    extract::SignedIn,
    openapi::{Failures, NotAuthenticated},
};

/// The caller's own sessions, newest first.
#[utoipa::path(
    get,
    path = "/api/auth/sessions",
    tag = "Sign-in",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The sessions.", body = [SessionResponse]),
        NotAuthenticated, Failures,
    ),
)]
pub(crate) async fn list_sessions(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Vec<SessionResponse>>, ApiError> {
    let sessions = api.use_cases.list_sessions.execute(&caller).await?;
    let current = caller.session.id;
    let sessions = sessions.into_iter().map(|session| SessionResponse::new(session, current));
    Ok(Json(sessions.collect()))
}
