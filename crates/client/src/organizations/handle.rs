//! The calls about one organization.

use reqwest::Method;

use super::{OrganizationDetails, OrganizationPatch, OrganizationProfile, SecurityScore};
use crate::{
    AuditLogs, Client, ETag, Error, Invitations, Members, OrganizationId, QuotasHandle, Tagged,
    Workspaces, request::Request,
};

/// The calls about one organization, and the way to what hangs on it.
#[derive(Debug, Clone, Copy)]
pub struct OrganizationHandle<'a> {
    pub(crate) client: &'a Client,
    pub(crate) id: &'a OrganizationId,
}

impl<'a> OrganizationHandle<'a> {
    fn request(self, method: Method, path: &[&str]) -> Result<Request<'a>, Error> {
        let path = [&["api", "organizations", self.id.as_str()], path].concat();
        self.client.request(method, &path)
    }

    /// Its members.
    #[must_use]
    pub const fn members(self) -> Members<'a> {
        Members { client: self.client, organization: self.id }
    }

    /// Its invitations.
    #[must_use]
    pub const fn invitations(self) -> Invitations<'a> {
        Invitations { client: self.client, organization: self.id }
    }

    /// Its audit trail.
    #[must_use]
    pub const fn audit_logs(self) -> AuditLogs<'a> {
        AuditLogs { client: self.client, organization: Some(self.id) }
    }

    /// Its workspaces.
    #[must_use]
    pub const fn workspaces(self) -> Workspaces<'a> {
        Workspaces { client: self.client, organization: self.id }
    }

    /// Its quotas.
    #[must_use]
    pub const fn quotas(self) -> QuotasHandle<'a> {
        QuotasHandle { client: self.client, organization: self.id }
    }

    /// The organization.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn get(self) -> Result<Tagged<OrganizationDetails>, Error> {
        self.request(Method::GET, &[])?.tagged().await
    }

    /// The organization, or `None` if it is still that of the tag.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn get_if_changed(
        self,
        known: &ETag,
    ) -> Result<Option<Tagged<OrganizationDetails>>, Error> {
        self.request(Method::GET, &[])?.tagged_unless(known).await
    }

    /// Replaces what its administrators may change.
    ///
    /// # Errors
    ///
    /// [`is_version_mismatch`](Error::is_version_mismatch) if it has changed
    /// since the tag; see [`Error`].
    pub async fn replace(
        self,
        profile: &OrganizationProfile,
        if_match: Option<&ETag>,
    ) -> Result<Tagged<OrganizationDetails>, Error> {
        self.request(Method::PUT, &[])?.if_match(if_match).json(profile)?.tagged().await
    }

    /// Changes what the patch names.
    ///
    /// # Errors
    ///
    /// [`is_version_mismatch`](Error::is_version_mismatch) if it has changed
    /// since the tag; see [`Error`].
    pub async fn patch(
        self,
        patch: &OrganizationPatch,
        if_match: Option<&ETag>,
    ) -> Result<Tagged<OrganizationDetails>, Error> {
        self.request(Method::PATCH, &[])?.if_match(if_match).merge_patch(patch)?.tagged().await
    }

    /// Deletes it: it is hidden at once, and can be restored for a while.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn delete(self, if_match: Option<&ETag>) -> Result<(), Error> {
        self.request(Method::DELETE, &[])?.if_match(if_match).nothing().await
    }

    /// Brings it back after it was deleted.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn restore(self) -> Result<Tagged<OrganizationDetails>, Error> {
        self.request(Method::POST, &["restore"])?.tagged().await
    }

    /// Suspends it: its owners may look, nobody may change it. For platform
    /// admins.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn suspend(self) -> Result<Tagged<OrganizationDetails>, Error> {
        self.request(Method::POST, &["suspend"])?.idempotent().tagged().await
    }

    /// Lets it be used again. For platform admins.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn activate(self) -> Result<Tagged<OrganizationDetails>, Error> {
        self.request(Method::POST, &["activate"])?.idempotent().tagged().await
    }

    /// What its security score is made of.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn security_score(self) -> Result<SecurityScore, Error> {
        self.request(Method::GET, &["security-score"])?.value().await
    }
}
