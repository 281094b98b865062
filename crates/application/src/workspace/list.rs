//! Workspaces, to look at.

use std::sync::Arc;

use guildhall_domain::{OrganizationId, Permission, Workspace, WorkspaceId};

use crate::{
    Caller, Error, Page, PageRequest, organization::OrganizationReader, ports::WorkspaceQueries,
};

/// Shows workspaces.
pub struct ListWorkspaces {
    pub(crate) reader: OrganizationReader,
    pub(crate) workspaces: Arc<dyn WorkspaceQueries>,
}

impl ListWorkspaces {
    /// A page of an organization's workspaces, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`],
    /// [`Error::OrganizationSuspended`]; failures of the store.
    #[tracing::instrument(level = "debug", name = "workspace.list", skip_all)]
    pub async fn of_organization(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        request: PageRequest,
    ) -> Result<Page<Workspace>, Error> {
        let access = self.reader.access(caller, organization).await?;
        let scope = access.require(Permission::ReadWorkspaces)?;
        let rows = self.workspaces.list(&scope, request.probe()).await?;
        let total = access.organization().workspaces_count;
        Ok(Page::from_probe(rows, request.limit, super::cursor).of(Some(total)))
    }

    /// A page of the workspaces of every organization that the caller's list
    /// returns, newest first.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    #[tracing::instrument(level = "debug", name = "workspace.list_all", skip_all)]
    pub async fn of_caller(
        &self,
        caller: &Caller,
        request: PageRequest,
    ) -> Result<Page<Workspace>, Error> {
        let rows = self.workspaces.accessible_to(caller.viewer(), request.probe()).await?;
        Ok(Page::from_probe(rows, request.limit, super::cursor))
    }

