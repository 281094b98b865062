//! Removing members, and leaving.

use guildhall_domain::{Action, OrganizationId, Permission, Resource, Standing, UserId};

use crate::{Caller, Error, ExpectedVersion, organization::OrganizationEditor};

/// Removes a member, or lets one leave.
pub struct RemoveMember {
    pub(crate) editor: OrganizationEditor,
}

impl RemoveMember {
    /// Ends a membership, and with it every access to the organization.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when the caller may not know of the organization or
    /// of the member; [`Error::Forbidden`] when the member is somebody else
    /// whose role the caller may not take; [`Error::LastOwner`],
    /// [`Error::VersionMismatch`], [`Error::OrganizationSuspended`]; failures
    /// of the store.
    #[tracing::instrument(level = "debug", name = "member.remove", skip_all)]
    pub async fn execute(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        user: UserId,
        expected: &ExpectedVersion,
    ) -> Result<(), Error> {
        let (mut work, access) = self.editor.open(caller, organization).await?;
        let leaves = user == caller.user.id && access.role().is_some();
        let scope = if leaves {
            access.require_to_leave()?
        } else {
            access.require(Permission::ManageMembers)?
        };
        let membership = work.memberships().find(&scope, user).await?.ok_or(Error::NotFound)?;
        if !leaves {
            access.require(Standing::needed_for(membership.role))?;
        }
        expected.check(membership.version)?;
        super::keep_an_owner(&mut *work, &scope, &membership).await?;
        work.memberships().remove(&scope, user).await?;
        if let Some((mut account, _)) = work.users().lock(user).await?
            && account.home == Some(organization)
        {
            account.home = None;
            account.updated_at = self.editor.clock.now();
            work.users().update(&account).await?;
        }
        let event = self
            .editor
            .event(caller, &scope, Action::MemberRemoved, Resource::User(user))
            .with("role", membership.role.as_str());
        work.audit_log().append(&event).await?;
        Ok(work.commit().await?)
    }
}

#[cfg(test)]
mod tests;
