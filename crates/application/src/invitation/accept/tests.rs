//! Accepting and declining: who comes in by which token, and what becomes of
//! one that does not let them in.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditActor, Invitation, InvitationStatus, Membership, MembershipSource, Organization,
    OrganizationRole, OrganizationStatus, Quota, Resource, User, UserRole, UserStatus, quota,
};

use super::AcceptedInvitation;
use crate::{
    Error,
    ports::Addition,
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, at, caller, invitation,
        organization, origin, password_hash, token_hash,
    },
};

use InvitationStatus::{Accepted, Declined, Revoked};

/// Whether it is the error that is expected.
type Check = fn(&Error) -> bool;

fn acme() -> Organization {
    organization(7, "Acme", None)
}

fn suspended() -> Organization {
    Organization { status: OrganizationStatus::Suspended, ..acme() }
}

/// To the caller, in another spelling of the address.
fn made() -> Invitation {
    invitation(9, "ADA@acme.com", OrganizationRole::Admin)
}

/// The caller, whose address is proven and whose home is another organization.
fn settled() -> User {
    let home = Some(organization(8, "Home", None).id);
    User { email_verified_at: Some(at(1)), home, ..caller(UserRole::User).user }
}

/// A unit of work in which the token leads so far: to the id of an organization,
/// to the organization, and to an invitation.
fn leading(
    leads: bool,
    organization: Option<Organization>,
    invitation: Option<Invitation>,
) -> Repositories {
    let mut repositories = Repositories::default();
    let id = leads.then(|| acme().id);
    repositories
        .invitations
        .expect_organization_of()
        .withf(|token| *token == token_hash(7))
        .times(1)
        .return_once(move |_| Ok(id));
    repositories
        .organizations
        .expect_lock_for_entrant()
        .withf(|id| *id == acme().id)
        .return_once(|_| Ok(organization));
    repositories
        .invitations
        .expect_find_by_token()
        .withf(|scope, token| scope.organization() == acme().id && *token == token_hash(7))
        .return_once(|_, _| Ok(invitation));
    repositories
}

/// And in which the caller is that user.
fn locking(user: User) -> Repositories {
    let mut repositories = leading(true, Some(acme()), Some(made()));
    repositories
        .users
        .expect_lock()
        .withf(|id| *id == caller(UserRole::User).user.id)
        .times(1)
        .return_once(|_| Ok(Some((user, password_hash("stored")))));
    let home = organization(8, "Home", None);
    repositories.organizations.expect_find().returning(move |_| Ok(Some(home.clone())));
    repositories
}

/// And in which that comes of their membership.
fn entering(user: User, addition: Addition) -> Repositories {
    let mut repositories = locking(user);
    let expected = Membership {
        organization: acme().id,
        user: caller(UserRole::User).user.id,
        role: OrganizationRole::Admin,
        source: MembershipSource::Invitation,
        joined_at: at(60),
        version: 1,
    };
    repositories
        .memberships
        .expect_insert()
        .withf(move |scope, membership| {
            scope.organization() == acme().id && *membership == expected
        })
        .times(1)
        .return_once(move |_, _| Ok(addition));
    repositories
}

fn expect_close(repositories: &mut Repositories, status: InvitationStatus) {
    repositories
        .invitations
        .expect_update()
        .withf(move |scope, closed| {
            scope.organization() == acme().id
                && *closed == Invitation { status, version: 2, ..made() }
        })
        .times(1)
        .return_once(|_, _| Ok(()));
}

/// A minute after the epoch; what is presented is a token.
fn ports(store: FakeStore) -> (TestPorts, Arc<FakeStore>) {
    let store = Arc::new(store);
    let clock = FixedClock(at(60));
    let mut ports = TestPorts { store: store.clone(), clock, ..TestPorts::default() };
    ports.tokens.expect_hash().returning(|token| (token == "token").then(|| token_hash(7)));
    (ports, store)
}

async fn accept_with(
    store: FakeStore,
    token: &str,
) -> (Result<AcceptedInvitation, Error>, Arc<FakeStore>) {
    let (ports, store) = ports(store);
    let accept = ports.into_use_cases().accept_invitation;
    (accept.execute(&caller(UserRole::User), token).await, store)
}

