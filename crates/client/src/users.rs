//! Users of the whole installation.

use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::{
    Client, ETag, Error, Page, PageRequest, Tagged, UserId, UserRole, page::all, request::Request,
    word::words,
};

words! {
    /// Whether an account can be signed in to.
    UserStatus {
        /// It can.
        Active = "active",
        /// It cannot, until it is activated.
        Deactivated = "deactivated",
    }
}

/// A user. All but the first three fields are for platform admins and for the
/// user themselves; others get `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// The e-mail address.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// The name of the home organization, if there is one.
    #[serde(default)]
    pub organization: Option<String>,
    /// The role in the whole installation.
    #[serde(default)]
    pub role: Option<UserRole>,
    /// Whether there is a second factor.
    #[serde(default)]
    pub mfa_enabled: Option<bool>,
    /// When the account was made.
    #[serde(default)]
    pub created_at: Option<DateTime<Utc>>,
    /// Whether the account can be signed in to.
    #[serde(default)]
    pub status: Option<UserStatus>,
    /// Whether it is proven that the address is theirs.
    #[serde(default)]
    pub email_verified: Option<bool>,
    /// When the account changed last.
    #[serde(default)]
    pub updated_at: Option<DateTime<Utc>>,
    /// When they signed in last, if ever.
    #[serde(default)]
    pub last_sign_in_at: Option<DateTime<Utc>>,
}

/// Which users a list has; by default all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Part of the name or of the address.
    pub q: Option<String>,
    /// Whether the account can be signed in to.
    pub status: Option<UserStatus>,
}

/// What is to change of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UserPatch {
    /// A new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The role in the whole installation, for platform admins to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<UserRole>,
}

/// The calls about all users that the caller may see.
#[derive(Debug, Clone, Copy)]
pub struct Users<'a> {
    pub(crate) client: &'a Client,
}

impl<'a> Users<'a> {
    fn listing(self, filter: &UserFilter) -> Result<Request<'a>, Error> {
        let status = filter.status.as_ref().map(UserStatus::as_str);
        let request = self.client.request(Method::GET, &["api", "users"])?;
        Ok(request.query("q", filter.q.as_deref()).query("status", status))
    }

    /// A page of users.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn list(self, filter: &UserFilter, page: &PageRequest) -> Result<Page<User>, Error> {
        self.listing(filter)?.page(page).await
    }

    /// Every user, page after page.
    #[must_use]
    pub fn all(self, filter: &UserFilter) -> BoxStream<'a, Result<User, Error>> {
        all(self.listing(filter))
    }
}

/// The calls about one user.
#[derive(Debug, Clone, Copy)]
pub struct UserHandle<'a> {
    pub(crate) client: &'a Client,
    pub(crate) id: &'a UserId,
}

impl<'a> UserHandle<'a> {
    fn request(self, method: Method, path: &[&str]) -> Result<Request<'a>, Error> {
        self.client.request(method, &[&["api", "users", self.id.as_str()], path].concat())
    }

    /// The user.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn get(self) -> Result<Tagged<User>, Error> {
        self.request(Method::GET, &[])?.tagged().await
    }

    /// The user, or `None` if they are still as they were at the tag.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn get_if_changed(self, known: &ETag) -> Result<Option<Tagged<User>>, Error> {
        self.request(Method::GET, &[])?.tagged_unless(known).await
    }

    /// Changes what the patch names.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn patch(
        self,
        patch: &UserPatch,
        if_match: Option<&ETag>,
    ) -> Result<Tagged<User>, Error> {
        self.request(Method::PATCH, &[])?.if_match(if_match).merge_patch(patch)?.tagged().await
    }

    /// Locks the account and ends every session of it.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn deactivate(self) -> Result<Tagged<User>, Error> {
        self.request(Method::POST, &["deactivate"])?.idempotent().tagged().await
    }

    /// Lets the account be signed in to again.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn activate(self) -> Result<Tagged<User>, Error> {
        self.request(Method::POST, &["activate"])?.idempotent().tagged().await
    }

    /// Deletes the user and their personal data.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn delete(self, if_match: Option<&ETag>) -> Result<(), Error> {
        self.request(Method::DELETE, &[])?.if_match(if_match).nothing().await
    }
}
