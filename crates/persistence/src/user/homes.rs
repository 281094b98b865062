//! Homes that are other organizations than those in scope. Their names are their
//! users' to show.

use std::collections::HashMap;

use diesel::prelude::*;
use guildhall_application::ports::{StoreError, UserWithOrganization};

use super::UserRow;
use crate::{
    connection::on_backend, schema::organizations, sql_types::DbId, store::DieselStore,
    tenancy::Tenancy,
};

/// The names of homes, by their ids.
pub(crate) struct Homes(HashMap<DbId, String>);

impl Homes {
    /// The account of a row, whose home has this name or one of these.
    pub(crate) fn account(
        &self,
        user: UserRow,
        home: Option<String>,
    ) -> Result<UserWithOrganization, StoreError> {
        let elsewhere = || self.0.get(&user.home()?).cloned();
        let home = home.or_else(elsewhere);
        user.with_organization(home)
    }
}

impl DieselStore {
    /// The homes of those users whose home is not in sight, unless it is deleted.
    pub(crate) async fn homes_elsewhere<'a>(
        &self,
        rows: impl Iterator<Item = (&'a UserRow, &'a Option<String>)> + Send,
    ) -> Result<Homes, StoreError> {
        let ids: Vec<DbId> =
            rows.filter(|(_, home)| home.is_none()).filter_map(|(user, _)| user.home()).collect();
        if ids.is_empty() {
            return Ok(Homes(HashMap::new()));
        }
        let names: Vec<(DbId, String)> = self
            .read(Tenancy::Installation, move |connection| {
                on_backend!(connection, |c| {
                    organizations::table
                        .filter(organizations::id.eq_any(&ids))
                        .filter(organizations::deleted_at.is_null())
                        .select((organizations::id, organizations::name))
                        .load(c)
                })
            })
            .await?;
        Ok(Homes(names.into_iter().collect()))
    }
}
