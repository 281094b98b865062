//! The security score of one organization, check by check.

use std::sync::Arc;

use guildhall_domain::{OrganizationId, Permission, SecurityScore};

use super::{active_since, score};
use crate::{
    Caller, Error, Settings,
    organization::OrganizationReader,
    ports::{Clock, StatsQueries},
};

/// Shows what the security score of an organization is made of.
pub struct GetSecurityScore {
    pub(crate) reader: OrganizationReader,
    pub(crate) stats: Arc<dyn StatsQueries>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Arc<Settings>,
}

impl GetSecurityScore {
    /// The score, for those who can do something about it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`],
    /// [`Error::OrganizationSuspended`]; failures of the store.
    #[tracing::instrument(level = "debug", name = "security_score.get", skip_all)]
    pub async fn execute(
        &self,
        caller: &Caller,
        organization: OrganizationId,
    ) -> Result<SecurityScore, Error> {
        let permission = Permission::UpdateOrganization;
        let scope = self.reader.scope(caller, organization, permission).await?;
        let now = self.clock.now();
        let snapshot = self.stats.snapshot_of(&scope, now, active_since(now)).await?;
        Ok(score(&self.settings, &snapshot))
    }
}

#[cfg(test)]
mod tests {
    use guildhall_domain::{Organization, OrganizationRole, OrganizationStatus, UserRole};

    use super::*;
    use crate::{
        ports::StatsSnapshot,
        testing::{TestPorts, access, caller, organization},
    };

    async fn ask(
        role: OrganizationRole,
        organization: Organization,
    ) -> Result<SecurityScore, Error> {
        let id = organization.id;
        let mut ports = TestPorts::default();
        let found = access(organization, role, UserRole::User);
        ports.organizations.expect_access().return_once(move |_, _| Ok(Some(found)));
        let alone = StatsSnapshot {
            organizations: 1,
            members: 2,
            members_active: 2,
            organizations_with_single_owner: 1,
            ..StatsSnapshot::default()
        };
        ports
            .stats
            .expect_snapshot_of()
            .withf(move |scope, _, _| scope.organization() == id)
            .return_once(move |_, _, _| Ok(alone));
        let use_cases = ports.into_use_cases();
        use_cases.get_security_score.execute(&caller(UserRole::User), id).await
    }

    #[tokio::test]
    async fn each_check_says_what_it_gave() {
        let score = ask(OrganizationRole::Admin, organization(7, "Acme", None)).await.unwrap();
        let points: Vec<_> = score.checks.iter().map(|check| check.points).collect();
        assert_eq!(points, [15, 0, 0, 0, 15, 0, 10]);
        assert_eq!(score.total(), 40);
    }

    #[tokio::test]
    async fn it_is_for_those_who_may_do_something_about_it() {
        let acme = organization(7, "Acme", None);
        let member = ask(OrganizationRole::Member, acme.clone()).await;
        assert!(matches!(member, Err(Error::Forbidden("organization:update"))));
        let halted = Organization { status: OrganizationStatus::Suspended, ..acme };
        let owner = ask(OrganizationRole::Owner, halted).await;
        assert!(matches!(owner, Err(Error::OrganizationSuspended)));
    }
}
