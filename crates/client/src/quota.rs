//! Quotas: how much an organization may use, and how much it does.

use reqwest::{Method, header::HeaderMap};
use serde::{Deserialize, Serialize};

use crate::{Client, ETag, Error, OrganizationId, Tagged};

/// A limit, and what is used of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Quota {
    /// At most so many; `None` is no limit.
    pub limit: Option<u32>,
    /// So many there are.
    pub used: u32,
}

impl Quota {
    /// How many more there may be; `None` is no limit.
    #[must_use]
    pub fn left(&self) -> Option<u32> {
        self.limit.map(|limit| limit.saturating_sub(self.used))
    }

    /// Reads `Quota-Limit` and `Quota-Used`.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let text = |name| headers.get(name)?.to_str().ok();
        let limit = match text("quota-limit")? {
            "unlimited" => None,
            limit => Some(limit.parse().ok()?),
        };
        Some(Self { limit, used: text("quota-used")?.parse().ok()? })
    }
}

/// The quotas of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Quotas {
    /// Members.
    pub users: Quota,
    /// Workspaces.
    pub workspaces: Quota,
    /// Invitations that wait for an answer; `None` where the service has no
    /// invitations.
    #[serde(default)]
    pub invitations: Option<Quota>,
}

/// A limit that is to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// At most so many; `None` is no limit.
    pub limit: Option<u32>,
}

impl Limit {
    /// No limit.
    pub const NONE: Self = Self { limit: None };

    /// At most so many.
    #[must_use]
    pub const fn at_most(limit: u32) -> Self {
        Self { limit: Some(limit) }
    }
}

/// Every limit of an organization, as it is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct QuotaLimits {
    /// Of members.
    pub users: Limit,
    /// Of workspaces.
    pub workspaces: Limit,
    /// Of invitations that wait for an answer; `None` where the service has no
    /// invitations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitations: Option<Limit>,
}

/// The calls about the quotas of one organization.
#[derive(Debug, Clone, Copy)]
pub struct QuotasHandle<'a> {
    pub(crate) client: &'a Client,
    pub(crate) organization: &'a OrganizationId,
}

impl QuotasHandle<'_> {
    fn path(&self) -> [&str; 4] {
        ["api", "organizations", self.organization.as_str(), "quotas"]
    }

    /// The quotas. For members.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn get(self) -> Result<Tagged<Quotas>, Error> {
        self.client.request(Method::GET, &self.path())?.tagged().await
    }

    /// The quotas, or `None` if they are still those of the tag.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn get_if_changed(self, known: &ETag) -> Result<Option<Tagged<Quotas>>, Error> {
        self.client.request(Method::GET, &self.path())?.tagged_unless(known).await
    }

    /// Sets every limit. For platform admins.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn set(
        self,
        limits: &QuotaLimits,
        if_match: Option<&ETag>,
    ) -> Result<Tagged<Quotas>, Error> {
        let request = self.client.request(Method::PUT, &self.path())?;
        request.if_match(if_match).json(limits)?.tagged().await
    }
}
