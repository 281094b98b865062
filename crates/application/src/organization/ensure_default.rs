//! The default organization: made by the first list of an installation that has
//! no organization.

use std::sync::Arc;

use guildhall_domain::{MembershipSource, OrganizationRole, UserStatus};

use super::founding::Founder;
use crate::{
    Caller, Error, Settings,
    ports::{Clock, Store},
};

/// Makes the default organization if the installation has no organization at
/// all. However many do this at once, one organization comes of it.
pub struct EnsureDefaultOrganization {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) founder: Founder,
    pub(crate) settings: Arc<Settings>,
}

impl EnsureDefaultOrganization {
    /// Makes it, with the caller as its owner. Does nothing where an
    /// organization exists by the time that the installation is locked.
    ///
    /// # Errors
    ///
    /// [`Error::NotAuthenticated`] when the caller's account was deactivated or
    /// removed meanwhile; failures of the store.
    #[tracing::instrument(level = "debug", name = "organization.ensure_default", skip_all)]
    pub async fn execute(&self, caller: &Caller) -> Result<(), Error> {
        let mut work = self.store.begin().await?;
        work.installation().lock().await?;
        let any_exists = work.organizations().any_exists().await?;
        // What the caller holds is the account as it was when the request came
        // in; writing that back would undo what happened to it since.
        let current = work.users().lock(caller.user.id).await?;
        let active = current.filter(|(user, _)| user.status == UserStatus::Active);
        let Some((mut user, _)) = active else { return Err(Error::NotAuthenticated) };
        let policy = &self.settings.default_organization;
        let Some(plan) = policy.on_list(any_exists, user.intended_organization.as_ref()) else {
            return Ok(());
        };
        let (now, origin) = (self.clock.now(), &caller.origin);
        let founded = self.founder.found_default(&mut *work, &user, &plan, origin, now).await?;
        // Its name or its domain is taken, and so by an organization that came
        // into being since: the installation is not empty after all.
        let Some(organization) = founded else { return Ok(()) };
        let (role, source) = (OrganizationRole::Owner, MembershipSource::DefaultOrganization);
        self.founder
            .add_member(&mut *work, &user, &organization, role, source, origin, now)
            .await?;
        user.home = Some(organization.id);
        user.updated_at = now;
        work.users().update(&user).await?;
        Ok(work.commit().await?)
    }
}

#[cfg(test)]
mod tests;
