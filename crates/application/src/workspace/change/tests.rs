//! Changing and removing workspaces: what is written, and what stays.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditActor, Organization, OrganizationRole, OrganizationStatus, Resource, UserRole,
    Workspace, WorkspaceStatus,
};

use super::WorkspacePatch;
use crate::{
    Access, Error, ExpectedVersion, UseCases,
    ports::StoreError,
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, access, at, caller, locking,
        organization, origin, workspace,
    },
};

use OrganizationRole::{Admin, Member, Owner};

fn acme() -> Organization {
    organization(7, "Acme", None)
}

/// A workspace in its third version.
fn reports() -> Workspace {
    Workspace { version: 3, ..workspace(4) }
}

fn as_admin() -> Access {
    access(acme(), Admin, UserRole::User)
}

/// A unit of work in which the workspace is found or not.
fn finding(access: Access, found: Option<Workspace>) -> Repositories {
    let mut repositories = locking(Some(access));
    repositories
        .workspaces
        .expect_find()
        .withf(|scope, id| (scope.organization(), *id) == (acme().id, reports().id))
        .times(1)
        .return_once(move |_, _| Ok(found));
    repositories
}

fn updating(access: Access, after: Workspace) -> Repositories {
    let mut repositories = finding(access, Some(reports()));
    repositories
        .workspaces
        .expect_update()
        .withf(move |scope, workspace| scope.organization() == acme().id && *workspace == after)
        .times(1)
        .return_once(|_, _| Ok(()));
    repositories
}

fn removing(access: Access) -> Repositories {
    let mut repositories = finding(access, Some(reports()));
    repositories
        .workspaces
        .expect_remove()
        .withf(|scope, id| (scope.organization(), *id) == (acme().id, reports().id))
        .times(1)
        .return_once(|_, _| Ok(()));
    repositories
}

fn over(store: FakeStore) -> (UseCases, Arc<FakeStore>) {
    let store = Arc::new(store);
    let clock = FixedClock(at(60));
    let ports = TestPorts { store: store.clone(), clock, ..TestPorts::default() };
    (ports.into_use_cases(), store)
}

async fn change_version(
    expected: ExpectedVersion,
    patch: WorkspacePatch,
    store: FakeStore,
) -> (Result<Workspace, Error>, Arc<FakeStore>) {
    let (use_cases, store) = over(store);
    let (change, caller) = (&use_cases.change_workspace, caller(UserRole::User));
    (change.execute(&caller, acme().id, reports().id, &expected, patch).await, store)
}

async fn change(
    patch: WorkspacePatch,
    repositories: Repositories,
) -> (Result<Workspace, Error>, Arc<FakeStore>) {
    change_version(ExpectedVersion::Any, patch, FakeStore::with(repositories)).await
}

async fn remove_version(
    expected: ExpectedVersion,
    store: FakeStore,
) -> (Result<(), Error>, Arc<FakeStore>) {
    let (use_cases, store) = over(store);
    let (change, caller) = (&use_cases.change_workspace, caller(UserRole::User));
    (change.remove(&caller, acme().id, reports().id, &expected).await, store)
}

fn running() -> WorkspacePatch {
    WorkspacePatch { status: Some(WorkspaceStatus::Running), ..WorkspacePatch::default() }
}

/// The workspace after that.
fn started() -> Workspace {
    Workspace { status: WorkspaceStatus::Running, version: 4, ..reports() }
}

fn assert_recorded(store: &FakeStore, action: Action, detail: (&str, &str)) {
    assert_eq!(store.committed(), [[action]]);
    let event = &store.events()[0];
    assert_eq!(event.organization, Some(acme().id));
    assert_eq!(event.resource, Resource::Workspace(reports().id));
    assert_eq!(event.actor, AuditActor::user(&caller(UserRole::User).user));
    assert_eq!((&event.origin, event.occurred_at), (&origin(), at(60)));
    assert_eq!(event.details[detail.0], detail.1);
}

#[tokio::test]
async fn a_patch_changes_what_it_names() {
    let everything = WorkspacePatch {
        name: Some("Reports".parse().unwrap()),
        description: Some("For the board.".parse().unwrap()),
        status: Some(WorkspaceStatus::Stopped),
    };
    let replaced = Workspace {
        name: "Reports".parse().unwrap(),
        description: "For the board.".parse().unwrap(),
        status: WorkspaceStatus::Stopped,
        version: 4,
        ..reports()
    };
    for (patch, after) in [(everything, replaced), (running(), started())] {
        for by in [as_admin(), access(acme(), None, UserRole::Admin)] {
            let (result, store) = change(patch.clone(), updating(by, after.clone())).await;
            assert_eq!(result.unwrap(), after);
            let status = after.status.as_str();
            assert_recorded(&store, Action::WorkspaceUpdated, ("status", status));
        }
    }
}

