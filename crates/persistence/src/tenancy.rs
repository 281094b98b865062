//! Through whose eyes statements are run, which PostgreSQL's row-level security
//! is told before them: the second wall behind the decisions of the application.
//! The migration `row_level_security` says what follows from it. SQLite has no
//! such thing.
//!
//! **Invariant:** nothing is asked of PostgreSQL before it was told that. Reads
//! take a [`Tenancy`], or tell an [`Actor`] in their own round trip
//! ([`look_up`](crate::look_up)); a transaction begins as the installation's and is
//! confined by whoever locks an organization for a viewer.

use std::fmt;

use diesel::{
    QueryResult, QueryableByName, RunQueryDsl, sql_query,
    sql_types::{Bool, Text},
};
use guildhall_application::{Scope, caller::Viewer};
use guildhall_domain::{OrganizationId, UserId};

use crate::{
    connection::DbConnection,
    prepared::Prepared,
    sql_types::{DbId, Id},
};

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

/// `$1` is the actor, and `$2` whether that is for the transaction alone.
const SET_ACTOR: &str = "
SELECT set_config('guildhall.actor', $1, $2), set_config('guildhall.organizations', '', $2)";

/// The same, and the organization `$3` for a scope. The scope is looked up with what
/// the first two settings come to, so that they are made before.
const SET_SCOPE: &str = "
SELECT set_config('guildhall.organizations', (
    SELECT CASE WHEN EXISTS (
        SELECT FROM memberships WHERE organization_id = $3 AND user_id = told.actor::uuid
    ) OR EXISTS (
        SELECT FROM users WHERE id = told.actor::uuid AND role = 'admin' AND status = 'active'
    ) THEN '{' || $3::text || '}' ELSE '{}' END || told.no_scope
), $2)
FROM (
    SELECT set_config('guildhall.actor', $1, $2) AS actor,
        set_config('guildhall.organizations', '', $2) AS no_scope
    OFFSET 0
) AS told";

/// The same, with all organizations of the actor for a scope.
const SET_ALL: &str = "
SELECT set_config('guildhall.organizations', (
    SELECT coalesce(array_agg(organization_id)::text, '{}') || told.no_scope
    FROM memberships WHERE user_id = told.actor::uuid
), $2)
FROM (
    SELECT set_config('guildhall.actor', $1, $2) AS actor,
        set_config('guildhall.organizations', '', $2) AS no_scope
    OFFSET 0
) AS told";

const ACT_AS: &str = "SELECT set_config('guildhall.actor', $1, true)";

/// The value of the last setting.
#[derive(QueryableByName)]
struct Told {
    #[diesel(sql_type = Text)]
    #[expect(dead_code, reason = "to run a statement that is kept is to read what it returns")]
    set_config: String,
}

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
    /// Anybody's. Nothing is told: what is asked has no policies, or tells by itself.
    Anybody,
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
            Self::Installation | Self::Anybody => Actor::Installation,
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
        self.set(connection, Extent::Session)
    }

    /// Makes the settings in one statement, which the connection keeps prepared.
    fn set(self, connection: &mut DbConnection, extent: Extent) -> QueryResult<()> {
        let DbConnection::Postgres(c) = connection else { return Ok(()) };
        let is_local = matches!(extent, Extent::Transaction);
        let actor = self.actor().to_string();
        // What the application says is looked up: a scope that was forged comes
        // to an empty one.
        let told: QueryResult<Told> = match self {
            Self::Anybody => return Ok(()),
            Self::Installation | Self::Viewer(_) => {
                let set = sql_query(SET_ACTOR).bind::<Text, _>(actor).bind::<Bool, _>(is_local);
                Prepared(set).get_result(c)
            }
            Self::Scope(_, organization) => {
                let set = sql_query(SET_SCOPE).bind::<Text, _>(actor).bind::<Bool, _>(is_local);
                Prepared(set.bind::<Id, _>(DbId::from(organization))).get_result(c)
            }
            Self::AllOf(_) => {
                let set = sql_query(SET_ALL).bind::<Text, _>(actor).bind::<Bool, _>(is_local);
                Prepared(set).get_result(c)
            }
        };
        told.map(drop)
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
    Tenancy::Scope(user, organization).set(connection, Extent::Transaction)
}

/// Goes on in a transaction as somebody else, in the same scope.
pub(crate) fn act_as(connection: &mut DbConnection, actor: Actor) -> QueryResult<()> {
    let DbConnection::Postgres(c) = connection else { return Ok(()) };
    let set = sql_query(ACT_AS).bind::<Text, _>(actor.to_string());
    Prepared(set).get_result::<Told>(c).map(drop)
}
