//! Who may do what in an organization.

use crate::OrganizationRole;

/// Something that can be done in one organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See the organization itself.
    ReadOrganization,
    /// See its workspaces.
    ReadWorkspaces,
    /// See its members.
    ReadMembers,
    /// Add, change and remove members below the owners.
    ManageMembers,
    /// Allocate, change and remove workspaces.
    ManageWorkspaces,
    /// Change its name, domain, metadata and settings.
    UpdateOrganization,
    /// Read its audit trail.
    ReadAudit,
    /// Delete and restore it.
    DeleteOrganization,
    /// Make, demote and remove owners.
    ManageOwners,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 9] = [
        Self::ReadOrganization,
        Self::ReadWorkspaces,
        Self::ReadMembers,
        Self::ManageMembers,
        Self::ManageWorkspaces,
        Self::UpdateOrganization,
        Self::ReadAudit,
        Self::DeleteOrganization,
        Self::ManageOwners,
    ];

    /// The name in documents: `members:manage`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOrganization => "organization:read",
            Self::ReadWorkspaces => "workspaces:read",
            Self::ReadMembers => "members:read",
            Self::ManageMembers => "members:manage",
            Self::ManageWorkspaces => "workspaces:manage",
            Self::UpdateOrganization => "organization:update",
            Self::ReadAudit => "audit:read",
            Self::DeleteOrganization => "organization:delete",
            Self::ManageOwners => "owners:manage",
        }
    }

    /// Whether what it allows changes something.
    #[must_use]
    pub const fn writes(self) -> bool {
        !matches!(
            self,
            Self::ReadOrganization | Self::ReadWorkspaces | Self::ReadMembers | Self::ReadAudit
        )
    }
}

/// What somebody is to an organization that they may know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// One of its members.
    Member(OrganizationRole),
    /// Of no membership, but an administrator of the platform.
    PlatformAdmin,
}

impl Standing {
    /// Whether somebody of this standing may do that. In the default
    /// organization members, who may be strangers to each other, do not see
    /// one another.
    #[must_use]
    pub const fn grants(self, permission: Permission, is_default_organization: bool) -> bool {
        let Self::Member(role) = self else { return true };
        match permission {
            Permission::ReadOrganization | Permission::ReadWorkspaces => true,
            Permission::ReadMembers => {
                !is_default_organization || !matches!(role, OrganizationRole::Member)
            }
            Permission::ManageMembers
            | Permission::ManageWorkspaces
            | Permission::UpdateOrganization
            | Permission::ReadAudit => {
                matches!(role, OrganizationRole::Owner | OrganizationRole::Admin)
            }
            Permission::DeleteOrganization | Permission::ManageOwners => {
                matches!(role, OrganizationRole::Owner)
            }
        }
    }

    /// The permission that it takes to give or take this role: nobody grants
    /// above their own.
    #[must_use]
    pub const fn needed_for(role: OrganizationRole) -> Permission {
        match role {
            OrganizationRole::Owner => Permission::ManageOwners,
            OrganizationRole::Admin | OrganizationRole::Member => Permission::ManageMembers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the API's documentation: owner, admin and member, then the
    /// same in the default organization, then a platform admin.
    #[test]
    fn the_table() {
        use OrganizationRole::{Admin, Member, Owner};
        let roles = [Owner, Admin, Member].map(Standing::Member);
        let mut table = String::new();
        for permission in Permission::ALL {
            let marks = |is_default| {
                roles.map(|role| if role.grants(permission, is_default) { "x" } else { "-" })
            };
            let admin = Standing::PlatformAdmin.grants(permission, false);
            table += &[
                format!("{:<19}", permission.as_str()),
                marks(false).join(" "),
                marks(true).join(" "),
                if admin { "x" } else { "-" }.to_owned(),
            ]
            .join(" | ");
            table.push('\n');
        }
        insta::assert_snapshot!(table, @r"
        organization:read   | x x x | x x x | x
        workspaces:read     | x x x | x x x | x
        members:read        | x x x | x x - | x
        members:manage      | x x - | x x - | x
        workspaces:manage   | x x - | x x - | x
        organization:update | x x - | x x - | x
        audit:read          | x x - | x x - | x
        organization:delete | x - - | x - - | x
        owners:manage       | x - - | x - - | x
        ");
    }

    #[test]
    fn only_owners_touch_owners() {
        for (role, granter, may) in [
            (OrganizationRole::Owner, OrganizationRole::Owner, true),
            (OrganizationRole::Owner, OrganizationRole::Admin, false),
            (OrganizationRole::Admin, OrganizationRole::Admin, true),
            (OrganizationRole::Member, OrganizationRole::Admin, true),
            (OrganizationRole::Member, OrganizationRole::Member, false),
        ] {
            let needed = Standing::needed_for(role);
            assert_eq!(
                Standing::Member(granter).grants(needed, false),
                may,
                "{role:?} {granter:?}"
            );
        }
    }
}
