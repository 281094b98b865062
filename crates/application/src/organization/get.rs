//! One organization.

use std::sync::Arc;

use guildhall_domain::OrganizationId;

use crate::{
    Caller, Error,
    ports::{OrganizationDetails, OrganizationQueries},
};

/// Shows one organization to its members and to platform admins.
pub struct GetOrganization {
    pub(crate) organizations: Arc<dyn OrganizationQueries>,
}

impl GetOrganization {
    /// The organization.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none, or none that the caller may know
    /// of; failures of the store.
    #[tracing::instrument(name = "organization.get", skip_all)]
    pub async fn execute(
        &self,
        caller: &Caller,
        id: OrganizationId,
    ) -> Result<OrganizationDetails, Error> {
        self.organizations.accessible(caller.viewer(), id).await?.ok_or(Error::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use guildhall_domain::{OrganizationRole, UserRole};

    use super::*;
    use crate::{
        ports::StoreError,
        testing::{TestPorts, at, caller, organization_summary},
    };

    async fn get(
        role: UserRole,
        answer: Result<Option<OrganizationDetails>, StoreError>,
    ) -> Result<OrganizationDetails, Error> {
        let (caller, id) = (caller(role), organization_summary(9).id);
        let viewer = caller.viewer();
        assert_eq!(viewer.sees_everything(), role == UserRole::Admin);
        let mut ports = TestPorts::default();
        ports
            .organizations
            .expect_accessible()
            .withf(move |seen_by, wanted| (*seen_by, *wanted) == (viewer, id))
            .times(1)
            .return_once(move |_, _| answer);
        ports.into_use_cases().get_organization.execute(&caller, id).await
    }

    #[tokio::test]
    async fn the_store_is_asked_through_the_eyes_of_the_caller() {
        for (role, your_role) in
            [(UserRole::User, Some(OrganizationRole::Member)), (UserRole::Admin, None)]
        {
            let details = OrganizationDetails {
                summary: organization_summary(9),
                updated_at: at(60),
                your_role,
            };
            assert_eq!(get(role, Ok(Some(details.clone()))).await.unwrap(), details);
        }
    }

    #[tokio::test]
    async fn what_the_caller_may_not_know_of_is_not_found() {
        assert!(matches!(get(UserRole::User, Ok(None)).await, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn a_failing_store_is_no_absence() {
        let away = StoreError::Unavailable("away".to_owned());
        assert!(matches!(get(UserRole::User, Err(away)).await, Err(Error::StoreUnavailable(_))));
    }
}
