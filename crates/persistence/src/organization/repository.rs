//! Changes to organizations.

use async_trait::async_trait;
use diesel::{
    dsl::exists,
    prelude::*,
    result::{DatabaseErrorKind, Error},
    select,
};
use guildhall_application::{
    Access, Scope,
    caller::Viewer,
    ports::{Change, Changed, Insertion, OrganizationRepository, StoreError},
};
use guildhall_domain::{DomainName, ExternalId, Organization, OrganizationId, OrganizationName};

use super::{
    access::{AccessRow, access_row},
    row::{OrganizationFields, OrganizationRow},
};
use crate::{
    connection::{DbConnection, on_backend},
    prepared::Prepared,
    schema::organizations,
    sql_types::DbId,
    tenancy,
    unit_of_work::{DieselUnitOfWork, insertion},
};

#[async_trait]
impl OrganizationRepository for DieselUnitOfWork {
    async fn any_exists(&mut self) -> Result<bool, StoreError> {
        self.across_tenants(|connection| {
            on_backend!(connection, |c| select(exists(
                organizations::table.select(organizations::id)
            ))
            .get_result(c))
        })
        .await
    }

    async fn find(&mut self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        let row = organizations::table.find(DbId::from(id));
        self.across_tenants(move |connection| {
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
        self.across_tenants(move |connection| {
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
        self.across_tenants(move |connection| {
            let taken = organizations::table.filter(organizations::domain.eq(domain));
            on_backend!(connection, |c| select(exists(taken)).get_result(c))
        })
        .await
    }

    async fn lock(
        &mut self,
        viewer: Viewer,
        id: OrganizationId,
    ) -> Result<Option<Access>, StoreError> {
        self.locked(viewer, id, false).await
    }

    async fn lock_deleted(
        &mut self,
        viewer: Viewer,
        id: OrganizationId,
    ) -> Result<Option<Access>, StoreError> {
        self.locked(viewer, id, true).await
    }

    async fn lock_for_entrant(
        &mut self,
        id: OrganizationId,
    ) -> Result<Option<Organization>, StoreError> {
        let row =
            organizations::table.find(DbId::from(id)).filter(organizations::deleted_at.is_null());
        self.across_tenants(move |connection| {
            match connection {
                DbConnection::Sqlite(c) => row.select(OrganizationRow::as_select()).first(c),
                DbConnection::Postgres(c) => {
                    row.select(OrganizationRow::as_select()).for_update().first(c)
                }
            }
            .optional()
        })
        .await?
        .map(TryInto::try_into)
        .transpose()
    }

    async fn external_id_is_taken(&mut self, external_id: &ExternalId) -> Result<bool, StoreError> {
        let external_id = external_id.to_string();
        self.across_tenants(move |connection| {
            let taken = organizations::table
                .filter(organizations::external_id.eq(external_id))
                .select(organizations::id);
            on_backend!(connection, |c| select(exists(taken)).get_result(c))
        })
        .await
    }

    async fn update(
        &mut self,
        scope: &Scope,
        organization: &Organization,
    ) -> Result<Change, StoreError> {
        let row = organizations::table.find(DbId::from(scope.organization()));
        let fields = OrganizationFields::from(organization);
        self.changes(Changed::Organization(organization.id));
        let stays_deleted = organization.deleted_at.is_some();
        let (is_restored, change) = self
            .run_in(scope, move |connection| {
                let was_deleted = row.filter(organizations::deleted_at.is_not_null());
                let is_restored = !stays_deleted
                    && on_backend!(&mut *connection, |c| {
                        select(exists(was_deleted.select(organizations::id))).get_result(c)
                    })?;
                let change =
                    match on_backend!(connection, |c| Prepared(diesel::update(row).set(fields))
                        .execute(c))
                    {
                        Ok(_) => Change::Made,
                        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
                            Change::Conflict
                        }
                        Err(error) => return Err(error),
                    };
                Ok((is_restored, change))
            })
            .await?;
        if is_restored {
            // It is in the lists of its members again, however many there are.
            self.changes_everything();
        }
        if change == Change::Conflict {
            self.end();
        }
        Ok(change)
    }

    async fn insert(&mut self, organization: &Organization) -> Result<Insertion, StoreError> {
        let row = OrganizationRow::from(organization);
        self.across_tenants(move |connection| {
            let insert =
                diesel::insert_into(organizations::table).values(row).on_conflict_do_nothing();
            on_backend!(connection, |c| Prepared(insert).execute(c))
        })
        .await
        .map(insertion)
    }
}

impl DieselUnitOfWork {
    /// Locks an organization, deleted or not, confines the unit of work to what
    /// the viewer may do in it, and then finds out what they are to it: what
    /// others changed before is seen.
    async fn locked(
        &mut self,
        viewer: Viewer,
        id: OrganizationId,
        is_deleted: bool,
    ) -> Result<Option<Access>, StoreError> {
        let found = self
            .across_tenants(move |connection| {
                if let DbConnection::Postgres(c) = connection {
                    let row = organizations::table.find(DbId::from(id)).select(organizations::id);
                    row.for_update().first::<DbId>(c).optional()?;
                }
                tenancy::confine(connection, viewer.user(), id)?;
                let row: Option<AccessRow> = on_backend!(connection, |c| {
                    access_row!(viewer, id)
                        .filter(organizations::deleted_at.is_not_null().eq(is_deleted))
                        .first(c)
                        .optional()
                })?;
                Ok(row)
            })
            .await?;
        self.is_confined_to(viewer.user(), id);
        found.map_or(Ok(None), |row| row.access(viewer))
    }
}
