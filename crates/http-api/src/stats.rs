//! `GET /api/stats`

use actix_web::web::{Data, Json};
use guildhall_application::stats::Stats;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Api,
    error::ApiError,
    extract::SignedIn,
    openapi::{Failures, NotAuthenticated},
};

/// Numbers over the organizations that the caller's list returns.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stats)]
pub(crate) struct StatsResponse {
    /// Live sessions of their members.
    #[schema(example = 12)]
    active_sessions: u64,
    /// Workspaces allocated to them.
    #[schema(example = 15)]
    total_workspaces: u64,
    /// Distinct members of them.
    #[schema(example = 42)]
    total_users: u64,
    /// 0 to 100, a sum of named checks.
    #[schema(maximum = 100, example = 98)]
    security_score: u8,
    /// The share of the last 30 days in which the service was up.
    #[schema(example = "99.9%")]
    uptime: String,
}

impl From<Stats> for StatsResponse {
    fn from(stats: Stats) -> Self {
        Self {
            active_sessions: stats.active_sessions,
            total_workspaces: stats.total_workspaces,
            total_users: stats.total_users,
            security_score: stats.security_score.total(),
            uptime: stats.uptime.to_string(),
        }
    }
}

/// Numbers over the organizations that the caller's list returns.
#[utoipa::path(
    get,
    path = "/api/stats",
    tag = "Stats",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The numbers.", body = StatsResponse),
        NotAuthenticated, Failures,
    ),
)]
pub(crate) async fn get_stats(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
) -> Result<Json<StatsResponse>, ApiError> {
    let stats = api.use_cases.get_stats.execute(&caller).await?;
    Ok(Json(stats.into()))
}
