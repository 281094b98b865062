//! Workspaces of organizations.

use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::{
    Client, ETag, Error, IdempotencyKey, OrganizationId, Page, PageRequest, Tagged, WorkspaceId,
    page::all, request::Request, word::words,
};

words! {
    /// How a workspace is.
    WorkspaceStatus {
        /// It can be used.
        Available = "available",
        /// It is being used.
        Running = "running",
        /// It is at rest.
        Stopped = "stopped",
        /// Something is wrong with it.
        Error = "error",
    }
}

/// A workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// Its name.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// How it is.
    pub status: WorkspaceStatus,
    /// When it was allocated.
    pub created_at: DateTime<Utc>,
}

/// A workspace to be allocated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NewWorkspace {
    /// Its name.
    pub name: String,
    /// What it is for, in at most 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl NewWorkspace {
    /// A workspace with this name, and nothing else.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// What is to change of a workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct WorkspacePatch {
    /// A new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for; may be empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<WorkspaceStatus>,
}

/// The calls about the workspaces of every organization of the caller's that is
/// not suspended.
#[derive(Debug, Clone, Copy)]
pub struct CallerWorkspaces<'a> {
    pub(crate) client: &'a Client,
}

impl<'a> CallerWorkspaces<'a> {
    fn listing(self) -> Result<Request<'a>, Error> {
        self.client.request(Method::GET, &["api", "workspaces"])
    }

    /// A page of workspaces, newest first.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn list(self, page: &PageRequest) -> Result<Page<Workspace>, Error> {
        self.listing()?.page(page).await
    }

    /// Every workspace, page after page.
    #[must_use]
    pub fn all(self) -> BoxStream<'a, Result<Workspace, Error>> {
        all(self.listing())
    }
}

/// The calls about the workspaces of one organization.
#[derive(Debug, Clone, Copy)]
pub struct Workspaces<'a> {
    pub(crate) client: &'a Client,
    pub(crate) organization: &'a OrganizationId,
}

impl<'a> Workspaces<'a> {
    fn collection(self, method: Method) -> Result<Request<'a>, Error> {
        let path = ["api", "organizations", self.organization.as_str(), "workspaces"];
        self.client.request(method, &path)
    }

    fn one(self, method: Method, id: &WorkspaceId) -> Result<Request<'a>, Error> {
        let organization = self.organization.as_str();
        let path = ["api", "organizations", organization, "workspaces", id.as_str()];
        self.client.request(method, &path)
    }

    /// A page of workspaces, newest first.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn list(self, page: &PageRequest) -> Result<Page<Workspace>, Error> {
        self.collection(Method::GET)?.page(page).await
    }

    /// Every workspace, page after page.
    #[must_use]
    pub fn all(self) -> BoxStream<'a, Result<Workspace, Error>> {
        all(self.collection(Method::GET))
    }

    /// Allocates a workspace, within the quota.
    ///
    /// # Errors
    ///
    /// [`is_quota_exceeded`](Error::is_quota_exceeded) if there is no room for
    /// more; see [`Error`].
    pub async fn create(
        self,
        workspace: &NewWorkspace,
        key: Option<&IdempotencyKey>,
    ) -> Result<Tagged<Workspace>, Error> {
        self.collection(Method::POST)?.keyed(key).json(workspace)?.tagged().await
    }

    /// One workspace.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn get(self, id: &WorkspaceId) -> Result<Tagged<Workspace>, Error> {
        self.one(Method::GET, id)?.tagged().await
    }

    /// One workspace, or `None` if it is still that of the tag.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn get_if_changed(
        self,
        id: &WorkspaceId,
        known: &ETag,
    ) -> Result<Option<Tagged<Workspace>>, Error> {
        self.one(Method::GET, id)?.tagged_unless(known).await
    }

    /// Changes what the patch names.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn patch(
        self,
        id: &WorkspaceId,
        patch: &WorkspacePatch,
        if_match: Option<&ETag>,
    ) -> Result<Tagged<Workspace>, Error> {
        self.one(Method::PATCH, id)?.if_match(if_match).merge_patch(patch)?.tagged().await
    }

    /// Removes a workspace, which makes room for another.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn remove(self, id: &WorkspaceId, if_match: Option<&ETag>) -> Result<(), Error> {
        self.one(Method::DELETE, id)?.if_match(if_match).nothing().await
    }
}
