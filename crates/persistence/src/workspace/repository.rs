//! Changes to workspaces, which are counted in their organization.

use async_trait::async_trait;
use diesel::prelude::*;
use guildhall_application::{
    Scope,
    ports::{Addition, Changed, StoreError, WorkspaceRepository},
};
use guildhall_domain::{Workspace, WorkspaceId};

use super::row::WorkspaceRow;
use crate::{
    connection::on_backend,
    decode,
    organization::{Counted, Room, add_within_limit, count_down},
    schema::workspaces,
    sql_types::DbId,
    unit_of_work::DieselUnitOfWork,
};

/// How many rows one statement inserts: PostgreSQL takes 65,535 values in one.
const BATCH: usize = 1000;

#[async_trait]
impl WorkspaceRepository for DieselUnitOfWork {
    async fn insert(
        &mut self,
        scope: &Scope,
        workspaces: &[Workspace],
    ) -> Result<Addition, StoreError> {
        let organization = scope.organization();
        self.changes(Changed::Organization(organization));
        let rows: Vec<_> =
            workspaces.iter().map(|workspace| WorkspaceRow::new(organization, workspace)).collect();
        let organization = DbId::from(organization);
        self.run_in(scope, move |connection| {
            let room = add_within_limit(connection, organization, Counted::Workspaces, rows.len())?;
            if room == Room::Taken {
                on_backend!(connection, |c| {
                    for batch in rows.chunks(BATCH) {
                        diesel::insert_into(workspaces::table).values(batch).execute(c)?;
                    }
                });
            }
            Ok(room)
        })
        .await?
        .into_addition(Counted::Workspaces)
    }

    async fn find(
        &mut self,
        scope: &Scope,
        id: WorkspaceId,
    ) -> Result<Option<Workspace>, StoreError> {
        let row = workspace(scope, id);
        self.run_in(scope, move |connection| {
            on_backend!(connection, |c| {
                row.select(WorkspaceRow::as_select()).first(c).optional()
            })
        })
        .await?
        .map(TryInto::try_into)
        .transpose()
    }

    async fn update(&mut self, scope: &Scope, changed: &Workspace) -> Result<(), StoreError> {
        let row = workspace(scope, changed.id);
        let fields = (
            workspaces::name.eq(changed.name.as_str().to_owned()),
            workspaces::description.eq(changed.description.as_str().to_owned()),
            workspaces::status.eq(changed.status.as_str()),
            workspaces::version.eq(decode::column(changed.version)),
        );
        self.run_in(scope, move |connection| {
            on_backend!(connection, |c| diesel::update(row).set(fields).execute(c))
        })
        .await?;
        Ok(())
    }

    async fn remove(&mut self, scope: &Scope, id: WorkspaceId) -> Result<(), StoreError> {
        let row = workspace(scope, id);
        self.changes(Changed::Organization(scope.organization()));
        let organization = DbId::from(scope.organization());
        self.run_in(scope, move |connection| {
            let removed = on_backend!(&mut *connection, |c| diesel::delete(row).execute(c))?;
            count_down(connection, organization, Counted::Workspaces, removed)
        })
        .await
    }
}

/// A workspace of the organization in scope and of no other.
#[diesel::dsl::auto_type]
fn workspace(scope: &Scope, id: WorkspaceId) -> _ {
    let (organization, id): (DbId, DbId) = (scope.organization().into(), id.into());
    workspaces::table
        .filter(workspaces::organization_id.eq(organization))
        .filter(workspaces::id.eq(id))
}
