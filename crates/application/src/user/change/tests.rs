//! Changing users: who may, what is written, and what always remains.

use std::sync::Arc;

use guildhall_domain::{Action, AuditActor, Resource, User, UserId, UserRole, UserStatus};

use super::{ChangeUser, UserPatch};
use crate::{
    Error, ExpectedVersion,
    ports::{Installation, Purpose, UserWithOrganization},
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, at, caller, origin, password_hash,
        user,
    },
};

/// The caller.
fn ada(role: UserRole) -> User {
    caller(role).user
}

/// Somebody else.
fn grace() -> User {
    user(5, "grace@acme.com", UserRole::User)
}

fn deactivated(user: User) -> User {
    User { status: UserStatus::Deactivated, ..user }
}

/// The same after one change a minute after the epoch.
fn changed(user: User) -> User {
    User { updated_at: at(60), version: user.version + 1, ..user }
}

fn rename() -> UserPatch {
    UserPatch { name: Some("Countess".parse().unwrap()), role: None }
}

fn renamed(user: User) -> User {
    User { name: "Countess".parse().unwrap(), ..changed(user) }
}

fn make(role: UserRole) -> UserPatch {
    UserPatch { name: None, role: Some(role) }
}

/// A unit of work in which the installation is locked and then the user.
fn locking(user: Option<User>) -> Repositories {
    let mut repositories = Repositories::default();
    let mut order = mockall::Sequence::new();
    let id = user.as_ref().map_or(grace().id, |user| user.id);
    let installation = Installation { installed_at: at(0), default_organization: None };
    repositories
        .installation
        .expect_lock()
        .times(1)
        .in_sequence(&mut order)
        .return_once(move || Ok(installation));
    repositories
        .users
        .expect_lock()
        .withf(move |wanted| *wanted == id)
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_| Ok(user.map(|user| (user, password_hash("stored")))));
    repositories
}

fn expect_update(repositories: &mut Repositories, expected: User) {
    repositories
        .users
        .expect_update()
        .withf(move |user| *user == expected)
        .times(1)
        .return_once(|_| Ok(()));
}

fn updating(before: User, after: User) -> Repositories {
    let mut repositories = locking(Some(before));
    expect_update(&mut repositories, after);
    repositories
}

fn expect_another_admin(repositories: &mut Repositories, than: &User, exists: bool) {
    let than = than.id;
    repositories
        .users
        .expect_another_admin_exists()
        .withf(move |id| *id == than)
        .times(1)
        .return_once(move |_| Ok(exists));
}

/// A unit of work in which the user is shut out, who had two sessions.
fn shutting_out(before: User) -> Repositories {
    let after = changed(deactivated(before.clone()));
    let id = before.id;
    let mut repositories = updating(before, after);
    for purpose in Purpose::ALL {
        repositories
            .one_time_tokens
            .expect_revoke()
            .withf(move |user, revoked| (*user, *revoked) == (id, purpose))
            .times(1)
            .return_once(|_, _| Ok(()));
    }
    repositories
        .sessions
        .expect_remove_all()
        .withf(move |user| *user == id)
        .times(1)
        .return_once(|_| Ok(2));
    repositories
}

/// What a caller of that role sees of the user, if anything.
fn seeing(role: UserRole, seen: Option<User>, store: FakeStore) -> (ChangeUser, Arc<FakeStore>) {
    let store = Arc::new(store);
    let clock = FixedClock(at(60));
    let mut ports = TestPorts { store: store.clone(), clock, ..TestPorts::default() };
    let organization = Some("Acme".to_owned());
    ports
        .users
        .expect_get()
        .withf(move |viewer, _| *viewer == caller(role).viewer())
        .times(1)
        .return_once(|_, _| Ok(seen.map(|user| UserWithOrganization { user, organization })));
    (ports.into_use_cases().change_user, store)
}

type Changed = (Result<UserWithOrganization, Error>, Arc<FakeStore>);

async fn change_version(
    role: UserRole,
    of: User,
    expected: ExpectedVersion,
    patch: UserPatch,
    store: FakeStore,
) -> Changed {
    let id = of.id;
    let (change_user, store) = seeing(role, Some(of), store);
    (change_user.execute(&caller(role), id, &expected, patch).await, store)
}

