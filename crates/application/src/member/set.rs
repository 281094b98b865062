//! Adding members and changing their roles.

use std::sync::Arc;

use guildhall_domain::{
    Action, Membership, MembershipSource, OrganizationId, OrganizationRole, Permission, Quota,
    Resource, Standing, UserId,
};

use crate::{
    Access, Caller, Error, ExpectedVersion, Scope,
    organization::{OrganizationEditor, active_user, give_home},
    ports::{Addition, MemberDetails, MemberQueries, StoreError, UnitOfWork, UserWithOrganization},
};

/// What became of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetMemberOutcome {
    /// The member as they are now.
    pub member: MemberDetails,
    /// The quota of members after an addition; none where nobody was added.
    pub added: Option<Quota>,
}

/// Makes an existing user a member, or changes the role of one.
pub struct SetMember {
    pub(crate) editor: OrganizationEditor,
    pub(crate) members: Arc<dyn MemberQueries>,
}

impl SetMember {
    /// Gives a user a role in an organization.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when the caller may not know of the organization, or
    /// the user does not exist; [`Error::Forbidden`] when the caller may not
    /// give that role, or take the present one; [`Error::LastOwner`],
    /// [`Error::QuotaExceeded`], [`Error::VersionMismatch`],
    /// [`Error::OrganizationSuspended`]; failures of the store.
    #[tracing::instrument(level = "debug", name = "member.set", skip_all)]
    pub async fn execute(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        user: UserId,
        role: OrganizationRole,
        expected: &ExpectedVersion,
    ) -> Result<SetMemberOutcome, Error> {
        let (mut work, access) = self.editor.open(caller, organization).await?;
        let scope = access.require(Permission::ManageMembers)?;
        access.require(Standing::needed_for(role))?;
        let present = work.memberships().find(&scope, user).await?;
        let added = match present {
            None => {
                expected.check(0)?;
                let member = self.add(&mut *work, caller, &access, &scope, user, role).await?;
                Some((member, access.organization().users_quota().with(1)))
            }
            Some(membership) => {
                access.require(Standing::needed_for(membership.role))?;
                expected.check(membership.version)?;
                self.change(&mut *work, caller, &scope, membership, role).await?;
                None
            }
        };
        work.commit().await?;
        if let Some((member, quota)) = added {
            return Ok(SetMemberOutcome { member, added: Some(quota) });
        }
        let member = self.members.get(&scope, user).await?.ok_or(Error::NotFound)?;
        Ok(SetMemberOutcome { member, added: None })
    }

    async fn add(
        &self,
        work: &mut dyn UnitOfWork,
        caller: &Caller,
        access: &Access,
        scope: &Scope,
        user: UserId,
        role: OrganizationRole,
    ) -> Result<MemberDetails, Error> {
        let mut user = active_user(work, user).await?.ok_or(Error::NotFound)?;
        let now = self.editor.clock.now();
        let membership = Membership {
            organization: scope.organization(),
            user: user.id,
            role,
            source: MembershipSource::Administrator,
            joined_at: now,
            version: 1,
        };
        match work.memberships().insert(scope, &membership).await? {
            Addition::Added => {}
            Addition::NoRoom(quota) => return Err(Error::QuotaExceeded(quota)),
            addition @ (Addition::AlreadyThere | Addition::Closed) => {
                let what = format!("a locked organization took {}: {addition:?}", user.id);
                return Err(StoreError::Failed(what).into());
            }
        }
        let home = give_home(work, &mut user, access.organization(), now).await?;
        let event = self
            .editor
            .event(caller, scope, Action::MemberAdded, Resource::User(user.id))
            .with("role", role.as_str())
            .with("source", membership.source.as_str());
        work.audit_log().append(&event).await?;
        let account = UserWithOrganization { user, organization: Some(home.to_string()) };
        Ok(MemberDetails { membership, account })
    }

    async fn change(
        &self,
        work: &mut dyn UnitOfWork,
        caller: &Caller,
        scope: &Scope,
        membership: Membership,
        role: OrganizationRole,
    ) -> Result<(), Error> {
        if membership.role == role {
            return Ok(());
        }
        super::keep_an_owner(work, scope, &membership).await?;
        let changed = Membership { role, version: membership.version + 1, ..membership };
        work.memberships().update(scope, &changed).await?;
        let event = self
            .editor
            .event(caller, scope, Action::MemberRoleChanged, Resource::User(membership.user))
            .with("from", membership.role.as_str())
            .with("to", role.as_str());
        Ok(work.audit_log().append(&event).await?)
    }
}

#[cfg(test)]
mod tests;
