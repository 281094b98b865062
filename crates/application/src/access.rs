//! Access to what belongs to an organization: the one place that decides.
//!
//! A store finds an [`Access`]: an organization together with what the viewer
//! is to it, or nothing where the viewer may not know of it. From an access
//! comes, by [`require`](Access::require) alone, a [`Scope`]; and a port takes
//! a scope before it touches what belongs to an organization. A query without
//! a decision behind it does not compile.

use guildhall_domain::{
    Organization, OrganizationId, OrganizationRole, OrganizationStatus, Permission, Standing,
    UserId,
};

use crate::{Error, caller::Viewer};

/// An organization that a viewer may know of, and what they are to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    organization: Organization,
    viewer: UserId,
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
            #[cfg(any(test, feature = "testing"))]
            _ if test_switch::checks_are_off() => Standing::PlatformAdmin,
            (true, _) => Standing::PlatformAdmin,
            (false, Some(role)) => Standing::Member(role),
            (false, None) => return None,
        };
        Some(Self { organization, viewer: viewer.user(), standing, role })
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
        self.decide(permission, permission.writes())
    }

    /// Decides whether the viewer may see what whoever has the permission
    /// changes.
    ///
    /// # Errors
    ///
    /// As [`require`](Self::require) for a permission that only looks.
    pub(crate) fn require_to_see(&self, permission: Permission) -> Result<Scope, Error> {
        self.decide(permission, false)
    }

    fn decide(&self, permission: Permission, writes: bool) -> Result<Scope, Error> {
        let looks_after_it = matches!(
            self.standing,
            Standing::PlatformAdmin | Standing::Member(OrganizationRole::Owner)
        );
        let is_suspended = self.organization.status == OrganizationStatus::Suspended;
        if is_suspended && (writes || !looks_after_it) {
            return Err(Error::OrganizationSuspended);
        }
        if self.standing.grants(permission, self.organization.is_default) {
            Ok(self.scope())
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
            Standing::PlatformAdmin => Ok(self.scope()),
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
        Ok(self.scope())
    }

    /// Access to end the membership of a user who is being deleted, whatever
    /// the state of the organization. Whoever may delete the user may do that.
    #[must_use]
    pub(crate) const fn scope_of_erasure(&self) -> Scope {
        self.scope()
    }

    /// Decides whether the viewer is an administrator of the platform.
    ///
    /// # Errors
    ///
    /// [`Error::Forbidden`] when they are none.
    pub(crate) fn require_platform_admin(&self) -> Result<Scope, Error> {
        match self.standing {
            Standing::PlatformAdmin => Ok(self.scope()),
            Standing::Member(_) => Err(Error::Forbidden("platform:admin")),
        }
    }

    const fn scope(&self) -> Scope {
        Scope { organization: self.organization.id, viewer: Some(self.viewer) }
    }
}

/// Proof that access to one organization was decided upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scope {
    organization: OrganizationId,
    viewer: Option<UserId>,
}

impl Scope {
    /// The scope of whoever enters an organization, by founding it in the same
    /// unit of work or because it admits them. The installation acts for them.
    pub(crate) const fn of_entrant(organization: &Organization) -> Self {
        Self { organization: organization.id, viewer: None }
    }

    /// The organization that it is access to.
    #[must_use]
    pub const fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// The user whose access it is, by which a store may decide once more; none
    /// where the installation acts.
    #[must_use]
    pub const fn viewer(&self) -> Option<UserId> {
        self.viewer
    }
}

/// How tests of a whole server find out what holds when this module does not.
#[cfg(any(test, feature = "testing"))]
mod test_switch {
    use std::{env, sync::LazyLock};

    /// Whether everybody has every access: the environment says
    /// `TEST_ACCESS_CHECKS=off`.
    pub(super) fn checks_are_off() -> bool {
        static OFF: LazyLock<bool> = LazyLock::new(|| {
            #[expect(
                clippy::disallowed_methods,
                reason = "a switch of the tests, not of the service"
            )]
            let value = env::var("TEST_ACCESS_CHECKS");
            value.is_ok_and(|value| value == "off")
        });
        *OFF
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
