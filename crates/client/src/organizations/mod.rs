//! Organizations.

mod dto;
mod handle;

use futures_util::stream::BoxStream;
use reqwest::Method;

pub use self::{
    dto::{
        NewOrganization, Organization, OrganizationDetails, OrganizationPatch, OrganizationProfile,
        OrganizationSettings, OrganizationStatus, SecurityCheck, SecurityScore, SettingsPatch,
    },
    handle::OrganizationHandle,
};
use crate::{
    Client, Error, IdempotencyKey, Page, PageRequest, Tagged, page::all, request::Request,
};

/// The calls about all organizations of the caller's.
#[derive(Debug, Clone, Copy)]
pub struct Organizations<'a> {
    pub(crate) client: &'a Client,
}

impl<'a> Organizations<'a> {
    fn request(self, method: Method) -> Result<Request<'a>, Error> {
        self.client.request(method, &["api", "organizations"])
    }

    /// A page of the organizations in which the caller is a member, newest
    /// first; a platform admin gets all. It has 100 unless a limit is set.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn list(self, page: &PageRequest) -> Result<Page<Organization>, Error> {
        // Without any limit it would be the whole list.
        let page = PageRequest { limit: page.limit.or(Some(100)), ..page.clone() };
        self.request(Method::GET)?.page(&page).await
    }

    /// Every organization, page after page.
    #[must_use]
    pub fn all(self) -> BoxStream<'a, Result<Organization, Error>> {
        all(self.request(Method::GET))
    }

    /// The whole list in one answer, however long it is.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn whole(self) -> Result<Vec<Organization>, Error> {
        self.request(Method::GET)?.value().await
    }

    /// Creates an organization.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn create(
        self,
        organization: &NewOrganization,
        key: Option<&IdempotencyKey>,
    ) -> Result<Tagged<OrganizationDetails>, Error> {
        self.request(Method::POST)?.keyed(key).json(organization)?.tagged().await
    }
}
