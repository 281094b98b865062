//! `GET /api/organizations/{id}/security-score`

use actix_web::web::{Data, Json};
use guildhall_domain::{OrganizationId, SecurityCheck, SecurityScore};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Api,
    error::ApiError,
    extract::{PathId, SignedIn},
    openapi::{Failures, NotAuthenticated, NotFound, OrganizationPath, SuspendedOrForbidden},
};

/// A score, and what it is made of.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SecurityScore)]
pub(crate) struct SecurityScoreResponse {
    /// 0 to 100: the sum of the points.
    #[schema(example = 85, maximum = 100)]
    score: u8,
    checks: Vec<SecurityCheckResponse>,
}

/// One check and what it gave.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SecurityCheck)]
pub(crate) struct SecurityCheckResponse {
    #[schema(example = "second_owner")]
    name: &'static str,
    #[schema(example = 0)]
    points: u8,
    /// What the check can give.
    #[schema(example = 15)]
    maximum: u8,
    /// What to do where points are missing.
    #[schema(
        example = "Give each organization a second owner, so that losing one account locks nobody out."
    )]
    advice: &'static str,
}

impl From<SecurityScore> for SecurityScoreResponse {
    fn from(score: SecurityScore) -> Self {
        let check = |SecurityCheck { name, points, maximum, advice }| SecurityCheckResponse {
            name,
            points,
            maximum,
            advice,
        };
        Self { score: score.total(), checks: score.checks.into_iter().map(check).collect() }
    }
}

/// What the security score of an organization is made of, for those who may
/// change it.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/security-score",
    tag = "Organizations",
    security(("bearer" = [])),
    params(OrganizationPath),
    responses(
        (status = 200, description = "The score.", body = SecurityScoreResponse),
        NotAuthenticated, SuspendedOrForbidden, NotFound, Failures,
    ),
)]
pub(crate) async fn get_security_score(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
) -> Result<Json<SecurityScoreResponse>, ApiError> {
    let score = api.use_cases.get_security_score.execute(&caller, id).await?;
    Ok(Json(score.into()))
}
