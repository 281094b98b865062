//! `GET /api/organizations/{id}/audit-logs/checkpoints`,
//! `GET /api/audit-logs/checkpoints` and what they are checked by.

use actix_web::web::{Data, Json};
use guildhall_application::Caller;
use guildhall_audit_log::{Checkpoint, VerifyingKey};
use guildhall_domain::OrganizationId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Api,
    error::ApiError,
    extract::{CheckpointQuery, PathId, Query, SignedIn},
    openapi::{
        CheckpointParameters, Failures, Forbidden, InvalidQuery, NotAuthenticated, NotFound,
        OrganizationPath, SuspendedOrForbidden,
    },
};

/// A signed statement of how long a log was and what its last hash was. Keep it:
/// whoever changes the log before it can be convicted by it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Checkpoint)]
pub(crate) struct CheckpointResponse {
    /// When it was made.
    #[schema(example = "2026-01-15T10:00:00Z")]
    at: String,
    /// The hash of the last entry.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    head: String,
    /// The name of the key that signed it.
    #[schema(example = "34750f98bd59fcfc")]
    key: String,
    /// `installation`, or the id of the organization.
    #[schema(example = "org-123e4567-e89b-12d3-a456-426614174000")]
    log: String,
    /// The Ed25519 signature, in base64.
    signature: String,
    /// How many entries there were.
    #[schema(example = 42)]
    size: u64,
}

impl From<Checkpoint> for CheckpointResponse {
    fn from(checkpoint: Checkpoint) -> Self {
        Self {
            at: checkpoint.at,
            head: checkpoint.head.to_string(),
            key: checkpoint.key.to_string(),
            log: checkpoint.log.to_string(),
            signature: checkpoint.signature,
            size: checkpoint.size,
        }
    }
}

/// A key that signs checkpoints.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditKey)]
pub(crate) struct AuditKeyResponse {
    /// Its name: the first 8 bytes of the SHA-256 of its public half.
    #[schema(example = "34750f98bd59fcfc")]
    id: String,
    /// Its public half: 32 bytes in base64.
    #[schema(example = "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=")]
    public_key: String,
}

impl From<VerifyingKey> for AuditKeyResponse {
    fn from(key: VerifyingKey) -> Self {
        Self { id: key.id().to_string(), public_key: key.to_string() }
    }
}

/// Checkpoints of an organization's log, the shortest first.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/audit-logs/checkpoints",
    tag = "Audit logs",
    security(("bearer" = [])),
    params(OrganizationPath, CheckpointParameters),
    responses(
        (status = 200, description = "Checkpoints.", body = [CheckpointResponse]),
        InvalidQuery, NotAuthenticated, SuspendedOrForbidden, NotFound, Failures,
    ),
)]
pub(crate) async fn list_checkpoints_of_organization(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
    Query(query): Query<CheckpointQuery>,
) -> Result<Json<Vec<CheckpointResponse>>, ApiError> {
    list(&api, &caller, Some(id), query).await
}

/// The newest checkpoint of an organization's log.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/audit-logs/checkpoints/latest",
    tag = "Audit logs",
    security(("bearer" = [])),
    params(OrganizationPath),
    responses(
        (status = 200, description = "The checkpoint.", body = CheckpointResponse),
        NotAuthenticated, SuspendedOrForbidden, NotFound, Failures,
    ),
)]
pub(crate) async fn get_latest_checkpoint_of_organization(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
) -> Result<Json<CheckpointResponse>, ApiError> {
    Ok(Json(api.use_cases.audit_checkpoints.last(&caller, Some(id)).await?.into()))
}

/// Checkpoints of the installation's log, the shortest first. For platform
/// admins.
#[utoipa::path(
    get,
    path = "/api/audit-logs/checkpoints",
    tag = "Audit logs",
    security(("bearer" = [])),
    params(CheckpointParameters),
    responses(
        (status = 200, description = "Checkpoints.", body = [CheckpointResponse]),
        InvalidQuery, NotAuthenticated, Forbidden, Failures,
    ),
)]
pub(crate) async fn list_checkpoints(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    Query(query): Query<CheckpointQuery>,
) -> Result<Json<Vec<CheckpointResponse>>, ApiError> {
    list(&api, &caller, None, query).await
}

/// The newest checkpoint of the installation's log. For platform admins.
#[utoipa::path(
    get,
    path = "/api/audit-logs/checkpoints/latest",
    tag = "Audit logs",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The checkpoint.", body = CheckpointResponse),
        NotAuthenticated, Forbidden, NotFound, Failures,
    ),
)]
pub(crate) async fn get_latest_checkpoint(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
) -> Result<Json<CheckpointResponse>, ApiError> {
    Ok(Json(api.use_cases.audit_checkpoints.last(&caller, None).await?.into()))
}

/// Every key that has signed checkpoints, the oldest first. Take them once and
/// keep them: who gets them from here each time trusts whoever runs this.
#[utoipa::path(
    get,
    path = "/api/audit-logs/keys",
    tag = "Audit logs",
    responses((status = 200, description = "The keys.", body = [AuditKeyResponse]), Failures),
)]
pub(crate) async fn list_audit_keys(
    api: Data<Api>,
) -> Result<Json<Vec<AuditKeyResponse>>, ApiError> {
    let keys = api.use_cases.audit_checkpoints.keys().await?;
    Ok(Json(keys.into_iter().map(Into::into).collect()))
}

async fn list(
    api: &Api,
    caller: &Caller,
    organization: Option<OrganizationId>,
    CheckpointQuery { after, limit }: CheckpointQuery,
) -> Result<Json<Vec<CheckpointResponse>>, ApiError> {
    let checkpoints = &api.use_cases.audit_checkpoints;
    let found = checkpoints.list(caller, organization, after, limit).await?;
    Ok(Json(found.into_iter().map(Into::into).collect()))
}
