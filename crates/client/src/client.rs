//! The client, from which every call starts.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::{Method, Url};

use crate::{
    AuditLogs, Auth, CallerWorkspaces, ClientBuilder, Error, OrganizationHandle, OrganizationId,
    Organizations, ReceivedInvitation, Secret, Service, Stats, UserHandle, UserId, Users,
    request::Request, retry::RetryPolicy,
};

/// A client of one service, with a token or without. Clones are cheap and share
/// their connections.
#[derive(Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
    pub(crate) token: Option<Secret>,
}

/// What the clones of a client have in common.
pub(crate) struct Shared {
    pub(crate) http: reqwest::Client,
    pub(crate) base_url: Url,
    pub(crate) timeout: Duration,
    pub(crate) user_agent: String,
    pub(crate) retries: RetryPolicy,
}

impl Client {
    /// A client of the service at this address, such as
    /// `https://guildhall.example.com`. The address may have a path, where the
    /// service is behind a proxy that adds one.
    ///
    /// # Errors
    ///
    /// [`Error::BaseUrl`] if it is no such address, and [`Error::Transport`] if
    /// TLS cannot be set up.
    pub fn new(base_url: &str) -> Result<Self, Error> {
        Self::builder(base_url).build()
    }

    /// A client that differs from the usual.
    pub fn builder(base_url: &str) -> ClientBuilder {
        ClientBuilder::new(base_url)
    }

    /// The same client, signed in by this token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<Secret>) -> Self {
        Self { token: Some(token.into()), ..self.clone() }
    }

    /// Registration, sign-in, and the caller's own account.
    #[must_use]
    pub const fn auth(&self) -> Auth<'_> {
        Auth { client: self }
    }

    /// All organizations of the caller's.
    #[must_use]
    pub const fn organizations(&self) -> Organizations<'_> {
        Organizations { client: self }
    }

    /// One organization, and what hangs on it.
    #[must_use]
    pub const fn organization<'a>(&'a self, id: &'a OrganizationId) -> OrganizationHandle<'a> {
        OrganizationHandle { client: self, id }
    }

    /// Workspaces of every organization of the caller's.
    #[must_use]
    pub const fn workspaces(&self) -> CallerWorkspaces<'_> {
        CallerWorkspaces { client: self }
    }

    /// The audit trails of every organization in which the caller may read it.
    #[must_use]
    pub const fn audit_logs(&self) -> AuditLogs<'_> {
        AuditLogs { client: self, organization: None }
    }

    /// All users that the caller may see.
    #[must_use]
    pub const fn users(&self) -> Users<'_> {
        Users { client: self }
    }

    /// One user.
    #[must_use]
    pub const fn user<'a>(&'a self, id: &'a UserId) -> UserHandle<'a> {
        UserHandle { client: self, id }
    }

    /// An invitation that somebody received, by the secret in it.
    #[must_use]
    pub fn invitation(&self, token: impl Into<Secret>) -> ReceivedInvitation<'_> {
        ReceivedInvitation { client: self, token: token.into() }
    }

    /// The service itself.
    #[must_use]
    pub const fn service(&self) -> Service<'_> {
        Service { client: self }
    }

    /// Numbers over the caller's organizations.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn stats(&self) -> Result<Stats, Error> {
        self.request(Method::GET, &["api", "stats"])?.value().await
    }

    /// A request to the address that these segments make. Whatever is in a
    /// segment stays in it.
    pub(crate) fn request(&self, method: Method, path: &[&str]) -> Result<Request<'_>, Error> {
        // Even encoded, the dots would be taken for a step; and URLs drop tabs
        // and line breaks.
        let is_unfit = |id: &&str| matches!(*id, "" | "." | "..") || id.contains(char::is_control);
        if path.iter().any(is_unfit) {
            return Err(Error::Id);
        }
        let mut url = self.shared.base_url.clone();
        // The builder has seen that it has a path.
        url.path_segments_mut().map_err(|()| Error::Id)?.pop_if_empty().extend(path);
        Ok(Request::new(self, method, url))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut client = f.debug_struct("Client");
        client.field("base_url", &self.shared.base_url.as_str());
        client.field("token", &self.token).finish_non_exhaustive()
    }
}
