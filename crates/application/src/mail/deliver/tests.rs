//! Delivering mail: what is written in it, what is not sent any more, and what
//! is tried again.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use guildhall_domain::{
    EmailAddress, Invitation, InvitationStatus, Organization, OrganizationRole, User, UserRole,
    UserStatus,
};
use uuid::Uuid;

use super::{DeliverMail, pause_after};
use crate::{
    Error,
    mail::MailLinks,
    ports::{
        AccessToken, Letter, MailError, MailJob, MailSubject, MockMailer, Purpose, StoreError,
        TokenHash,
    },
    testing::{
        Failure, FakeStore, FixedClock, Repositories, TestPorts, at, caller, invitation,
        organization, password_hash, token_hash,
    },
};

const NOW: i64 = 86_400;

fn ada() -> User {
    caller(UserRole::User).user
}

fn made() -> Invitation {
    invitation(9, "grace@acme.com", OrganizationRole::Admin)
}

fn acme() -> Organization {
    organization(7, "Acme", None)
}

fn job(subject: MailSubject, attempts: u32) -> MailJob {
    MailJob { id: Uuid::from_u128(3), subject, attempts, queued_at: at(5) }
}

fn to_invited() -> MailJob {
    job(MailSubject::Invitation(made().id), 1)
}

fn to_verify() -> MailJob {
    job(MailSubject::EmailVerification(ada().id), 1)
}

fn to_reset() -> MailJob {
    job(MailSubject::PasswordReset("ADA@acme.com".parse().unwrap()), 1)
}

/// A unit of work in which those are claimed.
fn claiming(jobs: Vec<MailJob>) -> Repositories {
    let mut repositories = Repositories::default();
    repositories
        .mail_queue
        .expect_claim()
        .withf(|now, until, limit| {
            (*now, *until) == (at(NOW), at(NOW) + TimeDelta::minutes(15)) && *limit == 20
        })
        .times(1)
        .return_once(|_, _, _| Ok(jobs));
    repositories
}

/// A unit of work in which the mail is removed.
fn ending() -> Repositories {
    let mut repositories = Repositories::default();
    repositories
        .mail_queue
        .expect_remove()
        .withf(|id| *id == Uuid::from_u128(3))
        .times(1)
        .return_once(|_| Ok(()));
    repositories
}

/// A unit of work in which the mail is put off so long.
fn putting_off(pause: TimeDelta) -> Repositories {
    let mut repositories = Repositories::default();
    repositories
        .mail_queue
        .expect_put_off()
        .withf(move |id, due_at| (*id, *due_at) == (Uuid::from_u128(3), at(NOW) + pause))
        .times(1)
        .return_once(|_, _| Ok(()));
    repositories
}

/// A unit of work in which the invitation is found, and its organization.
fn finding(invitation: Option<Invitation>, organization: Option<Organization>) -> Repositories {
    let mut repositories = Repositories::default();
    repositories
        .invitations
        .expect_get()
        .withf(|id| *id == made().id)
        .return_once(|_| Ok(invitation));
    repositories
        .organizations
        .expect_find()
        .withf(|id| *id == acme().id)
        .return_once(|_| Ok(organization));
    repositories
}

/// And in which it gets the token.
fn inviting() -> Repositories {
    let mut repositories = finding(Some(made()), Some(acme()));
    repositories
        .invitations
        .expect_set_token()
        .withf(|id, token| (*id, *token) == (made().id, token_hash(7)))
        .times(1)
        .return_once(|_, _| Ok(()));
    repositories
}

/// A unit of work in which the user is found, by id and by address.
fn knowing(user: Option<User>) -> Repositories {
    let mut repositories = Repositories::default();
    let by_address = user.clone();
    repositories
        .users
        .expect_lock()
        .withf(|id| *id == ada().id)
        .return_once(|_| Ok(user.map(|user| (user, password_hash("stored")))));
    repositories
        .users
        .expect_lock_by_email()
        .withf(|email| *email == ada().email)
        .return_once(|_| Ok(by_address));
    repositories
}

/// And in which they get the token.
fn giving_token(purpose: Purpose, lifetime: TimeDelta) -> Repositories {
    let mut repositories = knowing(Some(ada()));
    repositories
        .one_time_tokens
        .expect_replace()
        .withf(move |user, given, token, expires_at| {
            let expected: (_, _, TokenHash, _) =
                (ada().id, purpose, token_hash(7), at(NOW) + lifetime);
            (*user, *given, *token, *expires_at) == expected
        })
        .times(1)
        .return_once(|_, _, _, _| Ok(()));
    repositories
}

