//! Resetting passwords: what asking tells, which token is good, and what ends.

use std::{sync::Arc, time::Duration};

use guildhall_domain::{Action, AuditActor, EmailAddress, Resource, User, UserRole};

use crate::{
    Error,
    auth::presented_token::{self, ports},
    ports::{HashingError, MailSubject, Purpose, Refusal},
    testing::{
        Failure, FakeStore, Repositories, TestPorts, at, caller, new_password, origin,
        password_hash,
    },
};

const PASSWORD: &str = "correct horse battery staple";

/// Whose address is not proven.
fn ada() -> User {
    caller(UserRole::User).user
}

fn email() -> EmailAddress {
    "Ada@acme.com".parse().unwrap()
}

/// Ports where passwords are hashed so many times.
fn hashing(store: FakeStore, times: usize) -> (TestPorts, Arc<FakeStore>) {
    let (mut ports, store) = ports(store);
    ports
        .hasher
        .expect_hash()
        .withf(|password| password.expose() == PASSWORD)
        .times(times)
        .returning(|_| Ok(password_hash("new")));
    (ports, store)
}

async fn reset((ports, store): (TestPorts, Arc<FakeStore>)) -> (Result<(), Error>, Arc<FakeStore>) {
    let reset_password = ports.into_use_cases().reset_password;
    (reset_password.execute(&origin(), "token", &new_password(PASSWORD)).await, store)
}

/// A unit of work in which the token is that user's.
fn taking(taken: Option<User>) -> Repositories {
    presented_token::taking(Purpose::PasswordReset, taken)
}

/// And in which the password is set and three sessions end.
fn setting(user: User) -> Repositories {
    let mut repositories = taking(Some(user));
    repositories
        .users
        .expect_set_password()
        .withf(|id, hash| *id == ada().id && *hash == password_hash("new"))
        .times(1)
        .return_once(|_, _| Ok(()));
    repositories
        .sessions
        .expect_remove_all()
        .withf(|id| *id == ada().id)
        .times(1)
        .return_once(|_| Ok(3));
    repositories
}

/// And in which the address is proven.
fn resetting() -> Repositories {
    let mut repositories = setting(ada());
    let expected =
        User { email_verified_at: Some(at(60)), updated_at: at(60), version: 2, ..ada() };
    repositories
        .users
        .expect_update()
        .withf(move |user| *user == expected)
        .times(1)
        .return_once(|_| Ok(()));
    repositories
}

fn pointer(result: &Result<(), Error>) -> Option<&str> {
    match result {
        Err(Error::Invalid(faults)) => faults.first().map(|fault| &fault.pointer[..]),
        _ => None,
    }
}

#[tokio::test]
async fn a_token_sets_the_password_and_ends_every_session() {
    let verified = User { email_verified_at: Some(at(1)), ..ada() };
    for (looking, deciding) in
        [(taking(Some(ada())), resetting()), (taking(Some(verified.clone())), setting(verified))]
    {
        let store = FakeStore::with_each([looking, deciding]);
        let (result, store) = reset(hashing(store, 1)).await;
        assert!(result.is_ok());
        assert_eq!(store.committed(), [[Action::PasswordReset]], "looking uses nothing up");
        let event = &store.events()[0];
        assert_eq!(event.actor, AuditActor::user(&ada()));
        assert_eq!((event.resource, event.organization), (Resource::User(ada().id), None));
        assert_eq!((&event.origin, event.occurred_at), (&origin(), at(60)));
        assert_eq!(event.details["sessions_ended"], "3");
    }
}

#[tokio::test]
async fn a_bad_token_costs_no_hash() {
    let mut of_nobody = Repositories::default();
    of_nobody.users.expect_lock().return_once(|_| Ok(None));
    of_nobody.one_time_tokens.expect_take().return_once(|_, _, _| Ok(Some(ada().id)));
    for looking in [taking(None), of_nobody] {
        let (result, store) = reset(hashing(FakeStore::with(looking), 0)).await;
        assert_eq!(pointer(&result), Some("/token"), "{result:?}");
        assert!(store.committed().is_empty());
    }
    let (ports, store) = hashing(FakeStore::default(), 0);
    let reset_password = ports.into_use_cases().reset_password;
    let result = reset_password.execute(&origin(), "nonsense", &new_password(PASSWORD)).await;
    assert_eq!(pointer(&result), Some("/token"), "{result:?}");
    assert_eq!(store.begun(), 0);
}

