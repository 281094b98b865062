//! `GET /api/workspaces`, `/api/organizations/{id}/workspaces` and
//! `…/workspaces/{workspace}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use guildhall_application::PageRequest;
use guildhall_domain::{OrganizationId, WorkspaceId};

use super::dto::WorkspaceResponse;
use crate::{
    Api,
    entity_tag::Tagged,
    error::ApiError,
    extract::{PathId, PathIds, Query, SignedIn},
    links::page,
    openapi::{
        Failures, IfNoneMatch, InvalidQuery, NotAuthenticated, NotFound, OrganizationPath,
        PageParameters, Suspended, WorkspacePath,
    },
};

/// Workspaces of every organization of the caller's, newest first.
#[utoipa::path(
    get,
    path = "/api/workspaces",
    tag = "Workspaces",
    security(("bearer" = [])),
    params(PageParameters),
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
    Query(wanted): Query<PageRequest>,
) -> Result<HttpResponse, ApiError> {
    let found = api.use_cases.list_workspaces.of_caller(&caller, wanted).await?;
    Ok(page(&api, &request, wanted.limit, found, WorkspaceResponse::from))
}

/// Workspaces of an organization, newest first.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/workspaces",
    tag = "Workspaces",
    security(("bearer" = [])),
    params(OrganizationPath, PageParameters),
    responses(
        (status = 200, description = "A page of workspaces.", body = [WorkspaceResponse],
            headers(("Link" = String), ("X-Total-Count" = u32))),
        InvalidQuery, NotAuthenticated, Suspended, NotFound, Failures,
    ),
)]
pub(crate) async fn list_workspaces_of_organization(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<OrganizationId>,
    request: HttpRequest,
    Query(wanted): Query<PageRequest>,
) -> Result<HttpResponse, ApiError> {
    let found = api.use_cases.list_workspaces.of_organization(&caller, id, wanted).await?;
    Ok(page(&api, &request, wanted.limit, found, WorkspaceResponse::from))
}

/// One workspace.
#[utoipa::path(
    get,
    path = "/api/organizations/{id}/workspaces/{workspace}",
    tag = "Workspaces",
    security(("bearer" = [])),
    params(OrganizationPath, WorkspacePath, IfNoneMatch),
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
