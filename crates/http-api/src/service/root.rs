//! `GET /api`

use actix_web::web::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// What answers here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Service)]
pub(crate) struct ServiceResponse {
    #[schema(example = "Guildhall API")]
    message: &'static str,
    #[schema(example = "0.1.0")]
    version: &'static str,
}

/// What answers here, and its version.
#[utoipa::path(
    get,
    path = "/api",
    tag = "Service",
    responses((status = 200, description = "The service.", body = ServiceResponse)),
)]
pub(crate) async fn get_service() -> Json<ServiceResponse> {
    Json(ServiceResponse { message: "Guildhall API", version: env!("CARGO_PKG_VERSION") })
}
