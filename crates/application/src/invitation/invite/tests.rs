//! Inviting: who may, what becomes of each, and what is written of it.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use guildhall_domain::{
    Action, AuditActor, EmailAddress, Invitation, InvitationLifetime, InvitationStatus,
    Organization, OrganizationRole, OrganizationStatus, Quota, Quotas, Resource, UserRole, quota,
};

use super::{InviteCommand, InviteOutcome, Invited};
use crate::{
    Access, Error,
    idempotency::{Once, Outcome, RequestFingerprint},
    ports::{self, Claim, MailJob, MailSubject, StoreError},
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, access, answer, at, caller, done,
        locking, organization, origin, repeatable, unrepeated,
    },
};

use OrganizationRole::{Admin, Member, Owner};

/// Whether it is the error that is expected.
type Check = fn(&Error) -> bool;

const NOW: i64 = 100_000;

/// An organization with at most 5 open invitations.
fn acme() -> Organization {
    let quotas = Quotas { invitations: Some(5), ..Quotas::default() };
    Organization { quotas, ..organization(7, "Acme", None) }
}

fn as_role(role: OrganizationRole) -> Access {
    access(acme(), role, UserRole::User)
}

fn command(email: &str, role: OrganizationRole) -> InviteCommand {
    let lifetime = InvitationLifetime::from_seconds(3_600).unwrap();
    InviteCommand { email: email.parse().unwrap(), role, lifetime }
}

fn commands(emails: &[&str]) -> Vec<InviteCommand> {
    emails.iter().map(|email| command(email, Member)).collect()
}

/// The quota with so many open invitations.
fn used(used: u32) -> Quota {
    Quota { resource: quota::Resource::Invitations, limit: Some(5), used }
}

/// A unit of work in which those are members or invited already, and so many
/// invitations are open.
fn knowing(access: Access, known: Vec<ports::Invited>, open: u32) -> Repositories {
    let mut repositories = locking(Some(access));
    repositories
        .invitations
        .expect_already_invited()
        .withf(|scope, _, now| scope.organization() == acme().id && *now == at(NOW))
        .times(1)
        .return_once(|_, _, _| Ok(known));
    repositories
        .invitations
        .expect_count_open()
        .withf(|scope, now| scope.organization() == acme().id && *now == at(NOW))
        .times(1)
        .return_once(move |_, _| Ok(open));
    repositories
}

/// What was inserted and queued.
type Made = Arc<Mutex<(Vec<Invitation>, Vec<MailJob>)>>;

/// Lets a unit of work insert and queue, once, and remembers what.
fn making(repositories: &mut Repositories) -> Made {
    let made = Made::default();
    let inserted = made.clone();
    repositories
        .invitations
        .expect_insert()
        .withf(|scope, _| scope.organization() == acme().id)
        .times(1)
        .return_once(move |_, invitations| {
            inserted.lock().unwrap().0 = invitations.to_vec();
            Ok(())
        });
    let queued = made.clone();
    repositories.mail_queue.expect_enqueue().times(1).return_once(move |jobs| {
        queued.lock().unwrap().1 = jobs.to_vec();
        Ok(())
    });
    made
}

fn ports(store: FakeStore) -> (TestPorts, Arc<FakeStore>) {
    let store = Arc::new(store);
    let clock = FixedClock(at(NOW));
    (TestPorts { store: store.clone(), clock, ..TestPorts::default() }, store)
}

async fn invite_all(
    store: FakeStore,
    commands: Vec<InviteCommand>,
) -> (Result<InviteOutcome, Error>, Arc<FakeStore>) {
    let (ports, store) = ports(store);
    let (invite, caller) = (ports.into_use_cases().invite, caller(UserRole::User));
    let result = invite.execute(&caller, acme().id, commands, unrepeated()).await;
    (result.map(done), store)
}

async fn invite_once(
    store: FakeStore,
    command: InviteCommand,
    once: Once<'_, Invited>,
) -> (Result<Outcome<Invited>, Error>, Arc<FakeStore>) {
    let (ports, store) = ports(store);
    let (invite, caller) = (ports.into_use_cases().invite, caller(UserRole::User));
    (invite.execute_one(&caller, acme().id, command, once).await, store)
}

