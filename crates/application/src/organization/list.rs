//! The list of organizations.

use std::sync::Arc;

use super::EnsureDefaultOrganization;
use crate::{
    Caller, Error, Page, PageRequest,
    caller::Viewer,
    ports::{OrganizationQueries, OrganizationSummary},
};

/// Lists the organizations that a caller has access to, newest first.
pub struct ListOrganizations {
    pub(crate) organizations: Arc<dyn OrganizationQueries>,
    pub(crate) ensure_default: EnsureDefaultOrganization,
}

impl ListOrganizations {
    /// The page that is asked for. The first list of an installation without
    /// any organization makes the default organization.
    ///
    /// # Errors
    ///
    /// Failures of the store, and those of [`EnsureDefaultOrganization::execute`].
    #[tracing::instrument(level = "debug", name = "organization.list", skip_all)]
    pub async fn execute(
        &self,
        caller: &Caller,
        request: PageRequest,
    ) -> Result<Page<OrganizationSummary>, Error> {
        let page = self.page(caller.viewer(), request).await?;
        if !page.items.is_empty() || request.after.is_some() {
            return Ok(page);
        }
        if !self.organizations.any_exists().await? {
            self.ensure_default.execute(caller).await?;
        }
        // Even where one existed already: it may have come to be, the caller's
        // own, between looking for a page and looking for any.
        self.page(caller.viewer(), request).await
    }

