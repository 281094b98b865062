//! The user: a person's account, one per e-mail address in the installation.

use std::{fmt, str::FromStr};

use crate::{EmailAddress, OrganizationId, OrganizationName, TextError, Timestamp, UserId, text};

/// Name of a person: 1 to 200 visible characters in NFC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// The bound on a name, in characters.
    pub const MAX_CHARACTERS: usize = 200;

    /// The name as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PersonName {
    type Err = TextError;

    fn from_str(raw: &str) -> Result<Self, TextError> {
        text::clean(raw, Self::MAX_CHARACTERS).map(Self)
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Role of a user in the whole installation. What somebody may do in one
/// organization is their [`OrganizationRole`](crate::OrganizationRole) there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserRole {
    /// Sees and does what memberships allow.
    User,
    /// Platform administrator: sees every organization.
    Admin,
}

impl UserRole {
    /// Every role.
    pub const ALL: [Self; 2] = [Self::User, Self::Admin];

    /// `user` or `admin`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserStatus {
    /// May sign in.
    Active,
    /// May not sign in, and no session of it is honoured.
    Deactivated,
}

impl UserStatus {
    /// Every status.
    pub const ALL: [Self; 2] = [Self::Active, Self::Deactivated];

    /// `active` or `deactivated`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deactivated => "deactivated",
        }
    }
}

/// A person's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id, for ever.
    pub id: UserId,
    /// Its address, unique in the installation.
    pub email: EmailAddress,
    /// The person's name.
    pub name: PersonName,
    /// Role in the whole installation.
    pub role: UserRole,
    /// Whether the account may be used.
    pub status: UserStatus,
    /// Whether a second factor is asked for at sign-in.
    pub mfa_enabled: bool,
    /// The organization whose name stands in the account's `organization` field.
    pub home: Option<OrganizationId>,
    /// What stands in the `organization` field while there is no home: the
    /// organization that the account was made for, before it exists.
    pub intended_organization: Option<OrganizationName>,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When its own fields changed last.
    pub updated_at: Timestamp,
    /// When it signed in last.
    pub last_sign_in_at: Option<Timestamp>,
}

impl User {
    /// An active account without a home organization.
    #[must_use]
    pub const fn new(
        id: UserId,
        email: EmailAddress,
        name: PersonName,
        role: UserRole,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            email,
            name,
            role,
            status: UserStatus::Active,
            mfa_enabled: false,
            home: None,
            intended_organization: None,
            created_at: now,
            updated_at: now,
            last_sign_in_at: None,
        }
    }
}
