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

/// Adds the organizations of all whose accounts are among the changes. Asks across
/// tenants.
pub(crate) fn add_organizations(
    connection: &mut DbConnection,
    changes: &mut Changes,
) -> QueryResult<()> {
    let Changes::Only(only) = &*changes else { return Ok(()) };
    let accounts: Vec<DbId> = only
        .iter()
        .filter_map(|change| match change {
            Changed::Account(user) => Some(DbId::from(*user)),
            _ => None,
        })
        .collect();
    if accounts.is_empty() {
        return Ok(());
    }
    let organizations: Vec<DbId> = on_backend!(connection, |c| {
        memberships::table
            .filter(memberships::user_id.eq_any(&accounts))
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

/// Whether there is anything to add.
pub(crate) fn are_due(changes: &Changes) -> bool {
    let is_account = |change: &Changed| matches!(change, Changed::Account(_));
    matches!(changes, Changes::Only(only) if only.iter().any(is_account))
}
