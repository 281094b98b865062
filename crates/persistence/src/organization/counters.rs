//! The counters of an organization, which move with the rows that they count,
//! and the limits that they stay within.

use diesel::prelude::*;
use guildhall_application::ports::{Addition, StoreError};
use guildhall_domain::{OrganizationStatus, Quota, quota::Resource};

use crate::{
    connection::{DbConnection, on_backend},
    decode,
    prepared::Prepared,
    schema::organizations,
    sql_types::DbId,
};

/// Whether there was room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// There was, and it is counted now.
    Taken,
    /// What was to be added is there already.
    AlreadyThere,
    /// There was none, by this limit and this use.
    None { limit: Option<i64>, used: i64 },
    /// The organization takes nothing: it is deleted or suspended.
    Closed,
}

impl Room {
    /// The same in the words of the application.
    pub(crate) fn into_addition(self, counted: Counted) -> Result<Addition, StoreError> {
        Ok(match self {
            Self::Taken => Addition::Added,
            Self::AlreadyThere => Addition::AlreadyThere,
            Self::Closed => Addition::Closed,
            Self::None { limit, used } => Addition::NoRoom(Quota {
                resource: counted.into(),
                limit: decode::optional_count("organizations", limit)?,
                used: decode::count("organizations", used)?,
            }),
        })
    }
}

/// What is counted in the organization's row. Invitations are not: they end by
/// the passing of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    Users,
    Workspaces,
}

impl From<Counted> for Resource {
    fn from(counted: Counted) -> Self {
        match counted {
            Counted::Users => Self::Users,
            Counted::Workspaces => Self::Workspaces,
        }
    }
}

/// Runs the same code on the counter and the limit of a resource.
macro_rules! on_resource {
    ($resource:expr, |$counter:ident, $limit:ident| $body:expr) => {
        match $resource {
            Counted::Users => {
                use organizations::{users_count as $counter, users_limit as $limit};
                $body
            }
            Counted::Workspaces => {
                use organizations::{workspaces_count as $counter, workspaces_limit as $limit};
                $body
            }
        }
    };
}

/// Counts `more` of a resource if that stays within the limit and the
/// organization is in use. It is one statement that looks and counts, so that it
/// is exact however many do it at once.
pub(crate) fn add_within_limit(
    connection: &mut DbConnection,
    organization: DbId,
    resource: Counted,
    more: usize,
) -> QueryResult<Room> {
    let more = i64::try_from(more).unwrap_or(i64::MAX);
    on_resource!(resource, |counter, limit| on_backend!(connection, |c| {
        let open = organizations::table
            .filter(organizations::id.eq(organization))
            .filter(organizations::deleted_at.is_null())
            .filter(organizations::status.eq(OrganizationStatus::Active.as_str()));
        let count = diesel::update(open)
            .filter(limit.is_null().or((counter + more).nullable().le(limit)))
            .set(counter.eq(counter + more));
        let counted = Prepared(count).execute(c)?;
        if counted > 0 {
            return Ok(Room::Taken);
        }
        let found: Option<(Option<i64>, i64)> =
            open.select((limit, counter)).first(c).optional()?;
        Ok(found.map_or(Room::Closed, |(at_most, used)| Room::None { limit: at_most, used }))
    }))
}

/// Counts `fewer` of a resource.
pub(crate) fn count_down(
    connection: &mut DbConnection,
    organization: DbId,
    resource: Counted,
    fewer: usize,
) -> QueryResult<()> {
    let fewer = i64::try_from(fewer).unwrap_or(i64::MAX);
    let row = organizations::table.find(organization);
    match resource {
        Counted::Users => {
            let count = organizations::users_count.eq(organizations::users_count - fewer);
            on_backend!(connection, |c| Prepared(diesel::update(row).set(count)).execute(c))
        }
        Counted::Workspaces => {
            let count = organizations::workspaces_count.eq(organizations::workspaces_count - fewer);
            on_backend!(connection, |c| Prepared(diesel::update(row).set(count)).execute(c))
        }
    }?;
    Ok(())
}
