//! Members of organizations.

use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    Client, ETag, Error, OrganizationId, Page, PageRequest, Tagged, UserId, page::all,
    request::Request, word::words,
};

words! {
    /// A role in one organization.
    OrganizationRole {
        /// May do everything there.
        Owner = "owner",
        /// May do everything but what concerns its being and its owners.
        Admin = "admin",
        /// May look.
        Member = "member",
    }
}

words! {
    /// How a membership came to be.
    MembershipSource {
        /// The user registered.
        Registration = "registration",
        /// Somebody made the user a member.
        Administrator = "administrator",
        /// The user joined the default organization.
        DefaultOrganization = "default_organization",
        /// The user accepted an invitation.
        Invitation = "invitation",
    }
}

/// What members of one organization see of each other's accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MemberUser {
    /// Its id.
    pub id: UserId,
    /// The e-mail address.
    pub email: String,
    /// The person's name.
    pub name: String,
}

/// A member of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Member {
    /// Who it is.
    pub user: MemberUser,
    /// The role in the organization.
    pub role: OrganizationRole,
    /// How the membership came to be.
    pub source: MembershipSource,
    /// When it did.
    pub joined_at: DateTime<Utc>,
}

/// Which members a list has; by default all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberFilter {
    /// Part of the name or of the address.
    pub q: Option<String>,
    /// Their role.
    pub role: Option<OrganizationRole>,
}

/// The calls about the members of one organization.
#[derive(Debug, Clone, Copy)]
pub struct Members<'a> {
    pub(crate) client: &'a Client,
    pub(crate) organization: &'a OrganizationId,
}

impl<'a> Members<'a> {
    fn listing(self, filter: &MemberFilter) -> Result<Request<'a>, Error> {
        let path = ["api", "organizations", self.organization.as_str(), "members"];
        let role = filter.role.as_ref().map(OrganizationRole::as_str);
        let request = self.client.request(Method::GET, &path)?;
        Ok(request.query("q", filter.q.as_deref()).query("role", role))
    }

    fn one(self, method: Method, user: &UserId) -> Result<Request<'a>, Error> {
        let organization = self.organization.as_str();
        let path = ["api", "organizations", organization, "members", user.as_str()];
        self.client.request(method, &path)
    }

    /// A page of members, those who joined last first.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn list(
        self,
        filter: &MemberFilter,
        page: &PageRequest,
    ) -> Result<Page<Member>, Error> {
        self.listing(filter)?.page(page).await
    }

    /// Every member, page after page.
    #[must_use]
    pub fn all(self, filter: &MemberFilter) -> BoxStream<'a, Result<Member, Error>> {
        all(self.listing(filter))
    }

    /// One member. Everybody may see their own membership.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn get(self, user: &UserId) -> Result<Tagged<Member>, Error> {
        self.one(Method::GET, user)?.tagged().await
    }

    /// One member, or `None` if it is still that of the tag.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn get_if_changed(
        self,
        user: &UserId,
        known: &ETag,
    ) -> Result<Option<Tagged<Member>>, Error> {
        self.one(Method::GET, user)?.tagged_unless(known).await
    }

    /// Makes an existing user a member, or changes the role of one. Who was made
    /// a member comes with the [`quota`](Tagged::quota).
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn set(
        self,
        user: &UserId,
        role: &OrganizationRole,
        if_match: Option<&ETag>,
    ) -> Result<Tagged<Member>, Error> {
        let request = self.one(Method::PUT, user)?.if_match(if_match);
        request.json(&json!({"role": role}))?.tagged().await
    }

    /// Removes a member, or lets the caller leave; never the last owner.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn remove(self, user: &UserId, if_match: Option<&ETag>) -> Result<(), Error> {
        self.one(Method::DELETE, user)?.if_match(if_match).nothing().await
    }
}