#[tokio::test]
async fn a_token_that_was_used_while_hashing_sets_nothing() {
    let store = FakeStore::with_each([taking(Some(ada())), taking(None)]);
    let (result, store) = reset(hashing(store, 1)).await;
    assert_eq!(pointer(&result), Some("/token"), "{result:?}");
    assert!(store.committed().is_empty());
}

#[tokio::test]
async fn a_token_outlives_a_bad_password() {
    let address = "wolfgang.zwiebelkuchen@acme.com";
    let wolfgang = User { email: address.parse().unwrap(), ..ada() };
    let (ports, store) = ports(FakeStore::with(taking(Some(wolfgang))));
    let reset_password = ports.into_use_cases().reset_password;
    let result = reset_password.execute(&origin(), "token", &new_password(address)).await;
    assert_eq!(pointer(&result), Some("/password"), "{result:?}");
    assert_eq!((store.begun(), store.committed().len()), (1, 0));
}

#[tokio::test]
async fn a_token_outlives_a_hasher_that_gives_up() {
    let (mut ports, store) = ports(FakeStore::with(taking(Some(ada()))));
    ports.hasher.expect_hash().return_once(|_| Err(HashingError::Overloaded));
    let (result, store) = reset((ports, store)).await;
    assert!(matches!(result, Err(Error::Overloaded)));
    assert_eq!((store.begun(), store.committed().len()), (1, 0));
}

#[tokio::test]
async fn a_store_out_of_reach_uses_no_token_up() {
    for failure in Failure::ALL {
        let prepared = match failure {
            Failure::Begin => Vec::new(),
            Failure::Append | Failure::Commit => vec![taking(Some(ada())), resetting()],
        };
        let store = FakeStore::with_each(prepared).failing_at(failure);
        let (result, store) = reset(hashing(store, usize::from(failure != Failure::Begin))).await;
        assert!(matches!(result, Err(Error::StoreUnavailable(_))), "{failure:?}");
        assert!(store.committed().is_empty(), "{failure:?}");
    }
}

/// A unit of work in which a mail to the address is queued, and nothing else is
/// done: nobody looks whether an account has it.
fn queueing() -> Repositories {
    let mut repositories = Repositories::default();
    repositories
        .mail_queue
        .expect_enqueue()
        .withf(|jobs| {
            let [job] = jobs else { return false };
            job.subject == MailSubject::PasswordReset(email())
                && (job.attempts, job.queued_at) == (0, at(60))
        })
        .times(1)
        .return_once(|_| Ok(()));
    repositories
}

#[tokio::test]
async fn asking_does_the_same_for_every_address() {
    let (mut ports, store) = ports(FakeStore::with(queueing()));
    ports
        .throttle
        .expect_admit()
        .withf(|address, account| {
            *address == origin().ip_address && account.is_some_and(|account| *account == email())
        })
        .times(1)
        .return_once(|_, _| Ok(()));
    let reset_password = ports.into_use_cases().reset_password;
    reset_password.request(&origin(), &email()).await.unwrap();
    assert_eq!(store.committed(), [[Action::PasswordResetRequested]]);
    let event = &store.events()[0];
    assert_eq!((&event.actor, event.resource), (&AuditActor::Anonymous, Resource::Installation));
    assert_eq!(event.details["email"], "Ada@acme.com");
    assert_eq!((&event.origin, event.occurred_at), (&origin(), at(60)));
}

#[tokio::test]
async fn without_mail_nobody_asks() {
    let (mut ports, store) = ports(FakeStore::default());
    ports.settings.sends_mail = false;
    let result = ports.into_use_cases().reset_password.request(&origin(), &email()).await;
    assert!(matches!(result, Err(Error::MailNotConfigured)));
    assert_eq!(store.begun(), 0);
}

#[tokio::test]
async fn asking_and_guessing_are_throttled() {
    let refusal = Refusal { retry_after: Duration::from_secs(9), is_first: true };
    let refusing = || {
        let (mut ports, store) = hashing(FakeStore::default(), 0);
        ports.throttle.expect_admit().times(1).return_once(move |_, _| Err(refusal));
        (ports, store)
    };
    let (ports, store) = refusing();
    let asked = ports.into_use_cases().reset_password.request(&origin(), &email()).await;
    assert_eq!(store.begun(), 0);
    let (guessed, store) = reset(refusing()).await;
    assert_eq!(store.begun(), 0);
    for result in [asked, guessed] {
        let Err(Error::TooManyAttempts { retry_after }) = result else { panic!("{result:?}") };
        assert_eq!(retry_after, refusal.retry_after);
    }
}
