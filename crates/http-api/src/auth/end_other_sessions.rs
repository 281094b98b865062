//! `DELETE /api/auth/sessions`

use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Api,
    error::ApiError,
    extract::SignedIn,
    openapi::{Failures, NotAuthenticated},
};

/// How many sessions were ended.
#[derive(Serialize, ToSchema)]
#[schema(as = EndedSessions)]
pub(crate) struct EndedSessionsResponse {
    #[schema(example = 2)]
    ended: usize,
}

/// Ends every session of the caller's but the one in use.
#[utoipa::path(
    delete,
    path = "/api/auth/sessions",
    tag = "Sign-in",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "Ended; their tokens are dead.", body = EndedSessionsResponse),
        NotAuthenticated, Failures,
    ),
)]
pub(crate) async fn end_other_sessions(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
) -> Result<Json<EndedSessionsResponse>, ApiError> {
    let ended = api.use_cases.end_other_sessions.execute(&caller).await?;
    Ok(Json(EndedSessionsResponse { ended }))
}