async fn accept(repositories: Repositories) -> (Result<AcceptedInvitation, Error>, Arc<FakeStore>) {
    accept_with(FakeStore::with(repositories), "token").await
}

async fn decline_with(store: FakeStore, token: &str) -> (Result<(), Error>, Arc<FakeStore>) {
    let (ports, store) = ports(store);
    (ports.into_use_cases().decline_invitation.execute(&origin(), token).await, store)
}

async fn decline(repositories: Repositories) -> (Result<(), Error>, Arc<FakeStore>) {
    decline_with(FakeStore::with(repositories), "token").await
}

#[tokio::test]
async fn whoever_has_the_address_becomes_a_member() {
    let mut repositories = entering(settled(), Addition::Added);
    expect_close(&mut repositories, Accepted);
    let (result, store) = accept(repositories).await;
    let accepted = AcceptedInvitation { organization: acme(), role: OrganizationRole::Admin };
    assert_eq!(result.unwrap(), accepted);
    assert_eq!(store.committed(), [[Action::InvitationAccepted, Action::MemberAdded]]);
    let user = caller(UserRole::User).user;
    let [invitation, member] = &store.events()[..] else { unreachable!() };
    assert_eq!(invitation.resource, Resource::Invitation(made().id));
    assert_eq!(member.resource, Resource::User(user.id));
    assert_eq!(
        (&member.details["role"][..], &member.details["source"][..]),
        ("admin", "invitation")
    );
    for event in [invitation, member] {
        assert_eq!(event.organization, Some(acme().id));
        assert_eq!(event.actor, AuditActor::user(&user));
        assert_eq!((&event.origin, event.occurred_at), (&origin(), at(60)));
    }
}

#[tokio::test]
async fn the_address_is_proven_by_that() {
    let unproven = User { email_verified_at: None, ..settled() };
    let mut repositories = entering(unproven.clone(), Addition::Added);
    expect_close(&mut repositories, Accepted);
    let proven =
        User { email_verified_at: Some(at(60)), updated_at: at(60), version: 2, ..unproven };
    repositories
        .users
        .expect_update()
        .withf(move |user| *user == proven)
        .times(1)
        .return_once(|_| Ok(()));
    assert!(accept(repositories).await.0.is_ok());
}

#[tokio::test]
async fn who_is_homeless_gets_a_home() {
    let gone = Organization { deleted_at: Some(at(5)), ..organization(8, "Home", None) };
    for home in [None, Some(gone.id)] {
        let homeless = User { home, ..settled() };
        let mut repositories = entering(homeless, Addition::Added);
        repositories.organizations.checkpoint();
        repositories.organizations.expect_lock_for_entrant().return_once(|_| Ok(Some(acme())));
        let found = gone.clone();
        repositories.organizations.expect_find().returning(move |_| Ok(Some(found.clone())));
        expect_close(&mut repositories, Accepted);
        repositories
            .users
            .expect_update()
            .withf(|user| user.home == Some(acme().id) && user.updated_at == at(60))
            .times(1)
            .return_once(|_| Ok(()));
        assert!(accept(repositories).await.0.is_ok(), "{home:?}");
    }
}