async fn invite(
    store: FakeStore,
    command: InviteCommand,
) -> (Result<Invited, Error>, Arc<FakeStore>) {
    let (result, store) = invite_once(store, command, unrepeated()).await;
    (result.map(done), store)
}

#[tokio::test]
async fn an_invitation_is_made_by_those_who_may() {
    let platform_admin = access(acme(), None, UserRole::Admin);
    for (by, role) in [
        (as_role(Owner), Owner),
        (as_role(Owner), Member),
        (as_role(Admin), Admin),
        (as_role(Admin), Member),
        (platform_admin, Owner),
    ] {
        let mut repositories = knowing(by, Vec::new(), 3);
        let made = making(&mut repositories);
        let store = FakeStore::with(repositories);
        let (result, store) = invite(store, command("Grace@acme.com", role)).await;
        let Invited { invitation, quota, now } = result.unwrap();
        assert_eq!((quota, now), (used(4), at(NOW)));
        assert_eq!((invitation.email.as_str(), invitation.role), ("Grace@acme.com", role));
        assert_eq!(invitation.expires_at, at(NOW) + TimeDelta::hours(1));
        assert_eq!(invitation.status, InvitationStatus::Pending);
        assert_eq!(invitation.organization, acme().id);
        assert_eq!(invitation.invited_by, Some(caller(UserRole::User).user.id));

        let (inserted, queued) = &*made.lock().unwrap();
        assert_eq!(inserted[..], *std::slice::from_ref(&invitation));
        let [job] = &queued[..] else { panic!("{queued:?}") };
        assert_eq!(job.subject, MailSubject::Invitation(invitation.id));
        assert_eq!((job.attempts, job.queued_at), (0, at(NOW)));

        assert_eq!(store.committed(), [[Action::InvitationCreated]]);
        let event = &store.events()[0];
        assert_eq!(event.organization, Some(acme().id));
        assert_eq!(event.resource, Resource::Invitation(invitation.id));
        assert_eq!(event.actor, AuditActor::user(&caller(UserRole::User).user));
        assert_eq!((&event.origin, event.occurred_at), (&origin(), at(NOW)));
        assert_eq!(event.details["email"], "Grace@acme.com");
        assert_eq!(event.details["role"], role.as_str());
    }
}

#[tokio::test]
async fn many_are_invited_as_far_as_they_can_be() {
    let known = |email: &str| email.parse().unwrap();
    let known = vec![
        ports::Invited::Member(known("member@acme.com")),
        ports::Invited::Pending(known("Waiting@acme.com")),
    ];
    let mut repositories = knowing(as_role(Admin), known, 2);
    let made = making(&mut repositories);
    let commands = [
        ("one@acme.com", Member),
        ("MEMBER@acme.com", Member),
        ("waiting@acme.com", Admin),
        ("above@acme.com", Owner),
        ("two@acme.com", Admin),
        ("ONE@acme.com", Member),
        ("three@acme.com", Member),
        ("four@acme.com", Member),
        ("two@acme.com", Member),
    ]
    .map(|(email, role)| command(email, role));
    let (result, store) = invite_all(FakeStore::with(repositories), commands.to_vec()).await;
    let InviteOutcome { results, quota, now } = result.unwrap();
    assert_eq!((quota, now), (used(5), at(NOW)));
    let asked: Vec<_> = commands.iter().map(|command| command.email.as_str()).collect();
    let answered: Vec<_> = results.iter().map(|(email, _)| email.as_str()).collect();
    assert_eq!(answered, asked, "in the order of the request");
    let kind = |result: &Result<Invitation, Error>| match result {
        Ok(_) => "made",
        Err(Error::AlreadyMember) => "member",
        Err(Error::AlreadyInvited) => "invited",
        Err(Error::Forbidden("owners:manage")) => "forbidden",
        Err(Error::QuotaExceeded(quota)) if *quota == used(5) => "no room",
        Err(error) => panic!("{error}"),
    };
    let kinds: Vec<_> = results.iter().map(|(_, result)| kind(result)).collect();
    let expected =
        ["made", "member", "invited", "forbidden", "made", "invited", "made", "no room", "invited"];
    assert_eq!(kinds, expected);

    let (inserted, queued) = &*made.lock().unwrap();
    let successes: Vec<_> =
        results.iter().filter_map(|(_, result)| result.as_ref().ok()).cloned().collect();
    assert_eq!(*inserted, successes);
    let subjects: Vec<_> = queued.iter().map(|job| job.subject.clone()).collect();
    let expected: Vec<_> =
        inserted.iter().map(|invitation| MailSubject::Invitation(invitation.id)).collect();
    assert_eq!(subjects, expected);
    assert_eq!(store.committed(), [[Action::InvitationCreated; 3]]);
}