async fn change(role: UserRole, of: User, patch: UserPatch, repositories: Repositories) -> Changed {
    let store = FakeStore::with(repositories);
    change_version(role, of, ExpectedVersion::Any, patch, store).await
}

async fn deactivate(role: UserRole, of: User, store: FakeStore) -> Changed {
    let id = of.id;
    let (change_user, store) = seeing(role, Some(of), store);
    (change_user.deactivate(&caller(role), id).await, store)
}

async fn activate(role: UserRole, of: User, store: FakeStore) -> Changed {
    let id = of.id;
    let (change_user, store) = seeing(role, Some(of), store);
    (change_user.activate(&caller(role), id).await, store)
}

fn check_event(store: &FakeStore, action: Action, of: UserId, role: UserRole) {
    assert_eq!(store.committed(), [[action]]);
    let event = &store.events()[0];
    assert_eq!((event.resource, event.organization), (Resource::User(of), None));
    assert_eq!(event.actor, AuditActor::user(&ada(role)));
    assert_eq!((&event.origin, event.occurred_at), (&origin(), at(60)));
}

#[tokio::test]
async fn everybody_changes_their_own_name() {
    for role in UserRole::ALL {
        let (before, after) = (ada(role), renamed(ada(role)));
        let repositories = updating(before.clone(), after.clone());
        let (result, store) = change(role, before, rename(), repositories).await;
        let expected = UserWithOrganization { user: after, organization: Some("Acme".to_owned()) };
        assert_eq!(result.unwrap(), expected);
        check_event(&store, Action::UserUpdated, ada(role).id, role);
        assert_eq!(store.events()[0].details["fields"], "name");
    }
}

#[tokio::test]
async fn a_platform_admin_changes_others() {
    let patch = UserPatch { role: Some(UserRole::Admin), ..rename() };
    let after = User { role: UserRole::Admin, ..renamed(grace()) };
    let repositories = updating(grace(), after.clone());
    let (result, store) = change(UserRole::Admin, grace(), patch, repositories).await;
    assert_eq!(result.unwrap().user, after);
    check_event(&store, Action::UserUpdated, grace().id, UserRole::Admin);
    assert_eq!(store.events()[0].details["fields"], "name,role");
}

/// Whoever knows of a user is told that they may not, and others nothing.
#[tokio::test]
async fn nobody_else_changes_anybody() {
    let plain = UserRole::User;
    let own = ada(plain);
    let cases = [(grace(), rename()), (grace(), make(plain)), (own.clone(), make(UserRole::Admin))];
    for (of, patch) in cases {
        for seen in [Some(of.clone()), None] {
            let (change_user, store) = seeing(plain, seen.clone(), FakeStore::default());
            let version = ExpectedVersion::Any;
            let result = change_user.execute(&caller(plain), of.id, &version, patch.clone()).await;
            match seen {
                Some(_) => assert!(matches!(result, Err(Error::Forbidden("platform:admin")))),
                None => assert!(matches!(result, Err(Error::NotFound))),
            }
            assert_eq!(store.begun(), 0);
        }
    }
    for of in [grace(), own] {
        let (result, store) = deactivate(plain, of.clone(), FakeStore::default()).await;
        assert!(matches!(result, Err(Error::Forbidden("platform:admin"))));
        assert_eq!(store.begun(), 0);
        let (result, store) = activate(plain, of, FakeStore::default()).await;
        assert!(matches!(result, Err(Error::Forbidden("platform:admin"))));
        assert_eq!(store.begun(), 0);
    }
}

