//! Upkeep: signs of life, sweeping up what has ended, and counters that can be
//! checked.

use async_trait::async_trait;
use diesel::{
    connection::SimpleConnection,
    dsl::exists,
    prelude::*,
    select, sql_query,
    sql_types::{BigInt, Text},
};
use guildhall_application::ports::{
    Changed, CounterDrift, Counters, EndedBefore, Maintenance, StoreError,
};
use guildhall_domain::{AuditEvent, OrganizationId, ServingPeriod, Timestamp};

use crate::{
    audit,
    connection::{DbConnection, on_backend},
    schema::{mail_queue, organizations, serving_periods},
    sql_types::{DbId, DbTime, Id, Moment},
    store::DieselStore,
    tenancy::Tenancy,
};

const SWEEP_SESSIONS: &str = "DELETE FROM sessions WHERE id IN \
     (SELECT id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)";

const SWEEP_PERIODS: &str = "DELETE FROM serving_periods WHERE id IN \
     (SELECT id FROM serving_periods WHERE last_seen_at < $1 ORDER BY last_seen_at LIMIT $2)";

const SWEEP_TOKENS: &str = "DELETE FROM one_time_tokens WHERE token_hash IN \
     (SELECT token_hash FROM one_time_tokens WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)";

const SWEEP_REQUESTS: &str = "DELETE FROM answered_requests WHERE (actor_id, idempotency_key) IN \
     (SELECT actor_id, idempotency_key FROM answered_requests \
     WHERE answered_at < $1 ORDER BY answered_at LIMIT $2)";

const SWEEP_INVITATIONS: &str = "DELETE FROM invitations WHERE id IN \
     (SELECT id FROM invitations WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)";

const DRIFT: &str = "
SELECT o.id, o.name,
    o.users_count, o.workspaces_count,
    coalesce(m.members, 0) AS members, coalesce(w.workspaces, 0) AS workspaces
FROM organizations AS o
LEFT JOIN (SELECT organization_id, count(*) AS members
    FROM memberships GROUP BY organization_id) AS m ON m.organization_id = o.id
LEFT JOIN (SELECT organization_id, count(*) AS workspaces
    FROM workspaces GROUP BY organization_id) AS w ON w.organization_id = o.id
WHERE o.users_count <> coalesce(m.members, 0) OR o.workspaces_count <> coalesce(w.workspaces, 0)
ORDER BY o.created_at, o.id
";

const REPAIR: &str = "
UPDATE organizations SET
    users_count = (SELECT count(*) FROM memberships WHERE organization_id = organizations.id),
    workspaces_count = (SELECT count(*) FROM workspaces WHERE organization_id = organizations.id)
WHERE id = $1
";

#[derive(QueryableByName)]
struct DriftRow {
    #[diesel(sql_type = Id)]
    id: DbId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    users_count: i64,
    #[diesel(sql_type = BigInt)]
    workspaces_count: i64,
    #[diesel(sql_type = BigInt)]
    members: i64,
    #[diesel(sql_type = BigInt)]
    workspaces: i64,
}

impl From<DriftRow> for CounterDrift {
    fn from(row: DriftRow) -> Self {
        Self {
            organization: row.id.into(),
            name: row.name,
            stored: Counters { users: row.users_count, workspaces: row.workspaces_count },
            actual: Counters { users: row.members, workspaces: row.workspaces },
        }
    }
}

#[async_trait]
impl Maintenance for DieselStore {
    async fn ping(&self) -> Result<(), StoreError> {
        self.read(Tenancy::Installation, |connection| {
            on_backend!(connection, |c| c.batch_execute("SELECT 1"))
        })
        .await
    }

    async fn heartbeat(&self, period: &ServingPeriod) -> Result<(), StoreError> {
        let last_seen_at = serving_periods::last_seen_at.eq(DbTime(period.last_seen_at));
        let row = (
            serving_periods::id.eq(DbId::from(period.id)),
            serving_periods::started_at.eq(DbTime(period.started_at)),
            last_seen_at,
        );
        let changes = [Changed::ServingPeriods].into_iter().collect();
        self.write(changes, move |connection| {
            on_backend!(connection, |c| {
                diesel::insert_into(serving_periods::table)
                    .values(row)
                    .on_conflict(serving_periods::id)
                    .do_update()
                    .set(last_seen_at)
                    .execute(c)
            })
        })
        .await?;
        Ok(())
    }

    async fn sweep(&self, ended: &EndedBefore, limit: u32) -> Result<u64, StoreError> {
        let sweeps = [
            (SWEEP_SESSIONS, ended.sessions),
            (SWEEP_TOKENS, ended.sessions),
            (SWEEP_PERIODS, ended.periods),
            (SWEEP_REQUESTS, ended.requests),
            (SWEEP_INVITATIONS, ended.invitations),
        ];
        // What has ended is in no copy, or in none that anybody takes for live.
        let changes = [Changed::ServingPeriods].into_iter().collect();
        let removed: usize = self
            .write(changes, move |connection| {
                sweeps.into_iter().try_fold(0, |removed, (statement, before)| {
                    let statement = sql_query(statement)
                        .bind::<Moment, _>(DbTime(before))
                        .bind::<BigInt, _>(i64::from(limit));
                    Ok(removed + on_backend!(&mut *connection, |c| statement.execute(c))?)
                })
            })
            .await?;
        Ok(removed.try_into().unwrap_or(u64::MAX))
    }

    async fn mail_is_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        let due = mail_queue::table.filter(mail_queue::due_at.le(DbTime(now)));
        self.read(Tenancy::Installation, move |connection| {
            let due = due.select(mail_queue::id);
            on_backend!(connection, |c| select(exists(due)).get_result(c))
        })
        .await
    }

    async fn deleted_before(
        &self,
        moment: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, StoreError> {
        let rows: Vec<DbId> = self
            .read(Tenancy::Installation, move |connection| {
                let deleted = organizations::table
                    .filter(organizations::deleted_at.lt(DbTime(moment)))
                    .order(organizations::deleted_at)
                    .limit(limit.into())
                    .select(organizations::id);
                on_backend!(connection, |c| deleted.load(c))
            })
            .await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    async fn purge(
        &self,
        organization: OrganizationId,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        self.purge_organization(organization, event.clone()).await
    }

    async fn counter_drift(&self) -> Result<Vec<CounterDrift>, StoreError> {
        let rows: Vec<DriftRow> = self
            .read(Tenancy::Installation, |connection| {
                on_backend!(connection, |c| sql_query(DRIFT).load(c))
            })
            .await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    async fn repair_counters(
        &self,
        organization: OrganizationId,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        let id = DbId::from(organization);
        let event = event.clone();
        let changes = [Changed::Organization(organization)].into_iter().collect();
        self.write(changes, move |connection| {
            // Whoever adds a member or a workspace counts it first, and so
            // holds the organization's row until it is there.
            if let DbConnection::Postgres(c) = connection {
                let row = organizations::table.find(id).select(organizations::id);
                row.for_update().first::<DbId>(c)?;
            }
            on_backend!(&mut *connection, |c| {
                if sql_query(REPAIR).bind::<Id, _>(id).execute(c)? == 0 {
                    return Err(diesel::NotFound);
                }
            });
            audit::append(connection, &[event])
        })
        .await
    }
}
