//! Identifiers: a UUID v4 with a type prefix, such as
//! `org-123e4567-e89b-42d3-a456-426614174000`.

use std::{fmt, hash::Hash, marker::PhantomData, str::FromStr};

use uuid::Uuid;

/// What an [`Id`] identifies, which is told by its prefix.
pub trait IdKind: Copy + fmt::Debug + Eq + Ord + Hash + Send + Sync + 'static {
    /// The prefix, with its hyphen: `org-`.
    const PREFIX: &'static str;
}

/// The id of one kind of thing. Ids of different kinds do not mix.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id<K: IdKind>(Uuid, PhantomData<K>);

impl<K: IdKind> Id<K> {
    /// The id that holds this UUID.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The UUID without its prefix.
    #[must_use]
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

/// Why a text is no id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an id of the form {prefix}<UUID>")]
pub struct IdError {
    prefix: &'static str,
}

impl<K: IdKind> FromStr for Id<K> {
    type Err = IdError;

    /// Takes a hyphenated UUID (RFC 9562) with or without the prefix of this kind.
    fn from_str(text: &str) -> Result<Self, IdError> {
        let uuid = text.strip_prefix(K::PREFIX).unwrap_or(text);
        // `Uuid::try_parse` also takes braces, URNs and bare digits: other
        // spellings of one id, which would be other keys to caches and logs.
        if uuid.len() != uuid::fmt::Hyphenated::LENGTH {
            return Err(IdError { prefix: K::PREFIX });
        }
        Uuid::try_parse(uuid).map(Self::new).map_err(|_| IdError { prefix: K::PREFIX })
    }
}

impl<K: IdKind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", K::PREFIX, self.0.hyphenated())
    }
}

impl<K: IdKind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(feature = "serde")]
impl<K: IdKind> serde::Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de, K: IdKind> serde::Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Marks ids of organizations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrganizationKind {}
impl IdKind for OrganizationKind {
    const PREFIX: &'static str = "org-";
}
/// `org-…`
pub type OrganizationId = Id<OrganizationKind>;

/// Marks ids of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserKind {}
impl IdKind for UserKind {
    const PREFIX: &'static str = "user-";
}
/// `user-…`
pub type UserId = Id<UserKind>;

/// Marks ids of workspaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkspaceKind {}
impl IdKind for WorkspaceKind {
    const PREFIX: &'static str = "ws-";
}
/// `ws-…`
pub type WorkspaceId = Id<WorkspaceKind>;

/// Marks ids of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SessionKind {}
impl IdKind for SessionKind {
    const PREFIX: &'static str = "session-";
}
/// `session-…`. Not the token: knowing it gives no access.
pub type SessionId = Id<SessionKind>;

/// Marks ids of audit events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditEventKind {}
impl IdKind for AuditEventKind {
    const PREFIX: &'static str = "event-";
}
/// `event-…`
pub type AuditEventId = Id<AuditEventKind>;

/// Marks ids of invitations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InvitationKind {}
impl IdKind for InvitationKind {
    const PREFIX: &'static str = "inv-";
}
/// `inv-…`. Not the token: knowing it gives no membership.
pub type InvitationId = Id<InvitationKind>;

/// Marks ids of serving periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServingPeriodKind {}
impl IdKind for ServingPeriodKind {
    const PREFIX: &'static str = "period-";
}
/// `period-…`, never shown outside.
pub type ServingPeriodId = Id<ServingPeriodKind>;

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "123e4567-e89b-42d3-a456-426614174000";

    #[test]
    fn is_read_with_and_without_its_prefix() {
        let with: OrganizationId = format!("org-{UUID}").parse().unwrap();
        let without: OrganizationId = UUID.parse().unwrap();
        assert_eq!(with, without);
        assert_eq!(with.to_string(), format!("org-{UUID}"));
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            "org-",
            "org-org-123e4567-e89b-42d3-a456-426614174000",
            "user-123e4567-e89b-42d3-a456-426614174000",
            "ORG-123e4567-e89b-42d3-a456-426614174000",
            "123e4567e89b42d3a456426614174000",
            "{123e4567-e89b-42d3-a456-426614174000}",
            "urn:uuid:123e4567-e89b-42d3-a456-426614174000",
            "123e4567-e89b-42d3-a456-42661417400g",
            " 123e4567-e89b-42d3-a456-426614174000",
        ] {
            assert!(text.parse::<OrganizationId>().is_err(), "{text:?} was taken");
        }
    }

    #[cfg(feature = "serde")]
    #[test]
    fn survives_json() {
        let id: UserId = UUID.parse().unwrap();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"user-{UUID}\""));
        assert_eq!(serde_json::from_str::<UserId>(&json).unwrap(), id);
    }
}
