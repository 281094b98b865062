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
    /// When it was proven that the address is the person's, if it was.
    pub email_verified_at: Option<Timestamp>,
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
    /// Counts the changes of its own fields, from 1. A sign-in is none.
    pub version: u64,
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
            email_verified_at: None,
            mfa_enabled: false,
            home: None,
            intended_organization: None,
            created_at: now,
            updated_at: now,
            last_sign_in_at: None,
            version: 1,
        }
    }

    /// Whether the account may be used.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self.status, UserStatus::Active)
    }

    /// Changes fields of its own. Counts the change, and says whether there was
    /// one.
    pub fn change(&mut self, now: Timestamp, change: impl FnOnce(&mut Self)) -> bool {
        let before = self.clone();
        change(self);
        let is_changed = *self != before;
        if is_changed {
            self.updated_at = now;
            self.version += 1;
        }
        is_changed
    }

    /// Notes that the address was proven to be the person's.
    pub fn verify_email(&mut self, now: Timestamp) -> bool {
        self.change(now, |user| user.email_verified_at = user.email_verified_at.or(Some(now)))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;

    fn ada() -> User {
        let (email, name) = ("ada@acme.com".parse().unwrap(), "Ada".parse().unwrap());
        User::new(UserId::new(Uuid::nil()), email, name, UserRole::User, Timestamp::UNIX_EPOCH)
    }

    fn later() -> Timestamp {
        Timestamp::UNIX_EPOCH + TimeDelta::seconds(1)
    }

    #[test]
    fn only_what_changes_is_counted() {
        let mut user = ada();
        assert!(!user.change(later(), |user| user.role = UserRole::User));
        assert_eq!(user, ada());
        assert!(user.change(later(), |user| user.role = UserRole::Admin));
        assert_eq!((user.role, user.version, user.updated_at), (UserRole::Admin, 2, later()));
        assert_eq!(user.created_at, Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn an_address_is_proven_once() {
        let mut user = ada();
        assert!(user.verify_email(later()));
        let proven = user.clone();
        assert_eq!((proven.email_verified_at, proven.version), (Some(later()), 2));
        assert!(!user.verify_email(later() + TimeDelta::seconds(1)));
        assert_eq!(user, proven);
    }
}
