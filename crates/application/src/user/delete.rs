//! Deleting users, and forgetting them.

use guildhall_domain::{Action, OrganizationId, Resource, User, UserId};

use super::{UserEditor, change::keep_an_admin};
use crate::{
    Access, Caller, Error, ExpectedVersion,
    member::keep_an_owner,
    organization::{OrganizationEditor, contended},
    ports::UnitOfWork,
};

/// Deletes users.
pub struct DeleteUser {
    pub(crate) users: UserEditor,
    pub(crate) organizations: OrganizationEditor,
}

impl DeleteUser {
    /// Ends every membership and session of a user and removes what is personal
    /// of them, from the audit trail too. What they did stays on it, under an id
    /// that leads nowhere. Everybody may delete themselves.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Forbidden`] when it is somebody else and
    /// the caller is no platform admin; [`Error::VersionMismatch`];
    /// [`Error::LastAdmin`]; [`Error::LastOwner`] while an organization has no
    /// other owner; failures of the store.
    #[tracing::instrument(level = "debug", name = "user.delete", skip_all)]
    pub async fn execute(
        &self,
        caller: &Caller,
        id: UserId,
        expected: &ExpectedVersion,
    ) -> Result<(), Error> {
        self.users.require(caller, id, true).await?;
        let mut work = self.users.store.begin().await?;
        work.installation().lock().await?;
        for organization in work.users().organizations_of(id).await? {
            self.leave(&mut *work, caller, organization, id).await?;
        }
        let (user, _) = work.users().lock(id).await?.ok_or(Error::NotFound)?;
        expected.check(user.version)?;
        keep_an_admin(&mut *work, &user).await?;
        if !work.users().organizations_of(id).await?.is_empty() {
            // Somebody added them a moment ago.
            return Err(contended());
        }
        self.erase(&mut *work, caller, &user).await?;
        Ok(work.commit().await?)
    }

    async fn leave(
        &self,
        work: &mut dyn UnitOfWork,
        caller: &Caller,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<(), Error> {
        let living = work.organizations().lock(caller.viewer(), organization).await?;
        let is_living = living.is_some();
        let access = match living {
            Some(access) => Some(access),
            None => work.organizations().lock_deleted(caller.viewer(), organization).await?,
        };
        let Some(scope) = access.as_ref().map(Access::scope_of_erasure) else { return Ok(()) };
        let Some(membership) = work.memberships().find(&scope, user).await? else { return Ok(()) };
        if is_living {
            keep_an_owner(work, &scope, &membership).await?;
        }
        work.memberships().remove(&scope, user).await?;
        let event = self
            .organizations
            .event(caller, &scope, Action::MemberRemoved, Resource::User(user))
            .with("role", membership.role.as_str())
            .with("reason", Action::UserDeleted.as_str());
        Ok(work.audit_log().append(&event).await?)
    }

    /// Records the deletion and then forgets, so that this last event is as
    /// nameless as the others.
    async fn erase(
        &self,
        work: &mut dyn UnitOfWork,
        caller: &Caller,
        user: &User,
    ) -> Result<(), Error> {
        let event = self.users.event(caller, Action::UserDeleted, user.id);
        work.audit_log().append(&event).await?;
        Ok(work.users().erase(user).await?)
    }
}

#[cfg(test)]
mod tests;
