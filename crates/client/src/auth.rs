//! Registration, sign-in, and the caller's own account.

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    Client, Error, IdempotencyKey, Secret, SessionId, UserId, request::Request, word::words,
};

words! {
    /// A role in the whole installation.
    UserRole {
        /// Sees the organizations in which they are a member.
        User = "user",
        /// A platform admin, who sees every organization.
        Admin = "admin",
    }
}

/// An account to be made. What may be left out is empty in
/// [`new`](Self::new).
#[derive(Debug, Clone, Serialize)]
pub struct Registration {
    /// The e-mail address.
    pub email: String,
    /// 8 to 256 characters that are not easily guessed.
    pub password: Secret,
    /// The person's name.
    pub name: String,
    /// The name of the organization to found or to join; the default
    /// organization if none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// The secret of an invitation, which is accepted at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation: Option<Secret>,
}

impl Registration {
    /// An account that joins the default organization.
    pub fn new(
        email: impl Into<String>,
        password: impl Into<Secret>,
        name: impl Into<String>,
    ) -> Self {
        let (email, password, name) = (email.into(), password.into(), name.into());
        Self { email, password, name, organization: None, invitation: None }
    }
}

/// What one signs in with.
#[derive(Debug, Clone, Serialize)]
pub struct Credentials {
    /// The e-mail address.
    pub email: String,
    /// The password.
    pub password: Secret,
}

impl Credentials {
    /// An address and its password.
    pub fn new(email: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self { email: email.into(), password: password.into() }
    }
}

/// A caller that has just signed in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SignedIn {
    /// The token, for [`Client::with_token`]. It is shown this once.
    pub access_token: Secret,
    /// For how many seconds the token lives without being used.
    pub expires_in: u64,
    /// Whose it is.
    pub user: Account,
}

/// The caller's own account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Account {
    /// Its id.
    pub id: UserId,
    /// The e-mail address.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// The name of the home organization.
    pub organization: Option<String>,
    /// The role in the whole installation.
    pub role: UserRole,
    /// Whether there is a second factor.
    pub mfa_enabled: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// One signed-in client of the caller's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was used last, to within a minute.
    pub last_used_at: DateTime<Utc>,
    /// When it ends unless it is used before.
    pub expires_at: DateTime<Utc>,
    /// Where it was begun from.
    pub ip_address: Option<String>,
    /// What the client called itself when it began.
    pub user_agent: Option<String>,
    /// Whether the request was made with it.
    pub current: bool,
}

/// The calls of sign-in.
#[derive(Debug, Clone, Copy)]
pub struct Auth<'a> {
    pub(crate) client: &'a Client,
}

impl<'a> Auth<'a> {
    fn post(self, path: &[&str]) -> Result<Request<'a>, Error> {
        self.client.request(Method::POST, &[&["api", "auth"], path].concat())
    }

    /// Makes an account and signs it in. Needs no token.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn register(
        self,
        registration: &Registration,
        key: Option<&IdempotencyKey>,
    ) -> Result<SignedIn, Error> {
        self.post(&["register"])?.keyed(key).json(registration)?.value().await
    }

    /// Signs in. Needs no token.
    ///
    /// # Errors
    ///
    /// [`is_unauthorized`](Error::is_unauthorized) if the credentials are wrong;
    /// see [`Error`].
    pub async fn login(self, credentials: &Credentials) -> Result<SignedIn, Error> {
        self.post(&["login"])?.json(credentials)?.value().await
    }

    /// Ends the session in use; its token is dead from then on.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn logout(self) -> Result<(), Error> {
        self.post(&["logout"])?.nothing().await
    }

    /// The caller's account.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn me(self) -> Result<Account, Error> {
        self.client.request(Method::GET, &["api", "auth", "me"])?.value().await
    }

    /// The caller's live sessions, newest first.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn sessions(self) -> Result<Vec<Session>, Error> {
        self.client.request(Method::GET, &["api", "auth", "sessions"])?.value().await
    }

    /// Ends one session of the caller's.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn end_session(self, id: &SessionId) -> Result<(), Error> {
        let path = ["api", "auth", "sessions", id.as_str()];
        self.client.request(Method::DELETE, &path)?.nothing().await
    }

    /// Ends every session of the caller's but the one in use, and says how many
    /// those were.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn end_other_sessions(self) -> Result<u64, Error> {
        #[derive(Deserialize)]
        struct Answer {
            ended: u64,
        }
        let request = self.client.request(Method::DELETE, &["api", "auth", "sessions"])?;
        Ok(request.value::<Answer>().await?.ended)
    }

    /// Changes the password, and ends every other session of the caller's.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn change_password(self, current: &Secret, new: &Secret) -> Result<(), Error> {
        let body = json!({"current_password": current, "new_password": new});
        self.post(&["password"])?.json(&body)?.nothing().await
    }

    /// Has a mail sent to the caller's address, with a token that proves it.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn request_email_verification(self) -> Result<(), Error> {
        self.post(&["email", "verification"])?.nothing().await
    }

    /// Proves an address by the token that was sent there. Needs no sign-in.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn verify_email(self, token: &Secret) -> Result<(), Error> {
        self.post(&["email", "verify"])?.json(&json!({"token": token}))?.nothing().await
    }

    /// Has a mail sent to the address, if it has an account, with a token that
    /// sets a new password. Needs no sign-in.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn forgot_password(self, email: &str) -> Result<(), Error> {
        self.post(&["password", "forgot"])?.json(&json!({"email": email}))?.nothing().await
    }

    /// Sets a new password by the token that was sent for that. Needs no
    /// sign-in.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn reset_password(self, token: &Secret, password: &Secret) -> Result<(), Error> {
        let body = json!({"token": token, "password": password});
        self.post(&["password", "reset"])?.json(&body)?.nothing().await
    }
}
