//! Changes to memberships, which are counted in their organization.

use async_trait::async_trait;
use diesel::{dsl::exists, prelude::*, select};
use guildhall_application::{
    Scope,
    ports::{Addition, Changed, MembershipRepository, StoreError},
};
use guildhall_domain::{Membership, OrganizationRole, UserId, UserStatus};

use super::row::MembershipRow;
use crate::{
    connection::on_backend,
    decode,
    organization::{Counted, Room, add_within_limit, count_down},
    schema::{memberships, users},
    sql_types::DbId,
    unit_of_work::DieselUnitOfWork,
};

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
            // Counting first locks the organization, so that two who add the
            // same user come one after the other.
            let room = add_within_limit(connection, organization, Counted::Users, 1)?;
            if room != Room::Taken {
                let is_present = on_backend!(connection, |c| present.get_result(c))?;
                return Ok(if is_present { Room::AlreadyThere } else { room });
            }
            let added = on_backend!(&mut *connection, |c| {
                diesel::insert_into(memberships::table)
                    .values(row)
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
