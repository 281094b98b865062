//! Changing what an organization's administrators may change.

use std::collections::BTreeMap;

use guildhall_domain::{
    Action, DomainName, ExternalId, Metadata, Organization, OrganizationId, OrganizationName,
    OrganizationProfile, Permission, Resource,
};

use super::{OrganizationEditor, domain_rule};
use crate::{Access, Caller, Error, ExpectedVersion, Fault, Patch, ports::Change};

/// Changes to a profile, by merge patch (RFC 7396).
#[derive(Debug, Clone, Default)]
pub struct OrganizationPatch {
    /// The name, if it is to change.
    pub name: Option<OrganizationName>,
    /// The domain.
    pub domain: Patch<DomainName>,
    /// The external id.
    pub external_id: Patch<ExternalId>,
    /// Pairs to set, and, without a value, keys to remove; without any, all
    /// pairs go.
    pub metadata: Patch<BTreeMap<String, Option<String>>>,
    /// Whether auto-join is wanted, if that is to change.
    pub auto_join: Option<bool>,
}

impl OrganizationPatch {
    /// The profile after the patch.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the metadata would go over its bounds.
    fn apply(self, mut profile: OrganizationProfile) -> Result<OrganizationProfile, Error> {
        if let Some(name) = self.name {
            profile.name = name;
        }
        self.domain.apply(&mut profile.domain);
        self.external_id.apply(&mut profile.external_id);
        match self.metadata {
            Patch::Keep => {}
            Patch::Clear => profile.metadata = Metadata::default(),
            Patch::Set(patch) => {
                let merged = profile.metadata.merged(&patch);
                profile.metadata = merged
                    .map_err(|error| Error::Invalid(vec![Fault::of_field("metadata", error)]))?;
            }
        }
        if let Some(auto_join) = self.auto_join {
            profile.settings.auto_join = auto_join;
        }
        Ok(profile)
    }
}

/// Changes the profile of an organization.
pub struct ChangeOrganization {
    pub(crate) editor: OrganizationEditor,
}

impl ChangeOrganization {
    /// Replaces the whole profile.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`],
    /// [`Error::OrganizationSuspended`], [`Error::VersionMismatch`],
    /// [`Error::Invalid`] when the domain is not the caller's to claim,
    /// [`Error::OrganizationNameTaken`], [`Error::DomainTaken`],
    /// [`Error::ExternalIdTaken`]; failures of the store.
    #[tracing::instrument(level = "debug", name = "organization.replace", skip_all)]
    pub async fn replace(
        &self,
        caller: &Caller,
        id: OrganizationId,
        expected: &ExpectedVersion,
        profile: OrganizationProfile,
    ) -> Result<Access, Error> {
        self.change(caller, id, expected, |_| Ok(profile)).await
    }

    /// Changes the fields that the patch names.
    ///
    /// # Errors
    ///
    /// As [`replace`](Self::replace), and [`Error::Invalid`] when the metadata
    /// would go over its bounds.
    #[tracing::instrument(level = "debug", name = "organization.patch", skip_all)]
    pub async fn patch(
        &self,
        caller: &Caller,
        id: OrganizationId,
        expected: &ExpectedVersion,
        patch: OrganizationPatch,
    ) -> Result<Access, Error> {
        self.change(caller, id, expected, |profile| patch.apply(profile)).await
    }

    async fn change(
        &self,
        caller: &Caller,
        id: OrganizationId,
        expected: &ExpectedVersion,
        change: impl FnOnce(OrganizationProfile) -> Result<OrganizationProfile, Error> + Send,
    ) -> Result<Access, Error> {
        let (mut work, access) = self.editor.open(caller, id).await?;
        let scope = access.require(Permission::UpdateOrganization)?;
        let before = access.organization();
        expected.check(before.version)?;
        let profile = change(before.profile())?;
        if profile.domain != before.domain {
            domain_rule::check(caller, profile.domain.as_ref())?;
        }
        let mut after = before.clone();
        if !after.change(self.editor.clock.now(), |organization| organization.set_profile(profile))
        {
            return Ok(access);
        }
        if let Some(conflict) = super::foreseen_conflict(&mut *work, &after, Some(before)).await? {
            return Err(conflict);
        }
        if work.organizations().update(&scope, &after).await? == Change::Conflict {
            // Somebody took one of the three a moment ago; another try tells which.
            return Err(super::contended());
        }
        let resource = Resource::Organization(after.id);
        let event = self
            .editor
            .event(caller, &scope, Action::OrganizationUpdated, resource)
            .with("fields", changed_fields(before, &after).join(","));
        work.audit_log().append(&event).await?;
        work.commit().await?;
        Ok(access.with(after))
    }
}

/// The names of the fields that differ.
fn changed_fields(before: &Organization, after: &Organization) -> Vec<&'static str> {
    [
        ("name", before.name.as_str() != after.name.as_str()),
        ("domain", before.domain != after.domain),
        ("external_id", before.external_id != after.external_id),
        ("metadata", before.metadata != after.metadata),
        ("settings", before.settings != after.settings),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}

#[cfg(test)]
mod tests;
