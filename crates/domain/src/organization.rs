//! The organization: a tenant.

use std::{fmt, str::FromStr};

use crate::{
    DomainName, ExternalId, Metadata, OrganizationId, Quota, Quotas, TextError, Timestamp, quota,
    text,
};

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

/// Whether an organization may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrganizationStatus {
    /// In use.
    Active,
    /// Halted by a platform admin: its owners may look, nobody may change it.
    Suspended,
}

impl OrganizationStatus {
    /// Every status.
    pub const ALL: [Self; 2] = [Self::Active, Self::Suspended];

    /// `active` or `suspended`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }
}

/// What an organization decides for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrganizationSettings {
    /// Whether registrants whose address lies in its domain join it, where the
    /// installation's auto-join lets them.
    pub auto_join: bool,
}

impl Default for OrganizationSettings {
    fn default() -> Self {
        Self { auto_join: true }
    }
}

/// What can be changed of an organization by its own administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationProfile {
    /// Its name, unique in the installation.
    pub name: OrganizationName,
    /// Its primary domain, unique in the installation.
    pub domain: Option<DomainName>,
    /// Its id in another system, unique in the installation.
    pub external_id: Option<ExternalId>,
    /// What others attach to it.
    pub metadata: Metadata,
    /// What it decides for itself.
    pub settings: OrganizationSettings,
}

/// A tenant: it groups users and workspaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id, for ever.
    pub id: OrganizationId,
    /// Its name, unique in the installation.
    pub name: OrganizationName,
    /// Its primary domain, unique in the installation.
    pub domain: Option<DomainName>,
    /// Its id in another system, unique in the installation.
    pub external_id: Option<ExternalId>,
    /// What others attach to it.
    pub metadata: Metadata,
    /// What it decides for itself.
    pub settings: OrganizationSettings,
    /// Whether it was made as the default organization, which takes everybody:
    /// its members may be strangers to each other, now and later.
    pub is_default: bool,
    /// Whether it may be used.
    pub status: OrganizationStatus,
    /// How much it may use.
    pub quotas: Quotas,
    /// How many members it has. Kept by the store in the transaction that
    /// changes a membership; zero when the organization is made.
    pub users_count: u32,
    /// How many workspaces are allocated to it, kept likewise.
    pub workspaces_count: u32,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its own fields changed last. The counts are none of them.
    pub updated_at: Timestamp,
    /// When it was deleted, from which it can be restored for a while.
    pub deleted_at: Option<Timestamp>,
    /// Counts the changes of its own fields, from 1.
    pub version: u64,
}

impl Organization {
    /// An active organization without members, workspaces and limits.
    #[must_use]
    pub fn new(
        id: OrganizationId,
        name: OrganizationName,
        domain: Option<DomainName>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            name,
            domain,
            external_id: None,
            metadata: Metadata::default(),
            settings: OrganizationSettings::default(),
            is_default: false,
            status: OrganizationStatus::Active,
            quotas: Quotas::default(),
            users_count: 0,
            workspaces_count: 0,
            created_at: now,
            updated_at: now,
            deleted_at: None,
            version: 1,
        }
    }

    /// What its administrators may change, as it is now.
    #[must_use]
    pub fn profile(&self) -> OrganizationProfile {
        OrganizationProfile {
            name: self.name.clone(),
            domain: self.domain.clone(),
            external_id: self.external_id.clone(),
            metadata: self.metadata.clone(),
            settings: self.settings,
        }
    }

    /// Replaces what its administrators may change.
    pub fn set_profile(&mut self, profile: OrganizationProfile) {
        let OrganizationProfile { name, domain, external_id, metadata, settings } = profile;
        self.name = name;
        self.domain = domain;
        self.external_id = external_id;
        self.metadata = metadata;
        self.settings = settings;
    }

    /// Changes fields and counts it as one change of the organization, if it
    /// was one. Says whether it was.
    pub fn change(&mut self, now: Timestamp, change: impl FnOnce(&mut Self)) -> bool {
        let before = self.clone();
        change(self);
        // Names are the same in any case, but shown as they were given.
        if *self == before && self.name.as_str() == before.name.as_str() {
            return false;
        }
        self.version = before.version + 1;
        self.updated_at = now;
        true
    }

    /// How many members it may have, and how many it has.
    #[must_use]
    pub const fn users_quota(&self) -> Quota {
        let (limit, used) = (self.quotas.users, self.users_count);
        Quota { resource: quota::Resource::Users, limit, used }
    }

    /// How many workspaces it may have, and how many it has.
    #[must_use]
    pub const fn workspaces_quota(&self) -> Quota {
        let (limit, used) = (self.quotas.workspaces, self.workspaces_count);
        Quota { resource: quota::Resource::Workspaces, limit, used }
    }

    /// How many invitations it may have open, where so many are. They are not
    /// counted in it: they close by the passing of time.
    #[must_use]
    pub const fn invitations_quota(&self, open: u32) -> Quota {
        let (limit, used) = (self.quotas.invitations, open);
        Quota { resource: quota::Resource::Invitations, limit, used }
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

    #[test]
    fn only_what_changes_something_counts_as_a_change() {
        let at = |seconds| Timestamp::UNIX_EPOCH + chrono::TimeDelta::seconds(seconds);
        let id = crate::ids::Id::new(uuid::Uuid::nil());
        let mut acme = Organization::new(id, "Acme".parse().unwrap(), None, at(0));
        let profile = acme.profile();
        assert!(!acme.change(at(1), |acme| acme.set_profile(profile)));
        assert_eq!((acme.version, acme.updated_at), (1, at(0)));
        assert!(acme.change(at(2), |acme| acme.status = OrganizationStatus::Suspended));
        assert_eq!((acme.version, acme.updated_at), (2, at(2)));
        assert!(acme.change(at(3), |acme| acme.name = "ACME".parse().unwrap()));
        assert_eq!((acme.version, acme.name.as_str()), (3, "ACME"));
    }
}
