//! Changes to memberships, which are counted in their organization.

use async_trait::async_trait;
use diesel::{
    dsl::exists,
    prelude::*,
    select, sql_query,
    sql_types::{BigInt, Bool, Text},
};
use guildhall_application::{
    Scope,
    ports::{Addition, Changed, MembershipRepository, StoreError},
};
use guildhall_domain::{Membership, OrganizationRole, UserId, UserStatus};

use super::row::{MembershipRow, since_creation};
use crate::{
    connection::{DbConnection, on_backend},
    decode,
    organization::{Counted, Room, add_within_limit, count_down},
    prepared::Prepared,
    schema::{memberships, users},
    sql_types::{DbId, Id, Moment},
    unit_of_work::DieselUnitOfWork,
};

/// Counts and adds a member in one round trip. The row of the organization is locked
/// by counting, as it is where there are two statements.
const COUNT_AND_ADD: &str = "
WITH counted AS (
    UPDATE organizations SET users_count = users_count + 1
    WHERE id = $1 AND deleted_at IS NULL AND status = 'active'
        AND (users_limit IS NULL OR users_count + 1 <= users_limit)
    RETURNING id, created_at
),
added AS (
    INSERT INTO memberships (organization_id, user_id, role, source, joined_at, version,
        organization_created_at)
    SELECT id, $2, $3, $4, $5, $6, created_at FROM counted
    ON CONFLICT DO NOTHING RETURNING user_id
)
SELECT EXISTS (SELECT FROM counted) AS is_counted, EXISTS (SELECT FROM added) AS is_added";

#[derive(QueryableByName)]
struct CountAndAddition {
    #[diesel(sql_type = Bool)]
    is_counted: bool,
    #[diesel(sql_type = Bool)]
    is_added: bool,
}

/// What the addition of a member comes to; none where they could not be counted, and on
/// SQLite, where statements cost no round trip.
fn count_and_add(connection: &mut DbConnection, row: &MembershipRow) -> QueryResult<Option<Room>> {
    let DbConnection::Postgres(c) = connection else { return Ok(None) };
    let statement = sql_query(COUNT_AND_ADD)
        .bind::<Id, _>(row.organization_id)
        .bind::<Id, _>(row.user_id)
        .bind::<Text, _>(&row.role)
        .bind::<Text, _>(&row.source)
        .bind::<Moment, _>(row.joined_at)
        .bind::<BigInt, _>(row.version);
    let CountAndAddition { is_counted, is_added } = Prepared(statement).get_result(c)?;
    if is_counted && !is_added {
        count_down(connection, row.organization_id, Counted::Users, 1)?;
        return Ok(Some(Room::AlreadyThere));
    }
    Ok(is_added.then_some(Room::Taken))
}

#[async_trait]
impl MembershipRepository for DieselUnitOfWork {
    async fn insert(
        &mut self,
        scope: &Scope,
        membership: &Membership,
    ) -> Result<Addition, StoreError> {
        let row = MembershipRow::new(scope.organization(), membership);
        let present = select(exists(self::membership(scope, membership.user)));
        let organization = DbId::from(scope.organization());
        self.changes_membership(scope, membership.user);
        self.run_in(scope, move |connection| {
            if let Some(room) = count_and_add(connection, &row)? {
                return Ok(room);
            }
            // Counting first locks the organization, so that two who add the
            // same user come one after the other.
            let room = add_within_limit(connection, organization, Counted::Users, 1)?;
            if room != Room::Taken {
                let is_present = on_backend!(connection, |c| present.get_result(c))?;
                return Ok(if is_present { Room::AlreadyThere } else { room });
            }
            let added = on_backend!(&mut *connection, |c| {
                diesel::insert_into(memberships::table)
                    .values((row, since_creation!(organization)))
                    .on_conflict_do_nothing()
                    .execute(c)
            })?;
            if added == 0 {
                count_down(connection, organization, Counted::Users, 1)?;
                return Ok(Room::AlreadyThere);
            }
            Ok(room)
        })
        .await?
        .into_addition(Counted::Users)
    }

    async fn find(
        &mut self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<Membership>, StoreError> {
        let row = membership(scope, user);
        self.run_in(scope, move |connection| {
            on_backend!(connection, |c| {
                row.select(MembershipRow::as_select()).first(c).optional()
            })
        })
        .await?
        .map(TryInto::try_into)
        .transpose()
    }

    async fn update(&mut self, scope: &Scope, changed: &Membership) -> Result<(), StoreError> {
        let row = membership(scope, changed.user);
        self.changes_membership(scope, changed.user);
        let fields = (
            memberships::role.eq(changed.role.as_str()),
            memberships::version.eq(decode::column(changed.version)),
        );
        self.run_in(scope, move |connection| {
            on_backend!(connection, |c| diesel::update(row).set(fields).execute(c))
        })
        .await?;
        Ok(())
    }

    async fn remove(&mut self, scope: &Scope, user: UserId) -> Result<(), StoreError> {
        let row = membership(scope, user);
        self.changes_membership(scope, user);
        let organization = DbId::from(scope.organization());
        self.run_in(scope, move |connection| {
            let removed = on_backend!(&mut *connection, |c| diesel::delete(row).execute(c))?;
            count_down(connection, organization, Counted::Users, removed)
        })
        .await
    }

    async fn another_owner_exists(
        &mut self,
        scope: &Scope,
        than: UserId,
    ) -> Result<bool, StoreError> {
        let others = memberships::table
            .inner_join(users::table)
            .filter(memberships::organization_id.eq(DbId::from(scope.organization())))
            .filter(memberships::role.eq(OrganizationRole::Owner.as_str()))
            .filter(memberships::user_id.ne(DbId::from(than)))
            .filter(users::status.eq(UserStatus::Active.as_str()))
            .select(memberships::user_id);
        self.run_in(scope, move |connection| {
            on_backend!(connection, |c| select(exists(others)).get_result(c))
        })
        .await
    }
}

impl DieselUnitOfWork {
    /// Whose it is, and the organization, in which they are counted.
    fn changes_membership(&mut self, scope: &Scope, user: UserId) {
        self.changes(Changed::Memberships(user));
        self.changes(Changed::Organization(scope.organization()));
    }
}

#[diesel::dsl::auto_type]
fn membership(scope: &Scope, user: UserId) -> _ {
    let (organization, user): (DbId, DbId) = (scope.organization().into(), user.into());
    memberships::table.find((organization, user))
}
