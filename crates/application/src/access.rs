//! Access to what belongs to an organization: the one place that decides.
//!
//! A store finds an [`Access`]: an organization together with what the viewer
//! is to it, or nothing where the viewer may not know of it. From an access
//! comes, by [`require`](Access::require) alone, a [`Scope`]; and a port takes
//! a scope before it touches what belongs to an organization. A query without
//! a decision behind it does not compile.

use guildhall_domain::{
    Organization, OrganizationId, OrganizationRole, OrganizationStatus, Permission, Standing,
};

use crate::{Error, caller::Viewer};

/// An organization that a viewer may know of, and what they are to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    organization: Organization,
    standing: Standing,
    role: Option<OrganizationRole>,
}

impl Access {
    /// What the store found: the organization, and the viewer's role in it if
    /// they are a member. None where the viewer may not know of the
    /// organization.
    #[must_use]
    pub fn found(
        organization: Organization,
        viewer: Viewer,
        role: Option<OrganizationRole>,
    ) -> Option<Self> {
        let standing = match (viewer.sees_everything(), role) {
            (true, _) => Standing::PlatformAdmin,
            (false, Some(role)) => Standing::Member(role),
            (false, None) => return None,
        };
        Some(Self { organization, standing, role })
    }

    /// The organization.
    #[must_use]
    pub const fn organization(&self) -> &Organization {
        &self.organization
    }

    /// The viewer's role in it; none for a platform admin who is no member.
    #[must_use]
    pub const fn role(&self) -> Option<OrganizationRole> {
        self.role
    }

    /// The same access after the organization was changed.
    #[must_use]
    pub(crate) fn with(self, organization: Organization) -> Self {
        Self { organization, ..self }
    }

    /// Decides whether the viewer may do that.
    ///
    /// # Errors
    ///
    /// [`Error::OrganizationSuspended`] when the organization is suspended and
    /// the viewer would change it, or look though they are no owner;
    /// [`Error::Forbidden`] when they lack the permission.
    pub fn require(&self, permission: Permission) -> Result<Scope, Error> {
        let looks_after_it = matches!(
            self.standing,
            Standing::PlatformAdmin | Standing::Member(OrganizationRole::Owner)
        );
        let is_suspended = self.organization.status == OrganizationStatus::Suspended;
        if is_suspended && (permission.writes() || !looks_after_it) {
            return Err(Error::OrganizationSuspended);
        }
        if self.standing.grants(permission, self.organization.is_default) {
            Ok(Scope(self.organization.id))
        } else {
            Err(Error::Forbidden(permission.as_str()))
        }
    }

    /// Decides whether the viewer may delete or restore the organization; a
    /// suspended one is a platform admin's to dispose of.
    ///
    /// # Errors
    ///
    /// [`Error::OrganizationSuspended`] or [`Error::Forbidden`] when they may not.
    pub(crate) fn require_to_delete(&self) -> Result<Scope, Error> {
        match self.standing {
            Standing::PlatformAdmin => Ok(Scope(self.organization.id)),
            Standing::Member(_) => self.require(Permission::DeleteOrganization),
        }
    }

    /// Decides whether the viewer may give their own membership up: whoever
    /// has one may, unless the organization is suspended.
    ///
    /// # Errors
    ///
    /// [`Error::OrganizationSuspended`]; [`Error::Forbidden`] when they are no
    /// member.
    pub(crate) fn require_to_leave(&self) -> Result<Scope, Error> {
        if self.role.is_none() {
            return Err(Error::Forbidden("membership"));
        }
        if self.organization.status == OrganizationStatus::Suspended {
            return Err(Error::OrganizationSuspended);
        }
        Ok(Scope(self.organization.id))
    }

    /// Decides whether the viewer is an administrator of the platform.
    ///
    /// # Errors
    ///
    /// [`Error::Forbidden`] when they are none.
    pub(crate) fn require_platform_admin(&self) -> Result<Scope, Error> {
        match self.standing {
            Standing::PlatformAdmin => Ok(Scope(self.organization.id)),
            Standing::Member(_) => Err(Error::Forbidden("platform:admin")),
        }
    }
}

/// Proof that access to one organization was decided upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scope(OrganizationId);

impl Scope {
    /// The scope of whoever enters an organization, by founding it in the same
    /// unit of work or because it admits them.
    pub(crate) const fn of_entrant(organization: &Organization) -> Self {
        Self(organization.id)
    }

    /// The organization that it is access to.
    #[must_use]
    pub const fn organization(&self) -> OrganizationId {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use guildhall_domain::UserRole;

    use super::*;
    use crate::testing;

    fn access(
        role: Option<OrganizationRole>,
        user: UserRole,
        status: OrganizationStatus,
    ) -> Option<Access> {
        let mut organization = testing::organization(7, "Acme", None);
        organization.status = status;
        Access::found(organization, testing::caller(user).viewer(), role)
    }

    #[test]
    fn strangers_find_nothing() {
        assert_eq!(access(None, UserRole::User, OrganizationStatus::Active), None);
        assert!(access(None, UserRole::Admin, OrganizationStatus::Active).is_some());
    }

    #[test]
    fn a_suspended_organization_is_for_its_owners_to_look_at() {
        use OrganizationRole::{Admin, Member, Owner};
        use Permission::{ReadOrganization, UpdateOrganization};
        for (role, user, reads) in [
            (Some(Owner), UserRole::User, true),
            (Some(Admin), UserRole::User, false),
            (Some(Member), UserRole::User, false),
            (None, UserRole::Admin, true),
        ] {
            let access = access(role, user, OrganizationStatus::Suspended).unwrap();
            assert_eq!(access.require(ReadOrganization).is_ok(), reads, "{role:?}");
            let refused = access.require(UpdateOrganization);
            assert!(matches!(refused, Err(Error::OrganizationSuspended)), "{role:?}");
        }
    }

    #[test]
    fn what_a_role_lacks_is_forbidden() {
        let member = Some(OrganizationRole::Member);
        let access = access(member, UserRole::User, OrganizationStatus::Active).unwrap();
        assert!(access.require(Permission::ReadWorkspaces).is_ok());
        let refused = access.require(Permission::ManageWorkspaces);
        assert!(matches!(refused, Err(Error::Forbidden("workspaces:manage"))));
        assert!(matches!(access.require_platform_admin(), Err(Error::Forbidden(_))));
    }
}