#[tokio::test]
async fn all_addresses_are_looked_up_at_once() {
    let mut repositories = locking(Some(as_role(Admin)));
    repositories
        .invitations
        .expect_already_invited()
        .withf(|_, emails, _| {
            emails.iter().map(EmailAddress::as_str).eq(["a@acme.com", "b@acme.com"])
        })
        .times(1)
        .return_once(|_, emails, _| {
            Ok(emails.iter().cloned().map(ports::Invited::Pending).collect())
        });
    repositories.invitations.expect_count_open().return_once(|_, _| Ok(0));
    let store = FakeStore::with(repositories);
    let (result, store) = invite_all(store, commands(&["a@acme.com", "b@acme.com"])).await;
    let results = result.unwrap().results;
    assert!(results.iter().all(|(_, result)| matches!(result, Err(Error::AlreadyInvited))));
    assert!(store.events().is_empty(), "nobody was invited");
}

#[tokio::test]
async fn one_that_cannot_be_made_is_an_error() {
    let known = |email: &str| email.parse().unwrap();
    let cases: [(Vec<ports::Invited>, u32, OrganizationRole, Check); 4] = [
        (vec![ports::Invited::Member(known("grace@acme.com"))], 0, Member, |error| {
            matches!(error, Error::AlreadyMember)
        }),
        (vec![ports::Invited::Pending(known("grace@acme.com"))], 0, Member, |error| {
            matches!(error, Error::AlreadyInvited)
        }),
        (
            Vec::new(),
            5,
            Member,
            |error| matches!(error, Error::QuotaExceeded(quota) if *quota == used(5)),
        ),
        (Vec::new(), 0, Owner, |error| matches!(error, Error::Forbidden("owners:manage"))),
    ];
    for (known, open, role, is_expected) in cases {
        let store = FakeStore::with(knowing(as_role(Admin), known, open));
        let (result, store) = invite(store, command("GRACE@acme.com", role)).await;
        let error = result.unwrap_err();
        assert!(is_expected(&error), "{error:?}");
        assert!(store.committed().is_empty(), "{error:?}");
    }
}

#[tokio::test]
async fn nobody_is_invited_by_those_who_may_not() {
    let suspended = Organization { status: OrganizationStatus::Suspended, ..acme() };
    let cases: [(Option<Access>, Check); 4] = [
        (None, |error| matches!(error, Error::NotFound)),
        (Some(as_role(Member)), |error| matches!(error, Error::Forbidden("members:manage"))),
        (Some(access(suspended.clone(), Owner, UserRole::User)), |error| {
            matches!(error, Error::OrganizationSuspended)
        }),
        (Some(access(suspended, None, UserRole::Admin)), |error| {
            matches!(error, Error::OrganizationSuspended)
        }),
    ];
    for (found, is_expected) in cases {
        let store = FakeStore::with(locking(found));
        let (result, store) = invite_all(store, commands(&["grace@acme.com"])).await;
        let error = result.unwrap_err();
        assert!(is_expected(&error), "{error:?}");
        assert!(store.committed().is_empty(), "{error:?}");
    }
}