#[tokio::test]
async fn who_is_gone_by_now_is_not_found() {
    let (result, store) = change(UserRole::Admin, grace(), rename(), locking(None)).await;
    assert!(matches!(result, Err(Error::NotFound)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn only_the_version_that_was_seen_is_changed() {
    let before = User { version: 3, ..grace() };
    let seen = |version| ExpectedVersion::OneOf(vec![version]);
    let store = FakeStore::with(updating(before.clone(), renamed(before.clone())));
    let (result, _) =
        change_version(UserRole::Admin, before.clone(), seen(3), rename(), store).await;
    assert_eq!(result.unwrap().user.version, 4);
    // What counts is the version that is locked, not the one that was seen.
    let store = FakeStore::with(locking(Some(before)));
    let (result, store) = change_version(UserRole::Admin, grace(), seen(1), rename(), store).await;
    assert!(matches!(result, Err(Error::VersionMismatch)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn what_changes_nothing_is_not_recorded() {
    let same = UserPatch { name: Some(grace().name), role: Some(UserRole::User) };
    for patch in [UserPatch::default(), same] {
        let repositories = locking(Some(grace()));
        let (result, store) = change(UserRole::Admin, grace(), patch, repositories).await;
        assert_eq!(result.unwrap().user, grace());
        assert!(store.committed().is_empty());
    }
    let gone = deactivated(grace());
    let store = FakeStore::with(locking(Some(gone.clone())));
    let (result, store) = deactivate(UserRole::Admin, gone.clone(), store).await;
    assert_eq!(result.unwrap().user, gone);
    assert!(store.committed().is_empty());
    let store = FakeStore::with(locking(Some(grace())));
    let (result, store) = activate(UserRole::Admin, grace(), store).await;
    assert_eq!(result.unwrap().user, grace());
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn the_last_admin_stays_one() {
    let admin = ada(UserRole::Admin);
    for exists in [true, false] {
        let after = User { role: UserRole::User, ..changed(admin.clone()) };
        let mut demoting =
            if exists { updating(admin.clone(), after) } else { locking(Some(admin.clone())) };
        expect_another_admin(&mut demoting, &admin, exists);
        let patch = make(UserRole::User);
        let (demoted, store) = change(UserRole::Admin, admin.clone(), patch, demoting).await;
        assert_eq!(store.committed().len(), usize::from(exists));

        let mut deactivating =
            if exists { shutting_out(admin.clone()) } else { locking(Some(admin.clone())) };
        expect_another_admin(&mut deactivating, &admin, exists);
        let store = FakeStore::with(deactivating);
        let (shut_out, store) = deactivate(UserRole::Admin, admin.clone(), store).await;
        assert_eq!(store.committed().len(), usize::from(exists));
        for result in [demoted, shut_out] {
            if exists {
                assert!(result.is_ok());
            } else {
                assert!(matches!(result, Err(Error::LastAdmin)));
            }
        }
    }
}

/// One who may not sign in is nobody's last hope.
#[tokio::test]
async fn a_deactivated_admin_is_demoted_at_will() {
    let gone = deactivated(User { role: UserRole::Admin, ..grace() });
    let after = User { role: UserRole::User, ..changed(gone.clone()) };
    let mut repositories = updating(gone.clone(), after);
    repositories.one_time_tokens.expect_revoke().returning(|_, _| Ok(()));
    repositories.sessions.expect_remove_all().returning(|_| Ok(0));
    let (result, store) = change(UserRole::Admin, gone, make(UserRole::User), repositories).await;
    assert!(result.is_ok());
    check_event(&store, Action::UserUpdated, grace().id, UserRole::Admin);
}

#[tokio::test]
async fn who_is_deactivated_is_shut_out() {
    let store = FakeStore::with(shutting_out(grace()));
    let (result, store) = deactivate(UserRole::Admin, grace(), store).await;
    assert_eq!(result.unwrap().user, changed(deactivated(grace())));
    check_event(&store, Action::UserDeactivated, grace().id, UserRole::Admin);
    assert_eq!(store.events()[0].details["sessions_ended"], "2");
}

#[tokio::test]
async fn who_is_activated_may_sign_in_again() {
    let before = deactivated(grace());
    let store = FakeStore::with(updating(before.clone(), changed(grace())));
    let (result, store) = activate(UserRole::Admin, before, store).await;
    assert!(result.unwrap().user.is_active());
    check_event(&store, Action::UserActivated, grace().id, UserRole::Admin);
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    for failure in Failure::ALL {
        let begins = failure != Failure::Begin;
        let prepared = begins.then(|| updating(grace(), renamed(grace())));
        let store = FakeStore::with_each(prepared).failing_at(failure);
        let version = ExpectedVersion::Any;
        let (changed, store) =
            change_version(UserRole::Admin, grace(), version, rename(), store).await;
        assert!(store.committed().is_empty(), "{failure:?}");
        let prepared = begins.then(|| shutting_out(grace()));
        let store = FakeStore::with_each(prepared).failing_at(failure);
        let (shut_out, store) = deactivate(UserRole::Admin, grace(), store).await;
        assert!(store.committed().is_empty(), "{failure:?}");
        for result in [changed, shut_out] {
            assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        }
    }
}
