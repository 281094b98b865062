//! Changes to organizations.

use async_trait::async_trait;
use diesel::{dsl::exists, prelude::*, select};
use guildhall_application::ports::{Insertion, OrganizationRepository, StoreError};
use guildhall_domain::{DomainName, Organization, OrganizationId, OrganizationName};

use super::row::OrganizationRow;
use crate::{
    connection::on_backend,
    schema::organizations,
    sql_types::DbId,
    unit_of_work::{DieselUnitOfWork, insertion},
};

#[async_trait]
impl OrganizationRepository for DieselUnitOfWork {
    async fn any_exists(&mut self) -> Result<bool, StoreError> {
        self.run(|connection| {
            on_backend!(connection, |c| select(exists(
                organizations::table.select(organizations::id)
            ))
            .get_result(c))
        })
        .await
    }

    async fn find(&mut self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        let row = organizations::table.find(DbId::from(id));
        self.run(move |connection| {
            on_backend!(connection, |c| {
                row.select(OrganizationRow::as_select()).first(c).optional()
            })
        })
        .await?
        .map(TryInto::try_into)
        .transpose()
    }

    async fn find_by_name(
        &mut self,
        name: &OrganizationName,
    ) -> Result<Option<Organization>, StoreError> {
        let key = name.key().to_owned();
        self.run(move |connection| {
            on_backend!(connection, |c| {
                organizations::table
                    .filter(organizations::name_key.eq(key))
                    .select(OrganizationRow::as_select())
                    .first(c)
                    .optional()
            })
        })
        .await?
        .map(TryInto::try_into)
        .transpose()
    }

    async fn domain_is_taken(&mut self, domain: &DomainName) -> Result<bool, StoreError> {
        let domain = domain.to_string();
        self.run(move |connection| {
            let taken = organizations::table.filter(organizations::domain.eq(domain));
            on_backend!(connection, |c| select(exists(taken)).get_result(c))
        })
        .await
    }

    async fn insert(&mut self, organization: &Organization) -> Result<Insertion, StoreError> {
        let row = OrganizationRow::from(organization);
        self.run(move |connection| {
            on_backend!(connection, |c| {
                diesel::insert_into(organizations::table)
                    .values(row)
                    .on_conflict_do_nothing()
                    .execute(c)
            })
        })
        .await
        .map(insertion)
    }
}