#[tokio::test]
async fn without_mail_nobody_is_invited() {
    let (mut ports, store) = ports(FakeStore::default());
    ports.settings.sends_mail = false;
    let (invite, caller) = (ports.into_use_cases().invite, caller(UserRole::User));
    let result =
        invite.execute(&caller, acme().id, commands(&["grace@acme.com"]), unrepeated()).await;
    assert!(matches!(result, Err(Error::MailNotConfigured)));
    assert_eq!(store.begun(), 0);
}

/// Lets the unit of work find that of the key, as of now.
fn claiming(repositories: &mut Repositories, claim: Claim) {
    repositories
        .answered_requests
        .expect_claim()
        .withf(|actor, key, fingerprint, now, since| {
            *actor == caller(UserRole::User).user.id
                && key.as_str() == "key"
                && *fingerprint == RequestFingerprint([1; 32])
                && (*now, *since) == (at(NOW), at(NOW) - TimeDelta::hours(24))
        })
        .times(1)
        .return_once(|_, _, _, _, _| Ok(claim));
}

#[tokio::test]
async fn the_answer_to_the_first_of_a_key_is_kept() {
    let mut repositories = knowing(as_role(Admin), Vec::new(), 0);
    let _made = making(&mut repositories);
    claiming(&mut repositories, Claim::First);
    repositories
        .answered_requests
        .expect_keep()
        .withf(|actor, key, kept| {
            *actor == caller(UserRole::User).user.id && key.as_str() == "key" && *kept == answer()
        })
        .times(1)
        .return_once(|_, _, _| Ok(()));
    let store = FakeStore::with(repositories);
    let (result, store) =
        invite_once(store, command("grace@acme.com", Member), repeatable(1)).await;
    assert_eq!(done(result.unwrap()).quota, used(1));
    assert_eq!(store.committed(), [[Action::InvitationCreated]]);
}

#[tokio::test]
async fn a_repetition_does_nothing() {
    let mut repositories = Repositories::default();
    claiming(&mut repositories, Claim::Answered(RequestFingerprint([1; 32]), answer()));
    let store = FakeStore::with(repositories);
    let (result, store) =
        invite_once(store, command("grace@acme.com", Member), repeatable(1)).await;
    assert!(matches!(result, Ok(Outcome::Repeated(repeated)) if repeated == answer()));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn a_key_is_for_one_request() {
    let mut repositories = Repositories::default();
    claiming(&mut repositories, Claim::Answered(RequestFingerprint([2; 32]), answer()));
    let store = FakeStore::with(repositories);
    let (result, store) =
        invite_once(store, command("grace@acme.com", Member), repeatable(1)).await;
    assert!(matches!(result, Err(Error::IdempotencyKeyReused)));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn what_is_refused_leaves_the_key_free() {
    let mut repositories = knowing(as_role(Admin), Vec::new(), 5);
    claiming(&mut repositories, Claim::First);
    let store = FakeStore::with(repositories);
    let (result, store) =
        invite_once(store, command("grace@acme.com", Member), repeatable(1)).await;
    assert!(matches!(result, Err(Error::QuotaExceeded(_))));
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn a_store_out_of_reach_keeps_nothing() {
    for failure in Failure::ALL {
        let prepared = (failure != Failure::Begin).then(|| {
            let mut repositories = knowing(as_role(Admin), Vec::new(), 0);
            let _made = making(&mut repositories);
            repositories
        });
        let store = FakeStore::with_each(prepared).failing_at(failure);
        let (result, store) = invite(store, command("grace@acme.com", Member)).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
    let mut repositories = knowing(as_role(Admin), Vec::new(), 0);
    repositories.invitations.expect_insert().return_once(|_, _| Ok(()));
    let full = StoreError::Failed("disk full".to_owned());
    repositories.mail_queue.expect_enqueue().return_once(|_| Err(full));
    let store = FakeStore::with(repositories);
    let (result, store) = invite(store, command("grace@acme.com", Member)).await;
    assert!(matches!(result, Err(Error::Internal(_))));
    assert!(store.committed().is_empty(), "no invitation without its mail");
}