    /// One workspace.
    ///
    /// # Errors
    ///
    /// As [`of_organization`](Self::of_organization).
    #[tracing::instrument(level = "debug", name = "workspace.get", skip_all)]
    pub async fn get(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        id: WorkspaceId,
    ) -> Result<Workspace, Error> {
        let scope = self.reader.scope(caller, organization, Permission::ReadWorkspaces).await?;
        self.workspaces.get(&scope, id).await?.ok_or(Error::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use guildhall_domain::{Organization, OrganizationRole, OrganizationStatus, UserRole};

    use super::*;
    use crate::{
        Access, Cursor,
        ports::StoreError,
        testing::{TestPorts, access, at, caller, organization, workspace},
    };

    use OrganizationRole::{Member, Owner};

    const FIRST: PageRequest = PageRequest { after: None, limit: 2 };

    fn acme() -> Organization {
        Organization { workspaces_count: 15, ..organization(7, "Acme", None) }
    }

    fn as_member() -> Access {
        access(acme(), Member, UserRole::User)
    }

    fn in_suspended(role: OrganizationRole) -> Access {
        let suspended = Organization { status: OrganizationStatus::Suspended, ..acme() };
        access(suspended, role, UserRole::User)
    }

    /// A workspace that was allocated so many seconds after the epoch.
    fn allocated(number: u32) -> Workspace {
        Workspace { created_at: at(number.into()), ..workspace(number) }
    }

    fn next() -> Cursor {
        Cursor { created_at: at(8), id: allocated(8).id.as_uuid() }
    }

    /// What is read, what is shown of it, and what comes behind, page by page.
    fn pages() -> [(PageRequest, Vec<Workspace>, Page<Workspace>); 2] {
        let rows = |numbers: &[u32]| numbers.iter().map(|number| allocated(*number)).collect();
        let page = |numbers, next| Page { items: rows(numbers), next, total: None };
        let second = PageRequest { after: Some(next()), ..FIRST };
        [
            (FIRST, rows(&[9, 8, 7]), page(&[9, 8], Some(next()))),
            (second, rows(&[7]), page(&[7], None)),
        ]
    }

    fn ports(found: Option<Access>) -> TestPorts {
        let mut ports = TestPorts::default();
        ports
            .organizations
            .expect_access()
            .withf(|viewer, id| *viewer == caller(UserRole::User).viewer() && *id == acme().id)
            .times(1)
            .return_once(move |_, _| Ok(found));
        ports
    }

    async fn list(ports: TestPorts, request: PageRequest) -> Result<Page<Workspace>, Error> {
        let list_workspaces = ports.into_use_cases().list_workspaces;
        list_workspaces.of_organization(&caller(UserRole::User), acme().id, request).await
    }

    async fn get(found: Option<Access>, stored: Option<Workspace>) -> Result<Workspace, Error> {
        let mut ports = ports(found);
        ports
            .workspaces
            .expect_get()
            .withf(|scope, id| (scope.organization(), *id) == (acme().id, workspace(4).id))
            .return_once(move |_, _| Ok(stored));
        let list_workspaces = ports.into_use_cases().list_workspaces;
        list_workspaces.get(&caller(UserRole::User), acme().id, workspace(4).id).await
    }

    #[tokio::test]
    async fn a_page_ends_where_the_next_begins() {
        for (request, rows, page) in pages() {
            let mut ports = ports(Some(as_member()));
            ports
                .workspaces
                .expect_list()
                .withf(move |scope, wanted| {
                    scope.organization() == acme().id && *wanted == request.probe()
                })
                .times(1)
                .return_once(move |_, _| Ok(rows));
            let counted = page.of(Some(acme().workspaces_count));
            assert_eq!(list(ports, request).await.unwrap(), counted);
        }
    }

    #[tokio::test]
    async fn the_list_over_all_organizations_is_paged_likewise() {
        for role in UserRole::ALL {
            for (request, rows, page) in pages() {
                let mut ports = TestPorts::default();
                ports
                    .workspaces
                    .expect_accessible_to()
                    .withf(move |viewer, wanted| {
                        (*viewer, *wanted) == (caller(role).viewer(), request.probe())
                    })
                    .times(1)
                    .return_once(move |_, _| Ok(rows));
                let list_workspaces = ports.into_use_cases().list_workspaces;
                let listed = list_workspaces.of_caller(&caller(role), request).await;
                assert_eq!(listed.unwrap(), page);
            }
        }
    }

    #[tokio::test]
    async fn members_see_a_workspace_of_their_organization() {
        for found in [as_member(), in_suspended(Owner)] {
            let got = get(Some(found), Some(workspace(4))).await;
            assert_eq!(got.unwrap(), workspace(4));
        }
        assert!(matches!(get(Some(as_member()), None).await, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn nobody_else_is_told_anything() {
        assert!(matches!(list(ports(None), FIRST).await, Err(Error::NotFound)));
        assert!(matches!(get(None, Some(workspace(4))).await, Err(Error::NotFound)));
        let listed = list(ports(Some(in_suspended(Member))), FIRST).await;
        assert!(matches!(listed, Err(Error::OrganizationSuspended)));
        let got = get(Some(in_suspended(Member)), Some(workspace(4))).await;
        assert!(matches!(got, Err(Error::OrganizationSuspended)));
    }

    #[tokio::test]
    async fn a_failing_store_is_no_empty_list() {
        let away = || StoreError::Unavailable("away".to_owned());
        let mut of_one = ports(Some(as_member()));
        of_one.workspaces.expect_list().return_once(move |_, _| Err(away()));
        assert!(matches!(list(of_one, FIRST).await, Err(Error::StoreUnavailable(_))));
        let mut of_all = TestPorts::default();
        of_all.workspaces.expect_accessible_to().return_once(move |_, _| Err(away()));
        let list_workspaces = of_all.into_use_cases().list_workspaces;
        let listed = list_workspaces.of_caller(&caller(UserRole::User), FIRST).await;
        assert!(matches!(listed, Err(Error::StoreUnavailable(_))));
    }
}