type Sent = Arc<Mutex<Vec<Letter>>>;

/// A mailer that takes so many letters, and remembers them. When one comes, so
/// many units of work have to be committed.
fn taking(letters: usize, store: Arc<FakeStore>, committed: usize) -> (MockMailer, Sent) {
    let (mut mailer, sent) = (MockMailer::new(), Sent::default());
    let taken = sent.clone();
    mailer.expect_send().times(letters).returning(move |letter| {
        assert_eq!(store.committed().len(), committed, "the token has to be good by now");
        taken.lock().unwrap().push(letter.clone());
        Ok(())
    });
    (mailer, sent)
}

/// Delivers what is due: once, and then nothing more.
fn delivering(store: &Arc<FakeStore>, mailer: MockMailer) -> DeliverMail {
    let clock = FixedClock(at(NOW));
    let mut ports = TestPorts { store: store.clone(), mailer, clock, ..TestPorts::default() };
    ports.tokens.expect_issue().returning(|| (AccessToken::new("secret".into()), token_hash(7)));
    let mut order = mockall::Sequence::new();
    for is_due in [true, false] {
        ports
            .maintenance
            .expect_mail_is_due()
            .withf(|now| *now == at(NOW))
            .times(..=1)
            .in_sequence(&mut order)
            .return_once(move |_| Ok(is_due));
    }
    let link = |page: &str| format!("https://app.acme.com/{page}/{{token}}").parse().ok();
    ports.settings.mail_links = MailLinks {
        invitation: link("join"),
        email_verification: link("verify"),
        password_reset: link("reset"),
    };
    ports.into_use_cases().deliver_mail
}

#[tokio::test]
async fn each_letter_has_the_token_that_was_stored_before() {
    let day = TimeDelta::days(1);
    let hour = TimeDelta::hours(1);
    for (job, writing, to, said) in [
        (
            to_invited(),
            inviting(),
            made().email,
            ["join/secret", "Acme, with the role admin", "grace@acme.com", "until 1970-01-08"],
        ),
        (
            to_verify(),
            giving_token(Purpose::EmailVerification, day),
            ada().email,
            ["verify/secret", "made an account", "ada@acme.com", "until 1970-01-03 00:00"],
        ),
        (
            to_reset(),
            giving_token(Purpose::PasswordReset, hour),
            ada().email,
            ["reset/secret", "a new password", "ada@acme.com", "until 1970-01-02 01:00"],
        ),
    ] {
        let units = [claiming(vec![job.clone()]), writing, ending()];
        let store = Arc::new(FakeStore::with_each(units));
        let (mailer, sent) = taking(1, store.clone(), 2);
        assert_eq!(delivering(&store, mailer).execute().await.unwrap(), 1);
        assert_eq!(store.committed().len(), 3, "claimed, written, removed");
        let letters = sent.lock().unwrap();
        let [letter] = &letters[..] else { panic!("{letters:?}") };
        // To the address of the account, not to the one that was asked for.
        assert_eq!(letter.to.as_str(), to.as_str());
        for part in said {
            assert!(letter.text.contains(part), "{part}: {}", letter.text);
        }
        assert!(!letter.subject.contains("secret") && !letter.subject.contains('\n'));
    }
}

#[tokio::test]
async fn nothing_is_sent_about_what_is_gone() {
    let expired = Invitation { expires_at: at(NOW), ..made() };
    let closed = made().close(InvitationStatus::Revoked);
    let deleted = Organization { deleted_at: Some(at(1)), ..acme() };
    let verified = User { email_verified_at: Some(at(1)), ..ada() };
    let deactivated = User { status: UserStatus::Deactivated, ..ada() };
    for (job, writing) in [
        (to_invited(), finding(None, None)),
        (to_invited(), finding(Some(expired), Some(acme()))),
        (to_invited(), finding(Some(closed), Some(acme()))),
        (to_invited(), finding(Some(made()), None)),
        (to_invited(), finding(Some(made()), Some(deleted))),
        (to_verify(), knowing(None)),
        (to_verify(), knowing(Some(verified))),
        (to_reset(), knowing(None)),
        (to_reset(), knowing(Some(deactivated))),
    ] {
        let units = [claiming(vec![job.clone()]), writing, ending()];
        let store = Arc::new(FakeStore::with_each(units));
        let (mailer, _) = taking(0, store.clone(), 0);
        assert_eq!(delivering(&store, mailer).execute().await.unwrap(), 0, "{job:?}");
        assert_eq!(store.committed().len(), 3, "claimed, looked, removed: {job:?}");
    }
}

