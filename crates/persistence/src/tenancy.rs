//! Through whose eyes statements are run, which PostgreSQL's row-level security
//! is told before them: the second wall behind the decisions of the application.
//! The migration `row_level_security` says what follows from it. SQLite has no
//! such thing.
//!
//! **Invariant:** nothing is asked of PostgreSQL before it was told that. Reads
//! take a [`Tenancy`]; a transaction begins as the installation's and is
//! confined by whoever locks an organization for a viewer.

use std::fmt;

use diesel::{QueryResult, connection::SimpleConnection};
use guildhall_application::{Scope, caller::Viewer};
use guildhall_domain::{OrganizationId, UserId};

use crate::connection::DbConnection;

/// Takes on the role of the application if the user may, in the round trip of
/// the other settings. Whoever is above row-level security goes no further.
pub(crate) const TAKE_ROLE_ON: &str = "
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_roles
        WHERE rolname = 'guildhall_application'
            AND pg_has_role(oid, CASE
                WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER'
            END)
    ) THEN
        SET ROLE guildhall_application;
    END IF;
    IF (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) THEN
        RAISE insufficient_privilege USING MESSAGE = format(
            'the role %I may bypass row-level security, which keeps tenants apart, and cannot '
            'take on guildhall_application, which may not. As a superuser, run '
            'CREATE ROLE guildhall_application if there is none, GRANT guildhall_application TO %I, '
            'and ALTER ROLE guildhall_application NOSUPERUSER NOBYPASSRLS; or name the owner of '
            'the tables in DATABASE_URL, without BYPASSRLS',
            current_user, session_user
        );
    END IF;
END
$$";

/// Begins a transaction of the installation.
pub(crate) const BEGIN: &str = "BEGIN; SET LOCAL guildhall.actor = 'system'; \
     SET LOCAL guildhall.organizations = ''";

/// Whose statements these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Actor {
    /// The installation itself, which sees and changes everything.
    Installation,
    /// A user.
    User(UserId),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installation => f.write_str("system"),
            Self::User(id) => id.as_uuid().fmt(f),
        }
    }
}

/// Through whose eyes a query looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tenancy {
    /// The installation's: for signing in and for upkeep.
    Installation,
    /// A user's, on what is theirs and on nothing that is only their
    /// colleagues'; a platform admin's, on everything.
    Viewer(UserId),
    /// A user's, on all that belongs to one organization.
    Scope(UserId, OrganizationId),
    /// A user's, on all that belongs to their organizations.
    AllOf(UserId),
}

impl From<Viewer> for Tenancy {
    fn from(viewer: Viewer) -> Self {
        Self::Viewer(viewer.user())
    }
}

impl From<&Scope> for Tenancy {
    fn from(scope: &Scope) -> Self {
        scope
            .viewer()
            .map_or(Self::Installation, |viewer| Self::Scope(viewer, scope.organization()))
    }
}

impl Tenancy {
    const fn actor(self) -> Actor {
        match self {
            Self::Installation => Actor::Installation,
            Self::Viewer(user) | Self::Scope(user, _) | Self::AllOf(user) => Actor::User(user),
        }
    }

    /// Whether it stays right for as long as the connection lives. A scope does
    /// not: it was looked up.
    pub(crate) const fn is_lasting(self) -> bool {
        matches!(self, Self::Installation | Self::Viewer(_))
    }

    /// Tells it for all that follows on the connection.
    pub(crate) fn tell(self, connection: &mut DbConnection) -> QueryResult<()> {
        tell(connection, || self.settings(Extent::Session))
    }

    /// The statements that make the settings. Nothing but ids is written into
    /// them.
    fn settings(self, extent: Extent) -> String {
        let (set, is_local) = match extent {
            Extent::Session => ("SET SESSION", false),
            Extent::Transaction => ("SET LOCAL", true),
        };
        let actor = self.actor();
        let actor =
            format!("{set} guildhall.actor = '{actor}'; {set} guildhall.organizations = ''");
        // What the application says is looked up: a scope that was forged comes
        // to an empty one.
        match self.organizations() {
            None => actor,
            Some(organizations) => format!(
                "{actor}; SELECT set_config('guildhall.organizations', ({organizations}), {is_local})"
            ),
        }
    }

    /// The query for the organizations in scope, if there is a scope.
    fn organizations(self) -> Option<String> {
        match self {
            Self::Installation | Self::Viewer(_) => None,
            Self::Scope(user, organization) => {
                let (user, organization) = (user.as_uuid(), organization.as_uuid());
                Some(format!(
                    "SELECT CASE WHEN EXISTS (SELECT FROM memberships \
                         WHERE organization_id = '{organization}' AND user_id = '{user}') \
                     OR EXISTS (SELECT FROM users \
                         WHERE id = '{user}' AND role = 'admin' AND status = 'active') \
                     THEN '{{{organization}}}' ELSE '{{}}' END"
                ))
            }
            Self::AllOf(user) => Some(format!(
                "SELECT coalesce(array_agg(organization_id)::text, '{{}}') \
                 FROM memberships WHERE user_id = '{}'",
                user.as_uuid()
            )),
        }
    }
}

/// How long a setting lasts.
#[derive(Clone, Copy)]
enum Extent {
    Session,
    Transaction,
}

/// Confines the rest of a transaction to what a user may do in one
/// organization. The scope stays what it is now, even if the user leaves.
pub(crate) fn confine(
    connection: &mut DbConnection,
    user: UserId,
    organization: OrganizationId,
) -> QueryResult<()> {
    tell(connection, || Tenancy::Scope(user, organization).settings(Extent::Transaction))
}

/// Goes on in a transaction as somebody else, in the same scope.
pub(crate) fn act_as(connection: &mut DbConnection, actor: Actor) -> QueryResult<()> {
    tell(connection, || format!("SET LOCAL guildhall.actor = '{actor}'"))
}

/// Makes settings where there is something that they are for.
fn tell(connection: &mut DbConnection, settings: impl FnOnce() -> String) -> QueryResult<()> {
    match connection {
        DbConnection::Sqlite(_) => Ok(()),
        DbConnection::Postgres(c) => c.batch_execute(&settings()),
    }
}
