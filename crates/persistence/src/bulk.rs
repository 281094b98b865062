//! Many rows at once, a bounded number in a transaction.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use diesel::{dsl::exists, prelude::*, result::Error, select};
use guildhall_application::ports::{Batch, BulkLoader, Changes, StoreError};
use guildhall_domain::{Membership, OrganizationId, Workspace};

use crate::{
    connection::{DbConnection, on_backend},
    membership::MembershipRow,
    organization::{Counted, OrganizationRow, Room, add_within_limit},
    schema::{audit_events, installation, memberships, organizations, sessions, users, workspaces},
    session::SessionRow,
    sql_types::{DbId, DbTime},
    store::DieselStore,
    user::UserRow,
    workspace::WorkspaceRow,
};

/// How many rows one statement inserts: SQLite takes 32,766 values in one.
const ROWS: usize = 500;

#[async_trait]
impl BulkLoader for DieselStore {
    async fn load_into_empty(&self, batch: Batch) -> Result<bool, StoreError> {
        self.write(Changes::Everything, move |connection| {
            // On SQLite, whoever has begun a transaction has the only write lock.
            if let DbConnection::Postgres(c) = connection {
                installation::table.select(installation::id).for_update().first::<i64>(c)?;
            }
            if is_in_use(connection)? {
                return Ok(false);
            }
            insert(connection, &batch)?;
            Ok(true)
        })
        .await
    }

    async fn load(&self, batch: Batch) -> Result<(), StoreError> {
        self.write(Changes::Everything, move |connection| insert(connection, &batch)).await
    }
}

fn is_in_use(connection: &mut DbConnection) -> QueryResult<bool> {
    on_backend!(connection, |c| {
        let organizations: bool =
            select(exists(organizations::table.select(organizations::id))).get_result(c)?;
        let users: bool = select(exists(users::table.select(users::id))).get_result(c)?;
        let events: bool =
            select(exists(audit_events::table.select(audit_events::id))).get_result(c)?;
        Ok(organizations || users || events)
    })
}

/// Inserts in the order in which rows refer to each other, then counts.
fn insert(connection: &mut DbConnection, batch: &Batch) -> QueryResult<()> {
    on_backend!(&mut *connection, |c| {
        for some in batch.organizations.chunks(ROWS) {
            let rows: Vec<_> = some.iter().map(OrganizationRow::from).collect();
            diesel::insert_into(organizations::table).values(rows).execute(c)?;
        }
        for some in batch.users.chunks(ROWS) {
            let password = || users::password_hash.eq(batch.password.expose());
            let rows: Vec<_> = some.iter().map(|user| (UserRow::from(user), password())).collect();
            diesel::insert_into(users::table).values(rows).execute(c)?;
        }
        for some in batch.memberships.chunks(ROWS) {
            // Looked up once for all: each row with a query of its own takes PostgreSQL
            // longer to plan than to insert.
            let of = some.iter().map(|membership| DbId::from(membership.organization));
            let created: HashMap<DbId, DbTime> = organizations::table
                .filter(organizations::id.eq_any(of))
                .select((organizations::id, organizations::created_at))
                .load(c)?
                .into_iter()
                .collect();
            let row = |membership: &Membership| {
                let organization = membership.organization;
                let created_at = created.get(&organization.into()).ok_or(Error::NotFound)?;
                let created_at = memberships::organization_created_at.eq(*created_at);
                Ok((MembershipRow::new(organization, membership), created_at))
            };
            let rows = some.iter().map(row).collect::<QueryResult<Vec<_>>>()?;
            diesel::insert_into(memberships::table).values(rows).execute(c)?;
        }
        for some in batch.workspaces.chunks(ROWS) {
            let row = |workspace: &Workspace| WorkspaceRow::new(workspace.organization, workspace);
            let rows: Vec<_> = some.iter().map(row).collect();
            diesel::insert_into(workspaces::table).values(rows).execute(c)?;
        }
        for some in batch.sessions.chunks(ROWS) {
            let rows: Vec<_> = some
                .iter()
                .map(|(session, token)| {
                    let token = sessions::token_hash.eq(token.as_bytes().as_slice());
                    (SessionRow::from(session), token)
                })
                .collect();
            diesel::insert_into(sessions::table).values(rows).execute(c)?;
        }
    });
    count(connection, batch, Counted::Users)?;
    count(connection, batch, Counted::Workspaces)
}

/// Counts what was added, as whoever adds one by one does.
fn count(connection: &mut DbConnection, batch: &Batch, resource: Counted) -> QueryResult<()> {
    let mut added: BTreeMap<OrganizationId, usize> = BTreeMap::new();
    let mut count = |organization| *added.entry(organization).or_default() += 1;
    match resource {
        Counted::Users => batch.memberships.iter().for_each(|m| count(m.organization)),
        Counted::Workspaces => batch.workspaces.iter().for_each(|w| count(w.organization)),
    }
    for (organization, more) in added {
        let room = add_within_limit(connection, organization.into(), resource, more)?;
        if room != Room::Taken {
            let message = format!("{organization} has no room: {room:?}");
            return Err(Error::QueryBuilderError(message.into()));
        }
    }
    Ok(())
}
