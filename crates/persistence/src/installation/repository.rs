//! Changes to the installation's row.

use async_trait::async_trait;
use diesel::prelude::*;
use guildhall_application::{
    Scope,
    ports::{Changed, Installation, InstallationRepository, StoreError},
};
use guildhall_domain::OrganizationId;

use crate::{
    connection::{DbConnection, on_backend},
    schema::{installation, organizations},
    sql_types::{DbId, DbTime},
    unit_of_work::DieselUnitOfWork,
};

#[async_trait]
impl InstallationRepository for DieselUnitOfWork {
    async fn lock(&mut self) -> Result<Installation, StoreError> {
        let (installed_at, default): (DbTime, Option<DbId>) = self
            .run(|connection| {
                let columns = (installation::installed_at, installation::default_organization_id);
                let row = installation::table.select(columns);
                match connection {
                    // Whoever has begun a transaction has the only write lock.
                    DbConnection::Sqlite(c) => row.first(c),
                    DbConnection::Postgres(c) => row.for_update().first(c),
                }
            })
            .await?;
        Ok(Installation {
            installed_at: installed_at.0,
            default_organization: default.map(Into::into),
        })
    }

    async fn forget_default_organization(&mut self, scope: &Scope) -> Result<(), StoreError> {
        let organization = DbId::from(scope.organization());
        self.run(move |connection| {
            let row =
                installation::table.filter(installation::default_organization_id.eq(organization));
            let none = installation::default_organization_id.eq(None::<DbId>);
            on_backend!(connection, |c| diesel::update(row).set(none).execute(c))
        })
        .await?;
        Ok(())
    }

    async fn set_default_organization(&mut self, id: OrganizationId) -> Result<(), StoreError> {
        self.changes(Changed::Organization(id));
        self.run(move |connection| {
            let id = DbId::from(id);
            on_backend!(connection, |c| {
                diesel::update(organizations::table.find(id))
                    .set(organizations::is_default.eq(true))
                    .execute(c)?;
                diesel::update(installation::table)
                    .set(installation::default_organization_id.eq(id))
                    .execute(c)
            })
        })
        .await?;
        Ok(())
    }
}