/// A mailer that takes nothing, for that reason.
fn failing(error: fn(String) -> MailError) -> MockMailer {
    let mut mailer = MockMailer::new();
    mailer.expect_send().times(1).return_once(move |_| Err(error("not now".to_owned())));
    mailer
}

/// Delivers one mail that was tried so often, by a mailer that takes nothing,
/// and leaves it to the last unit of work.
async fn fail(attempts: u32, error: fn(String) -> MailError, last: Repositories) {
    let subject = MailSubject::Invitation(made().id);
    let units = [claiming(vec![job(subject, attempts)]), inviting(), last];
    let store = Arc::new(FakeStore::with_each(units));
    let sent = delivering(&store, failing(error)).execute().await.unwrap();
    assert_eq!((sent, store.committed().len()), (0, 3), "{attempts}");
}

#[tokio::test]
async fn a_mail_is_tried_again_later_and_later() {
    for (attempts, seconds) in [(1, 30), (2, 60), (3, 120), (7, 1_920), (8, 3_600), (13, 3_600)] {
        fail(attempts, MailError::Unavailable, putting_off(TimeDelta::seconds(seconds))).await;
    }
}

#[tokio::test]
async fn a_mail_is_given_up_in_the_end() {
    for attempts in [14, 15, u32::MAX] {
        fail(attempts, MailError::Unavailable, ending()).await;
    }
    fail(1, MailError::Refused, ending()).await;
}

#[test]
fn pauses_grow_to_an_hour() {
    let pauses: Vec<_> = (0..40).map(pause_after).collect();
    assert!(pauses.is_sorted());
    assert_eq!(pauses.first(), Some(&TimeDelta::seconds(30)));
    assert_eq!(pauses.last(), Some(&TimeDelta::hours(1)));
    assert_eq!(pause_after(u32::MAX), TimeDelta::hours(1));
}

#[tokio::test]
async fn one_that_fails_does_not_keep_the_others() {
    let emails = ["a@acme.com", "b@acme.com"];
    let jobs = emails.map(|email| {
        let email: EmailAddress = email.parse().unwrap();
        job(MailSubject::PasswordReset(email), 1)
    });
    let writing = |email: &str| {
        let mut repositories = Repositories::default();
        let user = User { email: email.parse().unwrap(), ..ada() };
        repositories.users.expect_lock_by_email().return_once(|_| Ok(Some(user)));
        repositories.one_time_tokens.expect_replace().return_once(|_, _, _, _| Ok(()));
        repositories
    };
    let store = Arc::new(FakeStore::with_each([
        claiming(jobs.into()),
        writing("a@acme.com"),
        putting_off(TimeDelta::seconds(30)),
        writing("b@acme.com"),
        ending(),
    ]));
    let mut mailer = MockMailer::new();
    mailer.expect_send().times(2).returning(|letter| match letter.to.as_str() {
        "a@acme.com" => Err(MailError::Unavailable("not now".to_owned())),
        _ => Ok(()),
    });
    assert_eq!(delivering(&store, mailer).execute().await.unwrap(), 1);
    assert_eq!(store.committed().len(), 5);
}

#[tokio::test]
async fn who_comes_too_late_for_what_is_due_goes_on() {
    let store = Arc::new(FakeStore::with(claiming(Vec::new())));
    assert_eq!(delivering(&store, MockMailer::new()).execute().await.unwrap(), 0);
    assert_eq!(store.begun(), 1);
}

#[tokio::test]
async fn without_its_token_stored_no_letter_is_sent() {
    let mut writing = finding(Some(made()), Some(acme()));
    let away = StoreError::Unavailable("away".to_owned());
    writing.invitations.expect_set_token().return_once(|_, _| Err(away));
    let store = Arc::new(FakeStore::with_each([claiming(vec![to_invited()]), writing]));
    let result = delivering(&store, MockMailer::new()).execute().await;
    assert!(matches!(result, Err(Error::StoreUnavailable(_))));
    assert_eq!(store.committed().len(), 1, "it is claimed, and tried again when that ends");

    for failure in [Failure::Begin, Failure::Commit] {
        let prepared = (failure != Failure::Begin).then(|| claiming(vec![to_invited()]));
        let store = Arc::new(FakeStore::with_each(prepared).failing_at(failure));
        let result = delivering(&store, MockMailer::new()).execute().await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
}
