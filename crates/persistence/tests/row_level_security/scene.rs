//! Two tenants, and those who look.

use guildhall_application::{
    Access, Caller, PageRequest, Scope,
    caller::Viewer,
    ports::OrganizationQueries,
    testing::{caller, user},
};
use guildhall_domain::{
    Organization, OrganizationId, OrganizationRole, Permission, Timestamp, User, UserId, UserRole,
};
use guildhall_persistence::{
    Backend, DieselStore, StoreOptions,
    testing::{TestDatabase, backends},
};
use uuid::Uuid;

pub(crate) const EVERYTHING: PageRequest = PageRequest { after: None, limit: 100 };

/// Two organizations, numbers 1 and 2, each with an owner, numbers 11 and 12, a
/// member, numbers 21 and 22, a workspace, an invitation and an event; a platform admin, number
/// 30; and an event of no organization.
pub(crate) const SCENE: &str = "
INSERT INTO users (id, email, email_key, name, name_key, role, status, mfa_enabled, password_hash,
    created_at, updated_at)
    SELECT lpad(n::text, 32, '0')::uuid, n || '@x.com', n || '@x.com', 'Ada', 'ada',
        CASE n WHEN 30 THEN 'admin' ELSE 'user' END, 'active', false, 'hash', now(), now()
    FROM unnest(ARRAY[11, 12, 21, 22, 30]) AS n;
INSERT INTO organizations (id, name, name_key, users_count, workspaces_count, created_at, updated_at)
    SELECT lpad(n::text, 32, '0')::uuid, 'Org ' || n, 'org ' || n, 2, 1, now(), now()
    FROM unnest(ARRAY[1, 2]) AS n;
INSERT INTO memberships (organization_id, user_id, role, source, joined_at, organization_created_at)
    SELECT lpad((n % 10)::text, 32, '0')::uuid, lpad(n::text, 32, '0')::uuid,
        CASE WHEN n < 20 THEN 'owner' ELSE 'member' END, 'registration', now(), now()
    FROM unnest(ARRAY[11, 12, 21, 22]) AS n;
INSERT INTO workspaces (id, organization_id, name, description, status, created_at)
    SELECT lpad(n::text, 32, '0')::uuid, lpad(n::text, 32, '0')::uuid, 'Desk', '', 'running', now()
    FROM unnest(ARRAY[1, 2]) AS n;
INSERT INTO invitations (id, organization_id, email, email_key, role, status, created_at, expires_at,
    version)
    SELECT lpad(n::text, 32, '0')::uuid, lpad(n::text, 32, '0')::uuid, 'eve@x.com', 'eve@x.com',
        'member', 'pending', now(), now() + interval '1 day', 1
    FROM unnest(ARRAY[1, 2]) AS n;
INSERT INTO audit_events (id, organization_id, actor_type, action, resource_type, details, success,
    occurred_at)
    SELECT lpad(n::text, 32, '0')::uuid, CASE n WHEN 3 THEN NULL ELSE lpad(n::text, 32, '0')::uuid END,
        'system', 'a.b', 'c', '{}', true, now()
    FROM unnest(ARRAY[1, 2, 3]) AS n;
";

pub(crate) fn id(number: u32) -> Uuid {
    format!("{number:0>32}").parse().unwrap()
}

/// The scene on PostgreSQL, where that is installed.
pub(crate) fn scene() -> Option<TestDatabase> {
    backends().contains(&Backend::Postgres).then(|| {
        let database = TestDatabase::new(Backend::Postgres);
        database.execute(SCENE);
        database
    })
}

pub(crate) fn open(database: &TestDatabase) -> DieselStore {
    DieselStore::open(database.url(), StoreOptions::default()).unwrap()
}

pub(crate) fn viewer(number: u32, role: UserRole) -> Viewer {
    let user = User { id: UserId::new(id(number)), ..user(1, "ada@acme.com", role) };
    Caller { user, ..caller(role) }.viewer()
}

pub(crate) fn organization(number: u32) -> Organization {
    let id = OrganizationId::new(id(number));
    let name = format!("Org {number}").parse().unwrap();
    Organization::new(id, name, None, Timestamp::UNIX_EPOCH)
}

/// A scope of the organization with the number 2 that no decision is behind.
pub(crate) fn forged(viewer: Viewer) -> Scope {
    let access = Access::found(organization(2), viewer, Some(OrganizationRole::Owner)).unwrap();
    access.require(Permission::ManageMembers).unwrap()
}

/// The names in a viewer's list.
pub(crate) async fn listed(store: &DieselStore, viewer: Viewer) -> Vec<String> {
    let rows = OrganizationQueries::accessible_to(store, viewer, EVERYTHING).await.unwrap();
    rows.into_iter().map(|row| row.name).collect()
}
