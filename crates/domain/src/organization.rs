//! The organization: a tenant.

use std::{fmt, str::FromStr};

use crate::{DomainName, OrganizationId, TextError, Timestamp, text};

/// Name of an organization: 1 to 200 visible characters in NFC. Two names are
/// the same when their [`key`](Self::key)s are.
#[derive(Debug, Clone)]
pub struct OrganizationName {
    name: String,
    key: String,
}

impl OrganizationName {
    /// The bound on a name, in characters.
    pub const MAX_CHARACTERS: usize = 200;

    /// A name that this crate makes up itself and that is known to be clean.
    pub(crate) fn made_up(name: String) -> Self {
        let key = text::comparison_key(&name);
        Self { name, key }
    }

    /// The name as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The form by which names are compared and unique in an installation.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl FromStr for OrganizationName {
    type Err = TextError;

    fn from_str(raw: &str) -> Result<Self, TextError> {
        let name = text::clean(raw, Self::MAX_CHARACTERS)?;
        let key = text::comparison_key(&name);
        Ok(Self { name, key })
    }
}

impl fmt::Display for OrganizationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl PartialEq for OrganizationName {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for OrganizationName {}

/// A tenant: it groups users and workspaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id, for ever.
    pub id: OrganizationId,
    /// Its name, unique in the installation.
    pub name: OrganizationName,
    /// Its primary domain, unique in the installation.
    pub domain: Option<DomainName>,
    /// How many members it has. Kept by the store in the transaction that
    /// changes a membership; zero when the organization is made.
    pub users_count: u32,
    /// How many workspaces are allocated to it, kept likewise.
    pub workspaces_count: u32,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its own fields changed last. The counts are none of them.
    pub updated_at: Timestamp,
}

impl Organization {
    /// An organization without members and workspaces.
    #[must_use]
    pub const fn new(
        id: OrganizationId,
        name: OrganizationName,
        domain: Option<DomainName>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            name,
            domain,
            users_count: 0,
            workspaces_count: 0,
            created_at: now,
            updated_at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_whatever_their_case() {
        let one: OrganizationName = " Acme GmbH ".parse().unwrap();
        let other: OrganizationName = "ACME gmbh".parse().unwrap();
        assert_eq!(one, other);
        assert_eq!(one.as_str(), "Acme GmbH");
    }
}
