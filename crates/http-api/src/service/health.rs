//! `GET /healthz` and `GET /readyz`, for machines that watch.

use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Api, error::ApiError, openapi::NotReady};

/// That all is well.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Health)]
pub(crate) struct HealthResponse {
    #[schema(example = "ok")]
    status: &'static str,
}

const OK: Json<HealthResponse> = Json(HealthResponse { status: "ok" });

/// Whether the process lives.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "Service",
    responses((status = 200, description = "It lives.", body = HealthResponse)),
)]
pub(crate) async fn get_health() -> Json<HealthResponse> {
    OK
}

/// Whether the node should get requests.
///
/// It should while its store answers and it is not about to end.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "Service",
    responses((status = 200, description = "It is ready.", body = HealthResponse), NotReady),
)]
pub(crate) async fn get_readiness(api: Data<Api>) -> Result<Json<HealthResponse>, ApiError> {
    if api.draining.is_draining() {
        return Err(ApiError::Draining);
    }
    api.use_cases.check_health.execute().await.map_err(ApiError::NotReady)?;
    Ok(OK)
}
