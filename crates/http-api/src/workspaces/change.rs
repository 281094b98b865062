//! `POST /api/organizations/{id}/workspaces`, `PATCH` and
//! `DELETE …/workspaces/{workspace}`

use std::str::FromStr;

use actix_web::{HttpResponse, http::header::LOCATION, web::Data};
use deserr::Deserr;
use guildhall_application::{
    idempotency::Once,
    workspace::{AllocateWorkspaceCommand, WorkspacePatch},
};
use guildhall_domain::{
    Description, OrganizationId, Quota, TextError, Workspace, WorkspaceId, WorkspaceName,
    WorkspaceStatus,
};
use utoipa::ToSchema;

use super::dto::WorkspaceResponse;
use crate::{
    Api,
    entity_tag::{ForVersion, Tagged},
    error::ApiError,
    extract::{
        Faults, JsonBody, Keepable, PathId, PathIds, RepeatableBody, SignedIn, UnknownWord,
        parse_keepable, parse_optional, parse_workspace_status,
    },
    idempotency::{kept, respond},
    openapi::{
        Exhausted, Failures, FaultyBody, FaultyRepeatableBody, IdempotencyKey, IfMatch,
        NotAuthenticated, NotFound, OrganizationPath, Stale, SuspendedOrForbidden, WorkspacePath,
    },
    quota_headers::with_quota,
};

/// A workspace to be allocated.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
#[schema(as = AllocateWorkspace)]
pub(crate) struct AllocateWorkspaceRequest {
    #[deserr(try_from(&String) = WorkspaceName::from_str -> TextError)]
    #[schema(value_type = String, example = "Billing")]
    name: WorkspaceName,
    /// What it is for, in at most 2,000 characters.
    #[deserr(default, try_from(Option<String>) = parse_optional -> TextError)]
    #[schema(value_type = Option<String>, example = "Invoices and dunning")]
    description: Option<Description>,
}

impl From<AllocateWorkspaceRequest> for AllocateWorkspaceCommand {
    fn from(request: AllocateWorkspaceRequest) -> Self {
        Self { name: request.name, description: request.description.unwrap_or_default() }
    }
}

/// What is to change of a workspace.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[serde(deny_unknown_fields)]
#[schema(as = PatchWorkspace)]
pub(crate) struct PatchWorkspaceRequest {
    #[deserr(default, try_from(Keepable<String>) = parse_keepable -> TextError)]
    #[schema(value_type = String, required = false, example = "Billing")]
    name: Option<WorkspaceName>,
    /// Null makes it empty.
    #[deserr(default, try_from(Option<String>) = or_empty -> TextError)]
    #[schema(value_type = Option<String>, required = false, example = "Invoices and dunning")]
    description: Option<Description>,
    /// `available`, `running`, `stopped` or `error`.
    #[deserr(default, try_from(Keepable<String>) = by_name -> UnknownWord)]
    #[schema(value_type = String, required = false, example = "running")]
    status: Option<WorkspaceStatus>,
}

fn or_empty(text: Option<String>) -> Result<Option<Description>, TextError> {
    text.unwrap_or_default().parse().map(Some)
}

fn by_name(Keepable(name): Keepable<String>) -> Result<Option<WorkspaceStatus>, UnknownWord> {
    name.map(|name| parse_workspace_status(&name)).transpose()
}

impl From<PatchWorkspaceRequest> for WorkspacePatch {
    fn from(request: PatchWorkspaceRequest) -> Self {
        let PatchWorkspaceRequest { name, description, status } = request;
        Self { name, description, status }
    }
}

/// Allocates a workspace to an organization, within its quota.
#[utoipa::path(
    post,
    path = "/api/organizations/{id}/workspaces",
    tag = "Workspaces",
    security(("bearer" = [])),
    params(OrganizationPath, IdempotencyKey),
    request_body = AllocateWorkspaceRequest,
    responses(
        (status = 201, description = "Allocated.", body = WorkspaceResponse,
            headers(("Location" = String), ("ETag" = String), ("Quota-Limit" = String),
                ("Quota-Used" = u32))),
        FaultyRepeatableBody, NotAuthenticated, SuspendedOrForbidden, NotFound, Exhausted, Failures,
    ),
)]
pub(crate) async fn allocate_workspace(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
    RepeatableBody { body, request }: RepeatableBody<AllocateWorkspaceRequest>,
) -> Result<HttpResponse, ApiError> {
    let answer = |allocated: &(Workspace, Quota)| allocated_answer(&api, allocated);
    let once = Once { request, answer: &|allocated| kept(answer(allocated)) };
    let outcome = api.use_cases.allocate_workspace.execute(&caller, id, body.into(), once).await?;
    Ok(respond(outcome, answer))
}

fn allocated_answer(api: &Api, (workspace, quota): &(Workspace, Quota)) -> HttpResponse {
    let Workspace { id, organization, .. } = workspace;
    let path = format!("/api/organizations/{organization}/workspaces/{id}");
    let mut response = with_quota(HttpResponse::Created(), quota);
    response.insert_header((LOCATION, api.settings.url(&path)));
    Tagged::<WorkspaceResponse>::from(workspace.clone()).answer(response)
}

/// Changes what the patch names.
#[utoipa::path(
    patch,
    path = "/api/organizations/{id}/workspaces/{workspace}",
    tag = "Workspaces",
    security(("bearer" = [])),
    params(OrganizationPath, WorkspacePath, IfMatch),
    request_body(content(
        (PatchWorkspaceRequest = "application/merge-patch+json"),
        (PatchWorkspaceRequest = "application/json"),
    )),
    responses(
        (status = 200, description = "As it is now.", body = WorkspaceResponse,
            headers(("ETag" = String))),
        FaultyBody, NotAuthenticated, SuspendedOrForbidden, NotFound, Stale, Failures,
    ),
)]
pub(crate) async fn patch_workspace(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathIds(id, workspace): PathIds<OrganizationId, WorkspaceId>,
    ForVersion(version): ForVersion,
    JsonBody(request): JsonBody<PatchWorkspaceRequest>,
) -> Result<HttpResponse, ApiError> {
    let change = &api.use_cases.change_workspace;
    let changed = change.execute(&caller, id, workspace, &version, request.into()).await?;
    Ok(Tagged::<WorkspaceResponse>::from(changed).answer(HttpResponse::Ok()))
}

/// Removes a workspace, which makes room for another.
#[utoipa::path(
    delete,
    path = "/api/organizations/{id}/workspaces/{workspace}",
    tag = "Workspaces",
    security(("bearer" = [])),
    params(OrganizationPath, WorkspacePath, IfMatch),
    responses(
        (status = 204, description = "Removed."),
        NotAuthenticated, SuspendedOrForbidden, NotFound, Stale, Failures,
    ),
)]
pub(crate) async fn remove_workspace(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathIds(id, workspace): PathIds<OrganizationId, WorkspaceId>,
    ForVersion(version): ForVersion,
) -> Result<HttpResponse, ApiError> {
    api.use_cases.change_workspace.remove(&caller, id, workspace, &version).await?;
    Ok(HttpResponse::NoContent().finish())
}