#[tokio::test]
async fn an_invitation_for_another_address_stays_whole() {
    let other = User { email: "grace@acme.com".parse().unwrap(), ..settled() };
    let (result, store) = accept(locking(other)).await;
    assert!(matches!(result, Err(Error::InvitationForAnother)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn an_invitation_that_lets_nobody_in_stays_whole() {
    let full = Quota { resource: quota::Resource::Users, limit: Some(5), used: 5 };
    let cases: [(Addition, Check); 3] = [
        (Addition::AlreadyThere, |error| matches!(error, Error::AlreadyMember)),
        (
            Addition::NoRoom(full),
            |error| matches!(error, Error::QuotaExceeded(quota) if quota.used == 5),
        ),
        (Addition::Closed, |error| matches!(error, Error::Internal(_))),
    ];
    for (addition, is_expected) in cases {
        let (result, store) = accept(entering(settled(), addition)).await;
        let error = result.unwrap_err();
        assert!(is_expected(&error), "{error:?}");
        assert!(store.committed().is_empty(), "{error:?}");
    }
}

#[tokio::test]
async fn a_caller_who_is_gone_by_now_comes_in_nowhere() {
    let deactivated = User { status: UserStatus::Deactivated, ..settled() };
    let (result, store) = accept(locking(deactivated)).await;
    assert!(matches!(result, Err(Error::NotAuthenticated)));
    assert!(store.committed().is_empty());
    let mut repositories = leading(true, Some(acme()), Some(made()));
    repositories.users.expect_lock().return_once(|_| Ok(None));
    let (result, store) = accept(repositories).await;
    assert!(matches!(result, Err(Error::NotAuthenticated)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn whoever_holds_it_declines_it() {
    let mut repositories = leading(true, Some(acme()), Some(made()));
    expect_close(&mut repositories, Declined);
    let (result, store) = decline(repositories).await;
    assert!(result.is_ok());
    assert_eq!(store.committed(), [[Action::InvitationDeclined]]);
    let event = &store.events()[0];
    assert_eq!((event.organization, &event.actor), (Some(acme().id), &AuditActor::Anonymous));
    assert_eq!(event.resource, Resource::Invitation(made().id));
    assert_eq!((&event.origin, event.occurred_at), (&origin(), at(60)));
}

/// Whatever became of it, which is nobody's to learn.
#[tokio::test]
async fn a_token_that_is_dead_leads_nowhere() {
    let dead = [
        Invitation { expires_at: at(60), ..made() },
        made().close(Accepted),
        made().close(Declined),
        made().close(Revoked),
    ];
    let mut cases: Vec<_> = dead.map(|dead| (true, Some(acme()), Some(dead))).into();
    let of_suspended = Invitation { expires_at: at(60), ..made() };
    cases.push((true, Some(suspended()), Some(of_suspended)));
    cases.push((true, Some(acme()), None));
    cases.push((true, None, None));
    cases.push((false, None, None));
    for (leads, organization, invitation) in cases {
        let prepare = || leading(leads, organization.clone(), invitation.clone());
        let (result, store) = accept(prepare()).await;
        assert!(matches!(result, Err(Error::NotFound)), "{invitation:?}");
        assert!(store.committed().is_empty(), "{invitation:?}");
        let (result, store) = decline(prepare()).await;
        assert!(matches!(result, Err(Error::NotFound)), "{invitation:?}");
        assert!(store.committed().is_empty(), "{invitation:?}");
    }
    let (result, store) = accept_with(FakeStore::default(), "no token").await;
    assert!(matches!(result, Err(Error::NotFound)) && store.committed().is_empty());
    let (result, store) = decline_with(FakeStore::default(), "no token").await;
    assert!(matches!(result, Err(Error::NotFound)) && store.committed().is_empty());
}

#[tokio::test]
async fn a_suspended_organization_lets_nobody_in() {
    let prepare = || leading(true, Some(suspended()), Some(made()));
    let (result, store) = accept(prepare()).await;
    assert!(matches!(result, Err(Error::OrganizationSuspended)));
    assert!(store.committed().is_empty());
    let (result, store) = decline(prepare()).await;
    assert!(matches!(result, Err(Error::OrganizationSuspended)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    for failure in Failure::ALL {
        let accepting = || {
            let mut repositories = entering(settled(), Addition::Added);
            expect_close(&mut repositories, Accepted);
            repositories
        };
        let declining = || {
            let mut repositories = leading(true, Some(acme()), Some(made()));
            expect_close(&mut repositories, Declined);
            repositories
        };
        let begins = failure != Failure::Begin;
        let store = FakeStore::with_each(begins.then(accepting)).failing_at(failure);
        let (result, store) = accept_with(store, "token").await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
        let store = FakeStore::with_each(begins.then(declining)).failing_at(failure);
        let (result, store) = decline_with(store, "token").await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
}
