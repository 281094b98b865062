//! The numbers of the stats page.

use async_trait::async_trait;
use diesel::{prelude::*, sql_query, sql_types::BigInt};
use guildhall_application::{
    Scope,
    caller::Viewer,
    ports::{StatsQueries, StatsSnapshot, StoreError},
};
use guildhall_domain::{ServingPeriod, Timestamp};

use crate::{
    connection::on_backend,
    decode,
    prepared::Prepared,
    schema::{installation, serving_periods},
    sql_types::{DbId, DbTime, Id, Moment},
    store::DieselStore,
    tenancy::Tenancy,
};

/// Which organizations a member's list returns; `$1` is the member.
const OF_MEMBER: &str = "SELECT o.id, o.workspaces_count FROM memberships AS m \
     JOIN organizations AS o ON o.id = m.organization_id \
     WHERE m.user_id = $1 AND o.deleted_at IS NULL";

/// Which organizations a platform admin's list returns. `$1` is named so that
/// both statements take the same values.
const OF_ADMIN: &str = "SELECT o.id, o.workspaces_count FROM organizations AS o \
     WHERE $1 IS NOT NULL AND o.deleted_at IS NULL";

/// One organization; `$1` is its id.
const ITSELF: &str = "SELECT o.id, o.workspaces_count FROM organizations AS o WHERE o.id = $1 AND o.deleted_at IS NULL";

/// Every number in one statement, so that they fit together; each table is looked
/// through once. SQLite numbers the parameters in the order in which they appear first.
const SNAPSHOT: &str = "
seats AS MATERIALIZED (
    SELECT m.organization_id, m.user_id, m.role FROM memberships AS m
    WHERE m.organization_id IN (SELECT id FROM visible)
),
teams AS (
    SELECT count(*) AS members,
        count(*) FILTER (WHERE role = 'owner') AS owners,
        count(*) FILTER (WHERE role IN ('owner', 'admin')) AS managers
    FROM seats GROUP BY organization_id
),
people AS (
    SELECT u.mfa_enabled, u.last_sign_in_at >= $2 AS is_active,
        (SELECT count(*) FROM sessions AS s WHERE s.user_id = u.id AND s.expires_at > $3) AS live
    FROM users AS u WHERE u.id IN (SELECT user_id FROM seats)
)
SELECT * FROM (
    SELECT count(*) AS organizations, CAST(coalesce(sum(workspaces_count), 0) AS bigint) AS workspaces
    FROM visible
) AS of_organizations CROSS JOIN (
    SELECT count(*) AS members,
        count(*) FILTER (WHERE mfa_enabled) AS members_with_mfa,
        count(*) FILTER (WHERE is_active) AS members_active,
        CAST(coalesce(sum(live), 0) AS bigint) AS live_sessions
    FROM people
) AS of_people CROSS JOIN (
    SELECT count(*) FILTER (WHERE owners = 1 AND members > 1) AS single_owner,
        count(*) FILTER (WHERE managers > 2 AND managers * 4 > members) AS many_admins
    FROM teams
) AS of_teams";

#[derive(QueryableByName)]
struct SnapshotRow {
    #[diesel(sql_type = BigInt)]
    organizations: i64,
    #[diesel(sql_type = BigInt)]
    workspaces: i64,
    #[diesel(sql_type = BigInt)]
    members: i64,
    #[diesel(sql_type = BigInt)]
    members_with_mfa: i64,
    #[diesel(sql_type = BigInt)]
    members_active: i64,
    #[diesel(sql_type = BigInt)]
    live_sessions: i64,
    #[diesel(sql_type = BigInt)]
    single_owner: i64,
    #[diesel(sql_type = BigInt)]
    many_admins: i64,
}

impl TryFrom<SnapshotRow> for StatsSnapshot {
    type Error = StoreError;

    fn try_from(row: SnapshotRow) -> Result<Self, StoreError> {
        Ok(Self {
            organizations: decode::count("stats.organizations", row.organizations)?,
            workspaces: decode::count("stats.workspaces", row.workspaces)?,
            members: decode::count("stats.members", row.members)?,
            members_with_mfa: decode::count("stats.members_with_mfa", row.members_with_mfa)?,
            members_active: decode::count("stats.members_active", row.members_active)?,
            live_sessions: decode::count("stats.live_sessions", row.live_sessions)?,
            organizations_with_single_owner: decode::count("stats.single_owner", row.single_owner)?,
            organizations_with_many_admins: decode::count("stats.many_admins", row.many_admins)?,
        })
    }
}

#[async_trait]
impl StatsQueries for DieselStore {
    async fn snapshot(
        &self,
        viewer: Viewer,
        now: Timestamp,
        active_since: Timestamp,
    ) -> Result<StatsSnapshot, StoreError> {
        let user = viewer.user();
        let (visible, tenancy) = if viewer.sees_everything() {
            (OF_ADMIN, Tenancy::Viewer(user))
        } else {
            (OF_MEMBER, Tenancy::AllOf(user))
        };
        self.count(tenancy, visible, user.into(), now, active_since).await
    }

    async fn snapshot_of(
        &self,
        scope: &Scope,
        now: Timestamp,
        active_since: Timestamp,
    ) -> Result<StatsSnapshot, StoreError> {
        self.count(scope.into(), ITSELF, scope.organization().into(), now, active_since).await
    }

    async fn serving_periods(
        &self,
        since: Timestamp,
    ) -> Result<(Timestamp, Vec<ServingPeriod>), StoreError> {
        let (installed_at, periods): (DbTime, Vec<(DbId, DbTime, DbTime)>) = self
            .read(Tenancy::Anybody, move |connection| {
                on_backend!(connection, |c| {
                    let installed_at =
                        installation::table.select(installation::installed_at).first(c)?;
                    let periods = serving_periods::table
                        .filter(serving_periods::last_seen_at.ge(DbTime(since)))
                        .order(serving_periods::started_at)
                        .load(c)?;
                    Ok((installed_at, periods))
                })
            })
            .await?;
        let period = |(id, started_at, last_seen_at): (DbId, DbTime, DbTime)| ServingPeriod {
            id: id.into(),
            started_at: started_at.0,
            last_seen_at: last_seen_at.0,
        };
        Ok((installed_at.0, periods.into_iter().map(period).collect()))
    }
}

impl DieselStore {
    /// Counts over the organizations that the query `visible` finds for an id.
    async fn count(
        &self,
        tenancy: Tenancy,
        visible: &str,
        id: DbId,
        now: Timestamp,
        active_since: Timestamp,
    ) -> Result<StatsSnapshot, StoreError> {
        let statement = format!("WITH visible AS MATERIALIZED ({visible}), {SNAPSHOT}");
        let row: SnapshotRow = self
            .read(tenancy, move |connection| {
                let query = sql_query(&statement)
                    .bind::<Id, _>(id)
                    .bind::<Moment, _>(DbTime(active_since))
                    .bind::<Moment, _>(DbTime(now));
                on_backend!(connection, |c| Prepared(query).get_result(c))
            })
            .await?;
        row.try_into()
    }
}
