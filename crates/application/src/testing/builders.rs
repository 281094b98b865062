//! Things as tests need them: valid, plain, with fixed ids.

use chrono::TimeDelta;
use guildhall_domain::{
    Invitation, InvitationId, InvitationLifetime, Membership, MembershipSource, Organization,
    OrganizationId, OrganizationRole, Origin, Session, SessionId, SessionLifetimes, Timestamp,
    User, UserId, UserRole, Workspace, WorkspaceId, WorkspaceName,
};
use uuid::Uuid;

use super::Repositories;
use crate::{
    Access, Caller,
    auth::NewPassword,
    idempotency::{Answer, Once, Outcome, RequestFingerprint},
    ports::{
        AccountWithPassword, AccountWithSession, MemberDetails, OrganizationSummary, PasswordHash,
        TokenHash, UserWithOrganization,
    },
};

/// So many seconds after the epoch.
#[must_use]
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

/// A request from 192.0.2.1 (RFC 5737) with the id `test-request`.
#[must_use]
pub fn origin() -> Origin {
    Origin {
        ip_address: Some([192, 0, 2, 1].into()),
        user_agent: Some("test".to_owned()),
        request_id: Some("test-request".to_owned()),
    }
}

/// An active user with the id `number`.
///
/// # Panics
///
/// When `email` is no e-mail address.
#[must_use]
#[expect(clippy::expect_used, reason = "builders are for tests")]
pub fn user(number: u128, email: &str, role: UserRole) -> User {
    User::new(
        UserId::new(Uuid::from_u128(number)),
        email.parse().expect("an e-mail address"),
        "Ada Lovelace".parse().expect("a name"),
        role,
        Timestamp::UNIX_EPOCH,
    )
}

/// A session with the id `number` that began at the epoch and lives for a week.
#[must_use]
pub fn session(number: u128, user: UserId) -> Session {
    let lifetimes = SessionLifetimes { idle: TimeDelta::days(7), absolute: TimeDelta::days(30) };
    let id = SessionId::new(Uuid::from_u128(number));
    Session::begin(id, user, lifetimes, origin(), Timestamp::UNIX_EPOCH)
}

/// A stored password. Two are the same when their texts are.
#[must_use]
pub fn password_hash(text: &str) -> PasswordHash {
    PasswordHash::new(text.to_owned())
}

/// A stored token, of 32 times that byte.
#[must_use]
pub fn token_hash(byte: u8) -> TokenHash {
    TokenHash::new([byte; 32])
}

/// A password that is fit to be set.
///
/// # Panics
///
/// When `raw` is not.
#[must_use]
#[expect(clippy::expect_used, reason = "builders are for tests")]
pub fn new_password(raw: &str) -> NewPassword {
    NewPassword::parse(raw.to_owned()).expect("a good password")
}

/// What signing in finds of a user without an organization.
#[must_use]
pub fn account_with_password(user: User, hash: &str) -> AccountWithPassword {
    let account = UserWithOrganization { user, organization: None };
    AccountWithPassword { account, password: password_hash(hash) }
}

/// What a token leads to for a user of `Acme`: the session of
/// [`session`] with the id 2.
#[must_use]
pub fn account_with_session(user: User) -> AccountWithSession {
    let session = session(2, user.id);
    let account = UserWithOrganization { user, organization: Some("Acme".to_owned()) };
    AccountWithSession { account, session }
}

/// `ada@acme.com`, signed in.
#[must_use]
pub fn caller(role: UserRole) -> Caller {
    let user = user(1, "ada@acme.com", role);
    let session = session(2, user.id);
    Caller { user, organization: None, session, origin: origin() }
}

/// An organization in a list, with the id `number`, created so many seconds
/// after the epoch.
#[must_use]
pub fn organization_summary(number: u32) -> OrganizationSummary {
    OrganizationSummary {
        id: OrganizationId::new(Uuid::from_u128(number.into())),
        name: format!("Organization {number}"),
        domain: None,
        users_count: 1,
        workspaces_count: 0,
        created_at: Timestamp::UNIX_EPOCH + TimeDelta::seconds(number.into()),
    }
}

