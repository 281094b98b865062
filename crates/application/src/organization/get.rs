//! One organization.

use std::sync::Arc;

use guildhall_domain::{OrganizationId, Permission};

use crate::{Access, Caller, Error, Scope, ports::OrganizationQueries};

/// Decides on access for those who only look.
#[derive(Clone)]
pub(crate) struct OrganizationReader(pub(crate) Arc<dyn OrganizationQueries>);

impl OrganizationReader {
    /// The organization and what the caller is to it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when the caller may not know of it.
    pub(crate) async fn access(
        &self,
        caller: &Caller,
        id: OrganizationId,
    ) -> Result<Access, Error> {
        self.0.access(caller.viewer(), id).await?.ok_or(Error::NotFound)
    }

    /// Access to what the permission allows.
    ///
    /// # Errors
    ///
    /// As [`access`](Self::access) and [`Access::require`].
    pub(crate) async fn scope(
        &self,
        caller: &Caller,
        id: OrganizationId,
        permission: Permission,
    ) -> Result<Scope, Error> {
        self.access(caller, id).await?.require(permission)
    }
}

/// Shows one organization to its members and to platform admins.
pub struct GetOrganization {
    pub(crate) reader: OrganizationReader,
}

impl GetOrganization {
    /// The organization.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none, or none that the caller may know
    /// of; [`Error::OrganizationSuspended`]; failures of the store.
    #[tracing::instrument(level = "debug", name = "organization.get", skip_all)]
    pub async fn execute(&self, caller: &Caller, id: OrganizationId) -> Result<Access, Error> {
        let access = self.reader.access(caller, id).await?;
        access.require(Permission::ReadOrganization)?;
        Ok(access)
    }
}

#[cfg(test)]
mod tests {
    use guildhall_domain::{Organization, OrganizationRole, OrganizationStatus, UserRole};

    use super::*;
    use crate::{
        ports::StoreError,
        testing::{TestPorts, access, caller, organization},
    };

    use OrganizationRole::{Admin, Member, Owner};

    fn acme(status: OrganizationStatus) -> Organization {
        Organization { status, ..organization(7, "Acme", None) }
    }

    async fn get(
        user: UserRole,
        found: Result<Option<Access>, StoreError>,
    ) -> Result<Access, Error> {
        let id = acme(OrganizationStatus::Active).id;
        let mut ports = TestPorts::default();
        ports
            .organizations
            .expect_access()
            .withf(move |viewer, wanted| (*viewer, *wanted) == (caller(user).viewer(), id))
            .times(1)
            .return_once(move |_, _| found);
        ports.into_use_cases().get_organization.execute(&caller(user), id).await
    }

    #[tokio::test]
    async fn members_and_platform_admins_see_it() {
        for (role, user) in [
            (Some(Owner), UserRole::User),
            (Some(Admin), UserRole::User),
            (Some(Member), UserRole::User),
            (None, UserRole::Admin),
        ] {
            let found = access(acme(OrganizationStatus::Active), role, user);
            assert_eq!(get(user, Ok(Some(found.clone()))).await.unwrap(), found);
        }
    }

    #[tokio::test]
    async fn a_suspended_one_is_shown_to_those_who_look_after_it() {
        for (role, user, sees) in [
            (Some(Owner), UserRole::User, true),
            (Some(Admin), UserRole::User, false),
            (Some(Member), UserRole::User, false),
            (None, UserRole::Admin, true),
        ] {
            let found = access(acme(OrganizationStatus::Suspended), role, user);
            match get(user, Ok(Some(found))).await {
                Ok(_) => assert!(sees, "{role:?}"),
                Err(error) => {
                    assert!(!sees && matches!(error, Error::OrganizationSuspended), "{role:?}");
                }
            }
        }
    }

    #[tokio::test]
    async fn nobody_else_knows_of_it() {
        assert!(matches!(get(UserRole::User, Ok(None)).await, Err(Error::NotFound)));
        assert!(matches!(get(UserRole::Admin, Ok(None)).await, Err(Error::NotFound)));
        let away = Err(StoreError::Unavailable("away".to_owned()));
        assert!(matches!(get(UserRole::User, away).await, Err(Error::StoreUnavailable(_))));
    }
}
