//! Sending invitations again and taking them back: who may, and which.

use std::sync::Arc;

use chrono::TimeDelta;
use guildhall_domain::{
    Action, AuditActor, Invitation, InvitationStatus, Organization, OrganizationRole,
    OrganizationStatus, Quota, Quotas, Resource, Timestamp, UserRole, quota,
};

use crate::{
    Access, Error, ExpectedVersion,
    ports::MailSubject,
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, access, at, caller, invitation,
        locking, organization, origin,
    },
};

use InvitationStatus::{Accepted, Declined, Pending, Revoked};
use OrganizationRole::{Admin, Member, Owner};

/// Whether it is the error that is expected.
type Check = fn(&Error) -> bool;

/// A day after the invitation of [`invitation`] has expired.
const LATE: i64 = 8 * 86_400;

/// An organization with at most 5 open invitations.
fn acme() -> Organization {
    let quotas = Quotas { invitations: Some(5), ..Quotas::default() };
    Organization { quotas, ..organization(7, "Acme", None) }
}

fn as_role(role: OrganizationRole) -> Access {
    access(acme(), role, UserRole::User)
}

fn made() -> Invitation {
    invitation(9, "grace@acme.com", Member)
}

/// A unit of work in which the invitation is found or not.
fn finding(access: Access, found: Option<Invitation>) -> Repositories {
    let mut repositories = locking(Some(access));
    repositories
        .invitations
        .expect_find()
        .withf(|scope, id| (scope.organization(), *id) == (acme().id, made().id))
        .times(1)
        .return_once(|_, _| Ok(found));
    repositories
}

fn expect_update(repositories: &mut Repositories, expected: Invitation) {
    repositories
        .invitations
        .expect_update()
        .withf(move |scope, changed| scope.organization() == acme().id && *changed == expected)
        .times(1)
        .return_once(|_, _| Ok(()));
}

/// And sent again at that moment.
fn resending(access: Access, now: i64) -> Repositories {
    let mut repositories = finding(access, Some(made()));
    let expires_at = at(now) + TimeDelta::days(7);
    expect_update(&mut repositories, Invitation { expires_at, version: 2, ..made() });
    repositories
        .mail_queue
        .expect_enqueue()
        .withf(move |jobs| {
            let [job] = jobs else { return false };
            job.subject == MailSubject::Invitation(made().id)
                && (job.attempts, job.queued_at) == (0, at(now))
        })
        .times(1)
        .return_once(|_| Ok(()));
    repositories
}

fn expect_count(repositories: &mut Repositories, open: u32) {
    repositories.invitations.expect_count_open().times(1).return_once(move |_, _| Ok(open));
}

fn revoking(access: Access) -> Repositories {
    let mut repositories = finding(access, Some(made()));
    expect_update(&mut repositories, Invitation { status: Revoked, version: 2, ..made() });
    repositories
}

fn ports(store: FakeStore, now: i64) -> (TestPorts, Arc<FakeStore>) {
    let store = Arc::new(store);
    let clock = FixedClock(at(now));
    (TestPorts { store: store.clone(), clock, ..TestPorts::default() }, store)
}

async fn resend(
    store: FakeStore,
    now: i64,
) -> (Result<(Invitation, Timestamp), Error>, Arc<FakeStore>) {
    let (ports, store) = ports(store, now);
    let (manage, caller) = (ports.into_use_cases().manage_invitation, caller(UserRole::User));
    (manage.resend(&caller, acme().id, made().id).await, store)
}

async fn revoke(
    store: FakeStore,
    expected: ExpectedVersion,
) -> (Result<(), Error>, Arc<FakeStore>) {
    let (mut ports, store) = ports(store, 60);
    ports.settings.sends_mail = false;
    let (manage, caller) = (ports.into_use_cases().manage_invitation, caller(UserRole::User));
    (manage.revoke(&caller, acme().id, made().id, &expected).await, store)
}

#[tokio::test]
async fn an_invitation_is_sent_again() {
    for (now, open) in [(60, None), (LATE, Some(4)), (LATE, Some(0))] {
        let mut repositories = resending(as_role(Admin), now);
        if let Some(open) = open {
            expect_count(&mut repositories, open);
        }
        let (result, store) = resend(FakeStore::with(repositories), now).await;
        let (renewed, moment) = result.unwrap();
        assert_eq!((renewed.expires_at, moment), (at(now) + TimeDelta::days(7), at(now)));
        assert_eq!((renewed.status, renewed.version), (Pending, 2));
        assert_eq!(store.committed(), [[Action::InvitationResent]]);
        let event = &store.events()[0];
        assert_eq!(event.organization, Some(acme().id));
        assert_eq!(event.resource, Resource::Invitation(made().id));
        assert_eq!(event.actor, AuditActor::user(&caller(UserRole::User).user));
        assert_eq!((&event.origin, event.occurred_at), (&origin(), at(now)));
    }
}

