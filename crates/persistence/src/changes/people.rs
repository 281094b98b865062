//! Of which organizations those are members whose accounts or sessions change: the
//! numbers of those count them.

use diesel::prelude::*;
use guildhall_application::ports::{Changed, Changes};

use crate::{
    connection::{DbConnection, on_backend},
    schema::memberships,
    sql_types::DbId,
};

/// How many organizations are named, at most.
const MOST: usize = 32;

/// Whose accounts are among the changes.
pub(crate) fn accounts(changes: &Changes) -> Vec<DbId> {
    let Changes::Only(changes) = changes else { return Vec::new() };
    let account = |change: &Changed| match change {
        Changed::Account(user) => Some(DbId::from(*user)),
        _ => None,
    };
    changes.iter().filter_map(account).collect()
}

/// Adds the organizations of which those are members. Asks across tenants.
pub(crate) fn add_organizations(
    connection: &mut DbConnection,
    accounts: &[DbId],
    changes: &mut Changes,
) -> QueryResult<()> {
    if accounts.is_empty() {
        return Ok(());
    }
    let organizations: Vec<DbId> = on_backend!(connection, |c| {
        memberships::table
            .filter(memberships::user_id.eq_any(accounts))
            .select(memberships::organization_id)
            .distinct()
            .limit(i64::try_from(MOST + 1).unwrap_or(i64::MAX))
            .load(c)
    })?;
    if organizations.len() > MOST {
        changes.add(Changed::PeopleAnywhere);
    } else {
        for organization in organizations {
            changes.add(Changed::People(organization.into()));
        }
    }
    Ok(())
}
