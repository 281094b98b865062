//! Acme Corporation, and somebody who looks at it or changes it.

use std::sync::Arc;

use actix_web::test::TestRequest;
use guildhall_application::{
    Access,
    ports::{Change, Insertion},
    testing::{FakeStore, Repositories, TestPorts, organization},
};
use guildhall_domain::{
    Organization, OrganizationId, OrganizationRole, OrganizationStatus, UserRole,
};

use crate::support::{Answer, account, password_hash, request, send, signed, signed_in_as};

/// The address of Acme Corporation.
pub(crate) const ACME: &str = "/api/organizations/org-123e4567-e89b-12d3-a456-426614174000";

/// What the caller is to the installation and to Acme Corporation.
pub(crate) type Actor = (UserRole, Option<OrganizationRole>);

pub(crate) const OWNER: Actor = (UserRole::User, Some(OrganizationRole::Owner));
pub(crate) const ADMIN: Actor = (UserRole::User, Some(OrganizationRole::Admin));
pub(crate) const MEMBER: Actor = (UserRole::User, Some(OrganizationRole::Member));
pub(crate) const STRANGER: Actor = (UserRole::User, None);
pub(crate) const PLATFORM_ADMIN: Actor = (UserRole::Admin, None);

/// An organization with something in every field, of version 3.
pub(crate) fn acme() -> Organization {
    Organization {
        id: OrganizationId::new("123e4567-e89b-12d3-a456-426614174000".parse().unwrap()),
        external_id: Some("customer-4711".parse().unwrap()),
        metadata: [("plan".to_owned(), "gold".to_owned()), ("seats".to_owned(), "7".to_owned())]
            .into_iter()
            .collect::<std::collections::BTreeMap<_, _>>()
            .try_into()
            .unwrap(),
        users_count: 42,
        workspaces_count: 15,
        created_at: "2026-01-15T10:00:00Z".parse().unwrap(),
        updated_at: "2026-01-20T08:15:30.250Z".parse().unwrap(),
        version: 3,
        ..organization(0, "Acme Corporation", Some("acme.com"))
    }
}

/// One request of one caller. A test may put its own expectations first; what
/// it leaves out is as usual: nothing conflicts, and every change is made.
pub(crate) struct Scene {
    pub(crate) organization: Organization,
    pub(crate) work: Repositories,
    pub(crate) ports: TestPorts,
    actor: Actor,
}

impl Scene {
    pub(crate) fn new(actor: Actor) -> Self {
        let (work, ports) = (Repositories::default(), signed_in_as(actor.0));
        Self { organization: acme(), work, ports, actor }
    }

    /// The same after the organization was suspended.
    pub(crate) fn suspended(mut self) -> Self {
        self.organization.status = OrganizationStatus::Suspended;
        self
    }

    pub(crate) async fn send(self, request: TestRequest) -> Answer {
        let Self { organization, mut work, mut ports, actor: (user, role) } = self;
        let found = move |viewer| Access::found(organization.clone(), viewer, role);
        let (locked, deleted) = (found.clone(), found.clone());
        ports.organizations.expect_access().returning(move |viewer, _| Ok(found(viewer)));
        work.organizations.expect_lock().returning(move |viewer, _| Ok(locked(viewer)));
        work.organizations.expect_lock_deleted().returning(move |viewer, _| Ok(deleted(viewer)));
        ports.invitations.expect_count_open().returning(|_, _| Ok(3));
        work.invitations.expect_count_open().returning(|_, _| Ok(3));
        work.organizations.expect_find_by_name().returning(|_| Ok(None));
        work.organizations.expect_domain_is_taken().returning(|_| Ok(false));
        work.organizations.expect_external_id_is_taken().returning(|_| Ok(false));
        work.organizations.expect_insert().returning(|_| Ok(Insertion::Inserted));
        work.organizations.expect_update().returning(|_, _| Ok(Change::Made));
        work.users.expect_update().returning(|_| Ok(()));
        work.users
            .expect_lock()
            .returning(move |_| Ok(Some((account(user).user, password_hash()))));
        let store = Arc::new(FakeStore::with(work));
        send(TestPorts { store, ..ports }, signed(request)).await
    }
}

/// A request with a body that is labelled as JSON.
pub(crate) fn json(method: &str, path: &str, body: &str) -> TestRequest {
    let request = request(method, path).insert_header(("Content-Type", "application/json"));
    request.set_payload(body.to_owned())
}