#[tokio::test]
async fn one_that_has_expired_needs_room() {
    let mut repositories = finding(as_role(Admin), Some(made()));
    expect_count(&mut repositories, 5);
    let (result, store) = resend(FakeStore::with(repositories), LATE).await;
    let full = Quota { resource: quota::Resource::Invitations, limit: Some(5), used: 5 };
    assert!(matches!(result, Err(Error::QuotaExceeded(quota)) if quota == full));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn without_mail_nothing_is_sent_again() {
    let (mut ports, store) = ports(FakeStore::default(), 60);
    ports.settings.sends_mail = false;
    let (manage, caller) = (ports.into_use_cases().manage_invitation, caller(UserRole::User));
    let result = manage.resend(&caller, acme().id, made().id).await;
    assert!(matches!(result, Err(Error::MailNotConfigured)));
    assert_eq!(store.begun(), 0);
}

#[tokio::test]
async fn an_invitation_is_taken_back_by_the_version_that_was_seen() {
    for expected in [ExpectedVersion::Any, ExpectedVersion::OneOf(vec![1])] {
        let (result, store) = revoke(FakeStore::with(revoking(as_role(Admin))), expected).await;
        assert!(result.is_ok());
        assert_eq!(store.committed(), [[Action::InvitationRevoked]]);
        let event = &store.events()[0];
        assert_eq!(event.organization, Some(acme().id));
        assert_eq!(event.resource, Resource::Invitation(made().id));
    }
    let store = FakeStore::with(finding(as_role(Admin), Some(made())));
    let (result, store) = revoke(store, ExpectedVersion::OneOf(vec![2])).await;
    assert!(matches!(result, Err(Error::VersionMismatch)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn one_that_has_expired_can_be_taken_back() {
    let expired = Invitation { expires_at: at(1), ..made() };
    let mut repositories = finding(as_role(Admin), Some(expired.clone()));
    expect_update(&mut repositories, Invitation { status: Revoked, version: 2, ..expired });
    let (result, store) = revoke(FakeStore::with(repositories), ExpectedVersion::Any).await;
    assert!(result.is_ok());
    assert_eq!(store.committed(), [[Action::InvitationRevoked]]);
}

/// What both refuse alike.
async fn refuses(prepare: impl Fn() -> Repositories, is_expected: Check) {
    let (result, store) = resend(FakeStore::with(prepare()), 60).await;
    let error = result.unwrap_err();
    assert!(is_expected(&error) && store.committed().is_empty(), "{error:?}");
    let (result, store) = revoke(FakeStore::with(prepare()), ExpectedVersion::Any).await;
    let error = result.unwrap_err();
    assert!(is_expected(&error) && store.committed().is_empty(), "{error:?}");
}

#[tokio::test]
async fn what_was_closed_stays_so() {
    for status in [Accepted, Declined, Revoked] {
        let closed = || Invitation { status, ..made() };
        let prepare = || finding(as_role(Owner), Some(closed()));
        refuses(prepare, |error| matches!(error, Error::InvitationClosed)).await;
    }
}

#[tokio::test]
async fn nothing_is_done_by_those_who_may_not() {
    refuses(|| locking(None), |error| matches!(error, Error::NotFound)).await;
    refuses(|| finding(as_role(Owner), None), |error| matches!(error, Error::NotFound)).await;
    refuses(
        || locking(Some(as_role(Member))),
        |error| matches!(error, Error::Forbidden("members:manage")),
    )
    .await;
    let above = || Invitation { role: Owner, ..made() };
    refuses(
        || finding(as_role(Admin), Some(above())),
        |error| matches!(error, Error::Forbidden("owners:manage")),
    )
    .await;
    let suspended = || Organization { status: OrganizationStatus::Suspended, ..acme() };
    refuses(
        || locking(Some(access(suspended(), Owner, UserRole::User))),
        |error| matches!(error, Error::OrganizationSuspended),
    )
    .await;
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    for failure in Failure::ALL {
        let begins = failure != Failure::Begin;
        let prepared = begins.then(|| resending(as_role(Admin), 60));
        let (result, store) = resend(FakeStore::with_each(prepared).failing_at(failure), 60).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");

        let prepared = begins.then(|| revoking(as_role(Admin)));
        let store = FakeStore::with_each(prepared).failing_at(failure);
        let (result, store) = revoke(store, ExpectedVersion::Any).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
}
