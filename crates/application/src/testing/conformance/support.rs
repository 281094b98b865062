//! What the cases are made of.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use guildhall_domain::{
    Invitation, InvitationLifetime, Membership, MembershipSource, Organization, OrganizationId,
    OrganizationRole, Origin, Session, SessionLifetimes, Timestamp, User, UserRole, Workspace,
    WorkspaceName,
    ids::{Id, IdKind},
};

use super::StoreUnderTest;
use crate::{
    Caller, PageRequest, Scope,
    caller::Viewer,
    ports::{Addition, Insertion, OrganizationSummary, PasswordHash, TokenHash, UnitOfWork},
};

/// An id that no other call returns.
pub(super) fn id<K: IdKind>() -> Id<K> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    // Scattered, so that no order of creation hides in the order of ids.
    let scattered = u128::from(next).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    Id::new(uuid::Builder::from_random_bytes(scattered.to_be_bytes()).into_uuid())
}

/// A moment, in microseconds since New Year 2026.
pub(super) fn at(micros: i64) -> Timestamp {
    Timestamp::from_timestamp_micros(1_767_225_600_000_000 + micros).unwrap()
}

pub(super) fn organization(name: &str, created_at: Timestamp) -> Organization {
    Organization::new(id(), name.parse().unwrap(), None, created_at)
}

pub(super) fn user(email: &str) -> User {
    User::new(id(), email.parse().unwrap(), "Ada Lovelace".parse().unwrap(), UserRole::User, at(0))
}

pub(super) fn admin(email: &str) -> User {
    User { role: UserRole::Admin, ..user(email) }
}

pub(super) fn membership(
    organization: &Organization,
    user: &User,
    role: OrganizationRole,
) -> Membership {
    Membership {
        organization: organization.id,
        user: user.id,
        role,
        source: MembershipSource::Registration,
        joined_at: at(1),
        version: 1,
    }
}

pub(super) fn workspaces(organization: &Organization, count: u32) -> Vec<Workspace> {
    (1..=count)
        .map(|number| Workspace::new(id(), organization.id, WorkspaceName::numbered(number), at(2)))
        .collect()
}

/// An invitation to become a member, for a week, of whom nobody knows who made
/// it.
pub(super) fn invitation(
    organization: &Organization,
    email: &str,
    created_at: Timestamp,
) -> Invitation {
    let (email, lifetime) = (email.parse().unwrap(), InvitationLifetime::default());
    let role = OrganizationRole::Member;
    let made = Invitation::new(id(), organization.id, email, role, lifetime, id(), created_at);
    Invitation { invited_by: None, ..made }
}

/// A session that began at that moment and lives for an hour if it is not used.
pub(super) fn session(user: &User, now: Timestamp) -> Session {
    let lifetimes = SessionLifetimes { idle: TimeDelta::hours(1), absolute: TimeDelta::days(30) };
    let origin = Origin {
        ip_address: Some("2001:db8::1".parse().unwrap()),
        user_agent: Some("curl/8.5 \u{1F980}".to_owned()),
        request_id: None,
    };
    Session::begin(id(), user.id, lifetimes, origin, now)
}

pub(super) fn token(number: u8) -> TokenHash {
    TokenHash::new([number; 32])
}

pub(super) fn password() -> PasswordHash {
    PasswordHash::new("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA".to_owned())
}

/// The eyes of a user.
pub(super) fn viewer(user: &User) -> Viewer {
    Caller {
        session: session(user, at(0)),
        user: user.clone(),
        organization: None,
        origin: Origin::default(),
    }
    .viewer()
}

/// The whole list, in one page.
pub(super) const EVERYTHING: PageRequest = PageRequest { after: None, limit: 10_000 };

impl StoreUnderTest {
    pub(super) async fn begin(&self) -> Box<dyn UnitOfWork> {
        self.store.begin().await.unwrap()
    }

    /// Adds organizations, and commits.
    pub(super) async fn add_organizations(&self, organizations: &[Organization]) {
        let mut work = self.begin().await;
        for organization in organizations {
            let outcome = work.organizations().insert(organization).await.unwrap();
            assert_eq!(outcome, Insertion::Inserted, "{organization:?}");
        }
        work.commit().await.unwrap();
    }

    /// Adds users, and commits.
    pub(super) async fn add_users(&self, users: &[User]) {
        let mut work = self.begin().await;
        for user in users {
            let outcome = work.users().insert(user, &password()).await.unwrap();
            assert_eq!(outcome, Insertion::Inserted, "{user:?}");
        }
        work.commit().await.unwrap();
    }

    /// A platform admin, whom the store knows as one: it may look for itself.
    pub(super) async fn add_admin(&self) -> User {
        let number: OrganizationId = id();
        let root = admin(&format!("root-{}@example.com", number.as_uuid().simple()));
        self.add_users(std::slice::from_ref(&root)).await;
        root
    }

    /// Adds members to an organization, and commits.
    pub(super) async fn add_members(
        &self,
        organization: &Organization,
        members: &[(&User, OrganizationRole)],
    ) {
        let mut work = self.begin().await;
        for (user, role) in members {
            let membership = membership(organization, user, *role);
            let scope = Scope::of_entrant(organization);
            let outcome = work.memberships().insert(&scope, &membership).await.unwrap();
            assert_eq!(outcome, Addition::Added, "{membership:?}");
        }
        work.commit().await.unwrap();
    }

    /// Adds invitations to an organization, and commits.
    pub(super) async fn add_invitations(
        &self,
        organization: &Organization,
        invitations: &[Invitation],
    ) {
        let mut work = self.begin().await;
        let scope = Scope::of_entrant(organization);
        work.invitations().insert(&scope, invitations).await.unwrap();
        work.commit().await.unwrap();
    }

    /// Adds sessions with their tokens, and commits.
    pub(super) async fn add_sessions(&self, sessions: &[(&Session, TokenHash)]) {
        let mut work = self.begin().await;
        for (session, token) in sessions {
            work.sessions().insert(session, token).await.unwrap();
        }
        work.commit().await.unwrap();
    }

    /// The whole list of a user.
    pub(super) async fn list(&self, user: &User) -> Vec<OrganizationSummary> {
        self.organizations.accessible_to(viewer(user), EVERYTHING).await.unwrap()
    }

    /// The names in the list of a platform admin.
    pub(super) async fn all_names(&self) -> Vec<String> {
        let root = self.add_admin().await;
        let names = self.list(&root).await.into_iter().map(|row| row.name);
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }
}
