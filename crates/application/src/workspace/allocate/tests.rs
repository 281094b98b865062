//! Allocating workspaces: what is written, and where there is no room.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditActor, Organization, OrganizationRole, OrganizationStatus, Quota, Quotas,
    Resource, UserRole, Workspace, quota,
};

use super::AllocateWorkspaceCommand;
use crate::{
    Access, Error,
    idempotency::{Outcome, RequestFingerprint},
    ports::{Addition, Claim, StoreError},
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, access, answer, at, caller, done,
        locking, organization, origin, repeatable, unrepeated,
    },
};

use OrganizationRole::{Admin, Member, Owner};

/// An organization with 4 of at most 10 workspaces.
fn acme() -> Organization {
    let quotas = Quotas { workspaces: Some(10), ..Quotas::default() };
    Organization { workspaces_count: 4, quotas, ..organization(7, "Acme", None) }
}

fn as_admin() -> Access {
    access(acme(), Admin, UserRole::User)
}

fn command() -> AllocateWorkspaceCommand {
    AllocateWorkspaceCommand {
        name: "Reports".parse().unwrap(),
        description: "For the board.".parse().unwrap(),
    }
}

/// A unit of work in which the workspace is added, with that result.
fn adding(
    access: Access,
    outcome: impl FnOnce() -> Result<Addition, StoreError> + Send + 'static,
) -> Repositories {
    let mut repositories = locking(Some(access));
    repositories
        .workspaces
        .expect_insert()
        .withf(|scope, workspaces| {
            let [workspace] = workspaces else { return false };
            let expected = Workspace {
                description: command().description,
                ..Workspace::new(workspace.id, acme().id, command().name, at(60))
            };
            scope.organization() == acme().id && *workspace == expected
        })
        .times(1)
        .return_once(|_, _| outcome());
    repositories
}

async fn allocate(store: FakeStore) -> (Result<(Workspace, Quota), Error>, Arc<FakeStore>) {
    let store = Arc::new(store);
    let clock = FixedClock(at(60));
    let ports = TestPorts { store: store.clone(), clock, ..TestPorts::default() };
    let allocate_workspace = ports.into_use_cases().allocate_workspace;
    let caller = caller(UserRole::User);
    let result = allocate_workspace.execute(&caller, acme().id, command(), unrepeated()).await;
    (result.map(done), store)
}

#[tokio::test]
async fn a_workspace_is_allocated_by_those_who_may() {
    for by in
        [as_admin(), access(acme(), Owner, UserRole::User), access(acme(), None, UserRole::Admin)]
    {
        let store = FakeStore::with(adding(by, || Ok(Addition::Added)));
        let (result, store) = allocate(store).await;
        let (workspace, quota) = result.unwrap();
        assert_eq!(workspace.name, command().name);
        let used = Quota { resource: quota::Resource::Workspaces, limit: Some(10), used: 5 };
        assert_eq!(quota, used);
        assert_eq!(store.committed(), [[Action::WorkspacesAllocated]]);
        let event = &store.events()[0];
        assert_eq!(event.organization, Some(acme().id));
        assert_eq!(event.resource, Resource::Workspace(workspace.id));
        assert_eq!(event.actor, AuditActor::user(&caller(UserRole::User).user));
        assert_eq!((&event.origin, event.occurred_at), (&origin(), at(60)));
        assert_eq!(event.details["count"], "1");
    }
}

#[tokio::test]
async fn where_there_is_no_room_nothing_is_allocated() {
    let full = Quota { resource: quota::Resource::Workspaces, limit: Some(10), used: 10 };
    let store = FakeStore::with(adding(as_admin(), move || Ok(Addition::NoRoom(full))));
    let (result, store) = allocate(store).await;
    assert!(matches!(result, Err(Error::QuotaExceeded(quota)) if quota == full));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn nothing_is_allocated_by_those_who_may_not() {
    let (result, store) = allocate(FakeStore::with(locking(None))).await;
    assert!(matches!(result, Err(Error::NotFound)));
    assert!(store.committed().is_empty());

    let as_member = access(acme(), Member, UserRole::User);
    let (result, store) = allocate(FakeStore::with(locking(Some(as_member)))).await;
    assert!(matches!(result, Err(Error::Forbidden("workspaces:manage"))));
    assert!(store.committed().is_empty());

    let suspended = Organization { status: OrganizationStatus::Suspended, ..acme() };
    let as_owner = access(suspended, Owner, UserRole::User);
    let (result, store) = allocate(FakeStore::with(locking(Some(as_owner)))).await;
    assert!(matches!(result, Err(Error::OrganizationSuspended)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn a_workspace_that_cannot_be_added_is_not_recorded() {
    let outcomes: [fn() -> Result<Addition, StoreError>; 2] =
        [|| Ok(Addition::AlreadyThere), || Err(StoreError::Failed("disk full".to_owned()))];
    for outcome in outcomes {
        let (result, store) = allocate(FakeStore::with(adding(as_admin(), outcome))).await;
        assert!(matches!(result, Err(Error::Internal(_))));
        assert!(store.committed().is_empty());
    }
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    for failure in Failure::ALL {
        let prepared =
            (failure != Failure::Begin).then(|| adding(as_admin(), || Ok(Addition::Added)));
        let store = FakeStore::with_each(prepared).failing_at(failure);
        let (result, store) = allocate(store).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
}

#[tokio::test]
async fn a_repetition_allocates_nothing() {
    for is_first in [true, false] {
        let mut repositories = if is_first {
            adding(as_admin(), || Ok(Addition::Added))
        } else {
            Repositories::default()
        };
        let answered = Claim::Answered(RequestFingerprint([1; 32]), answer());
        let claim = if is_first { Claim::First } else { answered };
        let requests = &mut repositories.answered_requests;
        requests.expect_claim().times(1).return_once(|_, _, _, _, _| Ok(claim));
        requests
            .expect_keep()
            .withf(|_, _, kept| *kept == answer())
            .times(usize::from(is_first))
            .return_once(|_, _, _| Ok(()));
        let store = Arc::new(FakeStore::with(repositories));
        let clock = FixedClock(at(60));
        let ports = TestPorts { store: store.clone(), clock, ..TestPorts::default() };
        let allocate_workspace = ports.into_use_cases().allocate_workspace;
        let (caller, once) = (caller(UserRole::User), repeatable(1));
        let outcome = allocate_workspace.execute(&caller, acme().id, command(), once).await;
        match outcome.unwrap() {
            Outcome::Done(_) => assert!(is_first),
            Outcome::Repeated(repeated) => assert!(!is_first && repeated == answer()),
        }
        assert_eq!(store.committed().len(), usize::from(is_first));
    }
}