    /// A further page of a list whose first page was answered.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    pub async fn page(
        &self,
        viewer: Viewer,
        request: PageRequest,
    ) -> Result<Page<OrganizationSummary>, Error> {
        let rows = self.organizations.accessible_to(viewer, request.probe()).await?;
        Ok(Page::from_probe(rows, request.limit, OrganizationSummary::cursor))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use guildhall_domain::{Action, UserRole};

    use super::*;
    use crate::{
        Cursor,
        ports::{Addition, Insertion, Installation, StoreError},
        testing::{
            FakeStore, Repositories, TestPorts, at, caller, organization_summary, password_hash,
        },
    };

    const FIRST: PageRequest = PageRequest { after: None, limit: 2 };

    /// The next answer of the store to the list of `role`, newest first. One
    /// row more than the page holds is asked for.
    fn expect_rows(ports: &mut TestPorts, role: UserRole, request: PageRequest, rows: &[u32]) {
        let rows = rows.iter().map(|number| organization_summary(*number)).collect();
        let (viewer, probe) = (caller(role).viewer(), PageRequest { limit: 3, ..request });
        ports
            .organizations
            .expect_accessible_to()
            .withf(move |seen_by, page| (*seen_by, *page) == (viewer, probe))
            .times(1)
            .return_once(move |_, _| Ok(rows));
    }

    fn expect_any(ports: &mut TestPorts, exists: bool) {
        ports.organizations.expect_any_exists().times(1).return_once(move || Ok(exists));
    }

    async fn list(
        ports: TestPorts,
        role: UserRole,
        request: PageRequest,
    ) -> Result<Page<OrganizationSummary>, Error> {
        ports.into_use_cases().list_organizations.execute(&caller(role), request).await
    }

    fn page(items: &[u32], next: Option<Cursor>) -> Page<OrganizationSummary> {
        Page {
            items: items.iter().map(|number| organization_summary(*number)).collect(),
            next,
            total: None,
        }
    }

    #[tokio::test]
    async fn a_page_ends_where_the_next_begins() {
        for role in UserRole::ALL {
            let mut ports = TestPorts::default();
            expect_rows(&mut ports, role, FIRST, &[9, 8, 7]);
            let next = organization_summary(8).cursor();
            assert_eq!(list(ports, role, FIRST).await.unwrap(), page(&[9, 8], Some(next)));

            let mut ports = TestPorts::default();
            let second = PageRequest { after: Some(next), ..FIRST };
            expect_rows(&mut ports, role, second, &[7]);
            assert_eq!(list(ports, role, second).await.unwrap(), page(&[7], None));
        }
    }

    #[tokio::test]
    async fn who_belongs_to_nothing_sees_nothing_of_what_others_have() {
        let mut ports = TestPorts::default();
        let store = ports.store.clone();
        expect_rows(&mut ports, UserRole::User, FIRST, &[]);
        expect_any(&mut ports, true);
        expect_rows(&mut ports, UserRole::User, FIRST, &[]);
        assert_eq!(list(ports, UserRole::User, FIRST).await.unwrap(), page(&[], None));
        assert_eq!(store.begun(), 0);
    }

    #[tokio::test]
    async fn what_another_request_made_between_two_looks_is_seen() {
        let mut ports = TestPorts::default();
        expect_rows(&mut ports, UserRole::User, FIRST, &[]);
        expect_any(&mut ports, true);
        expect_rows(&mut ports, UserRole::User, FIRST, &[9]);
        assert_eq!(list(ports, UserRole::User, FIRST).await.unwrap(), page(&[9], None));
    }

    #[tokio::test]
    async fn an_empty_page_behind_a_cursor_makes_nothing() {
        let mut ports = TestPorts::default();
        let store = ports.store.clone();
        let after = Some(organization_summary(1).cursor());
        let request = PageRequest { after, ..FIRST };
        expect_rows(&mut ports, UserRole::User, request, &[]);
        assert_eq!(list(ports, UserRole::User, request).await.unwrap(), page(&[], None));
        assert_eq!(store.begun(), 0);
    }

    /// A unit of work that locks the installation and finds it empty or not.
    fn locking(any_exists: bool) -> Repositories {
        let mut repositories = Repositories::default();
        let installation = Installation { installed_at: at(0), default_organization: None };
        repositories.installation.expect_lock().return_once(move || Ok(installation));
        repositories.organizations.expect_any_exists().return_once(move || Ok(any_exists));
        let account = (caller(UserRole::User).user, password_hash("stored"));
        repositories.users.expect_lock().return_once(move |_| Ok(Some(account)));
        repositories
    }

    #[tokio::test]
    async fn the_first_list_of_an_installation_makes_the_default_organization() {
        let mut repositories = locking(false);
        repositories.organizations.expect_domain_is_taken().return_once(|_| Ok(false));
        repositories.organizations.expect_insert().return_once(|_| Ok(Insertion::Inserted));
        repositories.installation.expect_set_default_organization().return_once(|_| Ok(()));
        repositories.workspaces.expect_insert().return_once(|_, _| Ok(Addition::Added));
        repositories.memberships.expect_insert().return_once(|_, _| Ok(Addition::Added));
        repositories.users.expect_update().return_once(|_| Ok(()));
        let store = Arc::new(FakeStore::with(repositories));
        let mut ports = TestPorts { store: store.clone(), ..TestPorts::default() };
        expect_rows(&mut ports, UserRole::User, FIRST, &[]);
        expect_any(&mut ports, false);
        expect_rows(&mut ports, UserRole::User, FIRST, &[9]);
        assert_eq!(list(ports, UserRole::User, FIRST).await.unwrap(), page(&[9], None));
        let actions =
            [Action::OrganizationCreated, Action::WorkspacesAllocated, Action::MemberAdded];
        assert_eq!(store.committed(), [actions]);
    }

    #[tokio::test]
    async fn a_first_list_that_comes_second_shows_what_the_first_made() {
        let store = Arc::new(FakeStore::with(locking(true)));
        let mut ports = TestPorts { store: store.clone(), ..TestPorts::default() };
        expect_rows(&mut ports, UserRole::User, FIRST, &[]);
        expect_any(&mut ports, false);
        expect_rows(&mut ports, UserRole::User, FIRST, &[9]);
        assert_eq!(list(ports, UserRole::User, FIRST).await.unwrap(), page(&[9], None));
        assert!(store.committed().is_empty());
    }

    #[tokio::test]
    async fn a_failing_store_is_no_empty_list() {
        let away = || StoreError::Unavailable("away".to_owned());
        let mut listing = TestPorts::default();
        listing.organizations.expect_accessible_to().return_once(move |_, _| Err(away()));
        let mut looking = TestPorts::default();
        expect_rows(&mut looking, UserRole::User, FIRST, &[]);
        looking.organizations.expect_any_exists().return_once(move || Err(away()));
        for ports in [listing, looking] {
            let result = list(ports, UserRole::User, FIRST).await;
            assert!(matches!(result, Err(Error::StoreUnavailable(_))));
        }
    }
}