#[tokio::test]
async fn what_changes_nothing_writes_nothing() {
    let same = WorkspacePatch {
        name: Some(reports().name),
        description: Some(reports().description),
        status: Some(reports().status),
    };
    for patch in [WorkspacePatch::default(), same] {
        let (result, store) = change(patch, finding(as_admin(), Some(reports()))).await;
        assert_eq!(result.unwrap(), reports());
        assert!(store.committed().is_empty());
    }
}

#[tokio::test]
async fn a_workspace_is_removed_by_those_who_may() {
    for by in [as_admin(), access(acme(), None, UserRole::Admin)] {
        let store = FakeStore::with(removing(by));
        let (result, store) = remove_version(ExpectedVersion::OneOf(vec![3]), store).await;
        assert!(result.is_ok());
        assert_recorded(&store, Action::WorkspaceRemoved, ("name", "Workspace 4"));
    }
}

/// Runs a change and a removal over such a unit of work and says what came of
/// them; neither may commit anything.
async fn refused(expected: ExpectedVersion, prepare: impl Fn() -> FakeStore) -> [Error; 2] {
    let (changed, store) = change_version(expected.clone(), running(), prepare()).await;
    assert!(store.committed().is_empty());
    let (removed, store) = remove_version(expected, prepare()).await;
    assert!(store.committed().is_empty());
    [changed.unwrap_err(), removed.unwrap_err()]
}

#[tokio::test]
async fn only_the_version_that_was_seen_is_changed() {
    for versions in [vec![2], vec![]] {
        let prepare = || FakeStore::with(finding(as_admin(), Some(reports())));
        for error in refused(ExpectedVersion::OneOf(versions), prepare).await {
            assert!(matches!(error, Error::VersionMismatch), "{error:?}");
        }
    }
    let store = FakeStore::with(updating(as_admin(), started()));
    let (result, _) = change_version(ExpectedVersion::OneOf(vec![3]), running(), store).await;
    assert!(result.is_ok());
}

#[tokio::test]
async fn nothing_is_changed_by_those_who_may_not() {
    for error in refused(ExpectedVersion::Any, || FakeStore::with(locking(None))).await {
        assert!(matches!(error, Error::NotFound), "{error:?}");
    }
    let as_member = || FakeStore::with(locking(Some(access(acme(), Member, UserRole::User))));
    for error in refused(ExpectedVersion::Any, as_member).await {
        assert!(matches!(error, Error::Forbidden("workspaces:manage")), "{error:?}");
    }
    let in_suspended = || {
        let suspended = Organization { status: OrganizationStatus::Suspended, ..acme() };
        FakeStore::with(locking(Some(access(suspended, Owner, UserRole::User))))
    };
    for error in refused(ExpectedVersion::Any, in_suspended).await {
        assert!(matches!(error, Error::OrganizationSuspended), "{error:?}");
    }
}

#[tokio::test]
async fn a_workspace_of_another_organization_is_not_found() {
    let nothing = || FakeStore::with(finding(as_admin(), None));
    for error in refused(ExpectedVersion::OneOf(vec![3]), nothing).await {
        assert!(matches!(error, Error::NotFound), "{error:?}");
    }
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    for failure in Failure::ALL {
        let over = |prepare: fn() -> Repositories| {
            let prepared = (failure != Failure::Begin).then(prepare);
            FakeStore::with_each(prepared).failing_at(failure)
        };
        let store = over(|| updating(as_admin(), started()));
        let (result, store) = change_version(ExpectedVersion::Any, running(), store).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");

        let store = over(|| removing(as_admin()));
        let (result, store) = remove_version(ExpectedVersion::Any, store).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_not_recorded() {
    let prepare = || {
        let mut repositories = finding(as_admin(), Some(reports()));
        let failed = || StoreError::Failed("disk full".to_owned());
        repositories.workspaces.expect_update().return_once(move |_, _| Err(failed()));
        repositories.workspaces.expect_remove().return_once(move |_, _| Err(failed()));
        FakeStore::with(repositories)
    };
    for error in refused(ExpectedVersion::Any, prepare).await {
        assert!(matches!(error, Error::Internal(_)), "{error:?}");
    }
}
