//! Changes to the installation's row.

use async_trait::async_trait;
use diesel::prelude::*;
use guildhall_application::ports::{Installation, InstallationRepository, StoreError};
use guildhall_domain::OrganizationId;

use crate::{
    connection::{DbConnection, on_backend},
    schema::installation,
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

    async fn set_default_organization(&mut self, id: OrganizationId) -> Result<(), StoreError> {
        self.run(move |connection| {
            let default = installation::default_organization_id.eq(DbId::from(id));
            on_backend!(connection, |c| {
                diesel::update(installation::table).set(default).execute(c)
            })
        })
        .await?;
        Ok(())
    }
}
