//! Invitations into organizations, for those who send them and for those who
//! receive them.

mod dto;
mod received;

use futures_util::stream::BoxStream;
use reqwest::Method;

pub use self::{
    dto::{
        AcceptedInvitation, Invitation, InvitationFilter, InvitationOutcome, InvitationStatus,
        InvitedTo, NewInvitation, ReceivedInvitationDetails,
    },
    received::ReceivedInvitation,
};
use crate::{
    Client, ETag, Error, IdempotencyKey, InvitationId, OrganizationId, Page, PageRequest, Tagged,
    page::all, request::Request,
};

/// The calls about the invitations of one organization.
#[derive(Debug, Clone, Copy)]
pub struct Invitations<'a> {
    pub(crate) client: &'a Client,
    pub(crate) organization: &'a OrganizationId,
}

impl<'a> Invitations<'a> {
    fn request(self, method: Method, path: &[&str]) -> Result<Request<'a>, Error> {
        let collection = ["api", "organizations", self.organization.as_str(), "invitations"];
        self.client.request(method, &[&collection, path].concat())
    }

    fn listing(self, filter: &InvitationFilter) -> Result<Request<'a>, Error> {
        let status = filter.status.as_ref().map(InvitationStatus::as_str);
        Ok(self.request(Method::GET, &[])?.query("status", status))
    }

    /// Invites somebody. The secret goes to their mailbox and nowhere else.
    ///
    /// # Errors
    ///
    /// [`is_quota_exceeded`](Error::is_quota_exceeded) if there is no room for
    /// more; see [`Error`].
    pub async fn create(
        self,
        invitation: &NewInvitation,
        key: Option<&IdempotencyKey>,
    ) -> Result<Tagged<Invitation>, Error> {
        self.request(Method::POST, &[])?.keyed(key).json(invitation)?.tagged().await
    }

    /// Invites many at once, at most 1,000. What came of each is in the same
    /// order.
    ///
    /// # Errors
    ///
    /// See [`Error`]. That one cannot be invited is no error of the call.
    pub async fn create_all(
        self,
        invitations: &[NewInvitation],
        key: Option<&IdempotencyKey>,
    ) -> Result<Vec<InvitationOutcome>, Error> {
        self.request(Method::POST, &[])?.keyed(key).json(&invitations)?.value().await
    }

    /// A page of invitations.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn list(
        self,
        filter: &InvitationFilter,
        page: &PageRequest,
    ) -> Result<Page<Invitation>, Error> {
        self.listing(filter)?.page(page).await
    }

    /// Every invitation, page after page.
    #[must_use]
    pub fn all(self, filter: &InvitationFilter) -> BoxStream<'a, Result<Invitation, Error>> {
        all(self.listing(filter))
    }

    /// One invitation.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn get(self, id: &InvitationId) -> Result<Tagged<Invitation>, Error> {
        self.request(Method::GET, &[id.as_str()])?.tagged().await
    }

    /// One invitation, or `None` if it is still that of the tag.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn get_if_changed(
        self,
        id: &InvitationId,
        known: &ETag,
    ) -> Result<Option<Tagged<Invitation>>, Error> {
        self.request(Method::GET, &[id.as_str()])?.tagged_unless(known).await
    }

    /// Revokes an invitation.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn revoke(self, id: &InvitationId, if_match: Option<&ETag>) -> Result<(), Error> {
        self.request(Method::DELETE, &[id.as_str()])?.if_match(if_match).nothing().await
    }

    /// Sends an invitation once more.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn resend(self, id: &InvitationId) -> Result<Tagged<Invitation>, Error> {
        self.request(Method::POST, &[id.as_str(), "resend"])?.tagged().await
    }
}
