//! `GET /api/workspaces`, `/api/organizations/{id}/workspaces` and
//! `…/workspaces/{workspace}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use guildhall_domain::{OrganizationId, WorkspaceId};

use super::dto::WorkspaceResponse;
use crate::{
    Api,
    entity_tag::Tagged,
    error::ApiError,
    extract::{PageQuery, PathId, PathIds, SignedIn},
    links::page,
    openapi::{Failures, InvalidQuery, NotAuthenticated, NotFound, Suspended},
};

/// Workspaces of every organization of the caller's, newest first.
#[utoipa::path(
    get,
    path = "/api/workspaces",
    tag = "Workspaces",
    security(("bearer" = [])),
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100,
            description = "At most so many; 100 if it is not given."),
        ("cursor" = Option<String>, Query,
            description = "Where the page begins: taken from a `Link` header."),
    ),
    responses(
        (status = 200, description = "A page of workspaces.", body = [WorkspaceResponse],
            headers(("Link" = String))),
        InvalidQuery, NotAuthenticated, Failures,
    ),
)]
pub(crate) async fn list_workspaces(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    request: HttpRequest,
    PageQuery(wanted): PageQuery,
) -> Result<HttpResponse, ApiError> {
    let found = api.use_cases.list_workspaces.of_caller(&caller, wanted).await?;
    Ok(page::<_, WorkspaceResponse>(&api, &request, wanted.limit, found))
}

/// Workspaces of an organization, newest first.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/workspaces",
    tag = "Workspaces",
    security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "Id of the organization.",
            example = "org-123e4567-e89b-12d3-a456-426614174000"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100,
            description = "At most so many; 100 if it is not given."),
        ("cursor" = Option<String>, Query,
            description = "Where the page begins: taken from a `Link` header."),
    ),
    responses(
        (status = 200, description = "A page of workspaces.", body = [WorkspaceResponse],
            headers(("Link" = String))),
        InvalidQuery, NotAuthenticated, Suspended, NotFound, Failures,
    ),
)]
pub(crate) async fn list_workspaces_of_organization(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
    request: HttpRequest,
    PageQuery(wanted): PageQuery,
) -> Result<HttpResponse, ApiError> {
    let found = api.use_cases.list_workspaces.of_organization(&caller, id, wanted).await?;
    Ok(page::<_, WorkspaceResponse>(&api, &request, wanted.limit, found))
}

/// One workspace.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/workspaces/{workspace}",
    tag = "Workspaces",
    security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "Id of the organization.",
            example = "org-123e4567-e89b-12d3-a456-426614174000"),
        ("workspace" = String, Path, description = "Id of the workspace.",
            example = "ws-0b8f0f0e-8f0d-4d0c-9a55-6a6f6c1f7a11"),
        ("If-None-Match" = Option<String>, Header,
            description = "The tags that the client has."),
    ),
    responses(
        (status = 200, description = "The workspace.", body = WorkspaceResponse,
            headers(("ETag" = String))),
        (status = 304, description = "The client has it already, by `If-None-Match`.",
            headers(("ETag" = String))),
        NotAuthenticated, Suspended, NotFound, Failures,
    ),
)]
pub(crate) async fn get_workspace(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathIds(id, workspace): PathIds<OrganizationId, WorkspaceId>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let workspace = api.use_cases.list_workspaces.get(&caller, id, workspace).await?;
    Ok(Tagged::<WorkspaceResponse>::from(workspace).respond_to(&request))
}
