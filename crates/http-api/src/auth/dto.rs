//! What the calls of this resource take and answer.

use std::net::IpAddr;

use guildhall_application::{Caller, auth::SignedIn, ports::UserWithOrganization};
use guildhall_domain::{Session, SessionId, User, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::timestamp::Rfc3339;

/// An account.
#[derive(Debug, Hash, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserResponse {
    #[schema(value_type = String, example = "user-5f0c8b1e-6f0a-4c58-9a55-6a6f6c1f7a11")]
    id: UserId,
    #[schema(format = Email, example = "john@acme.com")]
    email: String,
    #[schema(example = "John Doe")]
    name: String,
    /// Name of the home organization.
    #[schema(required = true, example = "Acme Corporation")]
    organization: Option<String>,
    /// Role in the whole installation: `user` or `admin`.
    #[schema(example = "user")]
    role: &'static str,
    #[schema(example = false)]
    mfa_enabled: bool,
    #[schema(value_type = String, format = DateTime, example = "2026-01-15T10:00:00.000Z")]
    created_at: Rfc3339,
}

impl UserResponse {
    fn new(user: &User, organization: Option<String>) -> Self {
        Self {
            id: user.id,
            email: user.email.as_str().to_owned(),
            name: user.name.as_str().to_owned(),
            organization,
            role: user.role.as_str(),
            mfa_enabled: user.mfa_enabled,
            created_at: Rfc3339(user.created_at),
        }
    }
}

impl From<UserWithOrganization> for UserResponse {
    fn from(account: UserWithOrganization) -> Self {
        Self::new(&account.user, account.organization)
    }
}

impl From<Caller> for UserResponse {
    fn from(caller: Caller) -> Self {
        Self::new(&caller.user, caller.organization)
    }
}

/// A client that has just signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = SignedIn)]
pub(crate) struct SignedInResponse {
    /// The bearer token. It is shown this once.
    #[schema(example = "your-token-here")]
    access_token: String,
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// For how many seconds the token lives without being used.
    #[schema(example = 604_800)]
    expires_in: i64,
    user: UserResponse,
}

impl From<SignedIn> for SignedInResponse {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            access_token: signed_in.token.expose().to_owned(),
            token_type: "bearer",
            expires_in: signed_in.expires_in.num_seconds(),
            user: signed_in.account.into(),
        }
    }
}

/// One signed-in client.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionResponse {
    #[schema(value_type = String, example = "session-0b8f0f0e-8f0d-4d0c-9a55-6a6f6c1f7a11")]
    id: SessionId,
    #[schema(value_type = String, format = DateTime, example = "2026-01-15T10:00:00.000Z")]
    created_at: Rfc3339,
    /// To within a minute.
    #[schema(value_type = String, format = DateTime, example = "2026-01-15T10:30:00.000Z")]
    last_used_at: Rfc3339,
    /// When it ends unless it is used before.
    #[schema(value_type = String, format = DateTime, example = "2026-01-22T10:30:00.000Z")]
    expires_at: Rfc3339,
    /// Where it was begun from.
    #[schema(value_type = Option<String>, required = true, example = "203.0.113.9")]
    ip_address: Option<IpAddr>,
    /// What the client called itself when it began.
    #[schema(required = true, example = "curl/8.7.1")]
    user_agent: Option<String>,
    /// Whether this request was made with it.
    #[schema(example = true)]
    current: bool,
}

impl SessionResponse {
    pub(crate) fn new(session: Session, current: SessionId) -> Self {
        Self {
            id: session.id,
            created_at: Rfc3339(session.created_at),
            last_used_at: Rfc3339(session.last_used_at),
            expires_at: Rfc3339(session.expires_at),
            ip_address: session.origin.ip_address,
            user_agent: session.origin.user_agent,
            current: session.id == current,
        }
    }
}

/// A sentence for people.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct MessageResponse {
    #[schema(example = "Logged out successfully")]
    pub(crate) message: &'static str,
}
