//! Removing a deleted organization for good.

use diesel::{prelude::*, sql_query, sql_types::BigInt};
use guildhall_application::ports::{Changes, StoreError};
use guildhall_domain::{AuditEvent, OrganizationId};

use crate::{
    audit,
    connection::{DbConnection, on_backend},
    schema::organizations,
    sql_types::{DbId, Id},
    store::DieselStore,
};

/// How many rows of a kind go in one transaction, so that it stays short.
const AT_ONCE: usize = 1000;

const LEAVE_HOME: &str = "UPDATE users SET home_organization_id = NULL WHERE id IN \
     (SELECT id FROM users WHERE home_organization_id = $1 LIMIT $2)";

const REMOVE_INVITATIONS: &str = "DELETE FROM invitations WHERE id IN \
     (SELECT id FROM invitations WHERE organization_id = $1 LIMIT $2)";

const REMOVE_WORKSPACES: &str = "DELETE FROM workspaces WHERE id IN \
     (SELECT id FROM workspaces WHERE organization_id = $1 LIMIT $2)";

const REMOVE_MEMBERSHIPS: &str = "DELETE FROM memberships WHERE (organization_id, user_id) IN \
     (SELECT organization_id, user_id FROM memberships WHERE organization_id = $1 LIMIT $2)";

/// What is counted stays right, or becomes less wrong.
const COUNT_DOWN: &str = "UPDATE organizations SET \
     users_count = CASE WHEN users_count > $1 THEN users_count - $1 ELSE 0 END, \
     workspaces_count = CASE WHEN workspaces_count > $2 THEN workspaces_count - $2 ELSE 0 END \
     WHERE id = $3";

impl DieselStore {
    /// Removes what belongs to a deleted organization, a part at a time, and in the end
    /// itself with the event that says so. Does nothing to one that is not deleted.
    pub(crate) async fn purge_organization(
        &self,
        organization: OrganizationId,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let id = DbId::from(organization);
        loop {
            let event = event.clone();
            let is_over = self.write_telling(Changes::none(), move |connection, changes| {
                if !take(connection, id)? {
                    return Ok(true);
                }
                // Nobody sees what belongs to a deleted organization: the last one tells.
                if remove_part(connection, id)? {
                    return Ok(false);
                }
                *changes = Changes::Everything;
                on_backend!(&mut *connection, |c| {
                    diesel::delete(organizations::table.find(id)).execute(c)
                })?;
                audit::append(connection, &[event])?;
                Ok(true)
            });
            if is_over.await? {
                return Ok(());
            }
        }
    }
}

/// Takes the row, so that nobody restores it from here on; false where somebody has.
fn take(connection: &mut DbConnection, id: DbId) -> QueryResult<bool> {
    let deleted = organizations::table.find(id).filter(organizations::deleted_at.is_not_null());
    let touched = organizations::version.eq(organizations::version + 1);
    let taken = on_backend!(connection, |c| diesel::update(deleted).set(touched).execute(c))?;
    Ok(taken > 0)
}

/// Whether there may be more; of what is left, the counters are right then.
fn remove_part(connection: &mut DbConnection, id: DbId) -> QueryResult<bool> {
    let mut remove = |statement: &str| {
        let limit = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
        let statement = sql_query(statement).bind::<Id, _>(id).bind::<BigInt, _>(limit);
        on_backend!(&mut *connection, |c| statement.execute(c))
    };
    let homes = remove(LEAVE_HOME)?;
    let invitations = remove(REMOVE_INVITATIONS)?;
    let workspaces = remove(REMOVE_WORKSPACES)?;
    let members = remove(REMOVE_MEMBERSHIPS)?;
    if ![homes, invitations, workspaces, members].contains(&AT_ONCE) {
        return Ok(false);
    }
    let counted = |count| i64::try_from(count).unwrap_or(i64::MAX);
    let count_down = sql_query(COUNT_DOWN)
        .bind::<BigInt, _>(counted(members))
        .bind::<BigInt, _>(counted(workspaces))
        .bind::<Id, _>(id);
    on_backend!(connection, |c| count_down.execute(c))?;
    Ok(true)
}