/// An organization with the id `number`, created at the epoch.
///
/// # Panics
///
/// When `name` is no name or `domain` no domain.
#[must_use]
#[expect(clippy::expect_used, reason = "builders are for tests")]
pub fn organization(number: u128, name: &str, domain: Option<&str>) -> Organization {
    Organization::new(
        OrganizationId::new(Uuid::from_u128(number)),
        name.parse().expect("a name"),
        domain.map(|domain| domain.parse().expect("a domain")),
        Timestamp::UNIX_EPOCH,
    )
}

/// What [`caller`] is to an organization, by their role in it, if any, and in
/// the installation. It is not the default organization.
///
/// # Panics
///
/// When they would be a stranger to it.
#[must_use]
#[expect(clippy::expect_used, reason = "builders are for tests")]
pub fn access(
    organization: Organization,
    role: impl Into<Option<OrganizationRole>>,
    user: UserRole,
) -> Access {
    let viewer = caller(user).viewer();
    Access::found(organization, viewer, role.into()).expect("no stranger")
}

/// A unit of work in which [`caller`] locks the organization with the id 7 and
/// finds to be that to it.
#[must_use]
pub fn locking(access: Option<Access>) -> Repositories {
    let mut repositories = Repositories::default();
    repositories
        .organizations
        .expect_lock()
        .withf(|viewer, id| (viewer.user().as_uuid(), id.as_uuid()) == (uuid(1), uuid(7)))
        .times(1)
        .return_once(move |_, _| Ok(access));
    repositories
}

/// A membership of the user with the id `user` in the organization with the id
/// 7, made by an administrator at the epoch.
#[must_use]
pub const fn membership(user: u128, role: OrganizationRole) -> Membership {
    Membership {
        organization: OrganizationId::new(uuid(7)),
        user: UserId::new(uuid(user)),
        role,
        source: MembershipSource::Administrator,
        joined_at: Timestamp::UNIX_EPOCH,
        version: 1,
    }
}

/// The same, to show it.
#[must_use]
pub fn member_details(number: u128, role: OrganizationRole) -> MemberDetails {
    let user = user(number, "grace@acme.com", UserRole::User);
    let account = UserWithOrganization { user, organization: Some("Acme".to_owned()) };
    MemberDetails { membership: membership(number, role), account }
}

/// A workspace with the id `number` of the organization with the id 7,
/// allocated at the epoch.
#[must_use]
pub fn workspace(number: u32) -> Workspace {
    let id = WorkspaceId::new(uuid(number.into()));
    let name = WorkspaceName::numbered(number);
    Workspace::new(id, OrganizationId::new(uuid(7)), name, Timestamp::UNIX_EPOCH)
}

/// An invitation with the id `number` to the organization with the id 7, made by
/// the user with the id 1 at the epoch, for a week.
///
/// # Panics
///
/// When `email` is no e-mail address.
#[must_use]
#[expect(clippy::expect_used, reason = "builders are for tests")]
pub fn invitation(number: u128, email: &str, role: OrganizationRole) -> Invitation {
    Invitation::new(
        InvitationId::new(uuid(number)),
        OrganizationId::new(uuid(7)),
        email.parse().expect("an e-mail address"),
        role,
        InvitationLifetime::default(),
        UserId::new(uuid(1)),
        Timestamp::UNIX_EPOCH,
    )
}

/// A request that nobody repeats.
#[must_use]
pub fn unrepeated<T>() -> Once<'static, T> {
    Once { request: None, answer: &created::<T> }
}

/// A request with the key `key` that asks for what this number stands for.
/// Whatever it comes to, it is answered as [`answer`] says.
///
/// # Panics
///
/// Never.
#[must_use]
#[expect(clippy::expect_used, reason = "builders are for tests")]
pub fn repeatable<T>(what: u8) -> Once<'static, T> {
    let key = "key".parse().expect("a key");
    Once { request: Some((key, RequestFingerprint([what; 32]))), answer: &created::<T> }
}

/// `201 Created`, with a location and a body.
#[must_use]
pub fn answer() -> Answer {
    let headers = vec![("location".to_owned(), "/things/1".to_owned())];
    Answer { status: 201, headers, body: "{\"id\":1}".to_owned() }
}

fn created<T>(_: &T) -> Answer {
    answer()
}

/// What was done now.
///
/// # Panics
///
/// When it was done before.
#[expect(clippy::panic, reason = "builders are for tests")]
pub fn done<T>(outcome: Outcome<T>) -> T {
    match outcome {
        Outcome::Done(done) => done,
        Outcome::Repeated(answer) => panic!("it was done before: {answer:?}"),
    }
}

const fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}
