//! Changes to memberships, which are counted in their organization.

use async_trait::async_trait;
use diesel::prelude::*;
use guildhall_application::ports::{Insertion, MembershipRepository, StoreError};
use guildhall_domain::Membership;

use super::row::MembershipRow;
use crate::{
    connection::on_backend,
    schema::{memberships, organizations},
    sql_types::DbId,
    unit_of_work::{DieselUnitOfWork, insertion},
};

#[async_trait]
impl MembershipRepository for DieselUnitOfWork {
    async fn insert(&mut self, membership: &Membership) -> Result<Insertion, StoreError> {
        let row = MembershipRow::from(membership);
        let organization = organizations::table.find(DbId::from(membership.organization));
        self.run(move |connection| {
            on_backend!(connection, |c| {
                let inserted = diesel::insert_into(memberships::table)
                    .values(row)
                    .on_conflict_do_nothing()
                    .execute(c)?;
                if inserted > 0 {
                    diesel::update(organization)
                        .set(organizations::users_count.eq(organizations::users_count + 1))
                        .execute(c)?;
                }
                Ok(inserted)
            })
        })
        .await
        .map(insertion)
    }
}
