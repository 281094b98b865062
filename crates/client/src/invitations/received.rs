//! The calls about an invitation that somebody received.

use reqwest::Method;

use super::{AcceptedInvitation, ReceivedInvitationDetails};
use crate::{Client, Error, Secret, request::Request};

/// The calls about an invitation, by the secret in it.
#[derive(Debug, Clone)]
pub struct ReceivedInvitation<'a> {
    pub(crate) client: &'a Client,
    pub(crate) token: Secret,
}

impl ReceivedInvitation<'_> {
    fn request(&self, method: Method, path: &[&str]) -> Result<Request<'_>, Error> {
        let path = [&["api", "invitations", self.token.expose()], path].concat();
        self.client.request(method, &path)
    }

    /// Where to, and who is invited. Needs no sign-in.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn get(&self) -> Result<ReceivedInvitationDetails, Error> {
        self.request(Method::GET, &[])?.value().await
    }

    /// Makes the caller, whose address must be the invited one, a member.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn accept(&self) -> Result<AcceptedInvitation, Error> {
        self.request(Method::POST, &["accept"])?.value().await
    }

    /// Declines the invitation. Needs no sign-in.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn decline(&self) -> Result<(), Error> {
        self.request(Method::POST, &["decline"])?.nothing().await
    }
}
