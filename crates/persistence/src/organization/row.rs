//! An organization as a row.

use diesel::prelude::*;
use guildhall_application::ports::{OrganizationSummary, StoreError};
use guildhall_domain::Organization;

use crate::{
    decode,
    schema::organizations,
    sql_types::{DbId, DbTime},
};

/// All of it.
#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = organizations)]
pub(crate) struct OrganizationRow {
    id: DbId,
    name: String,
    name_key: String,
    domain: Option<String>,
    users_count: i64,
    workspaces_count: i64,
    created_at: DbTime,
    updated_at: DbTime,
}

impl From<&Organization> for OrganizationRow {
    fn from(organization: &Organization) -> Self {
        Self {
            id: organization.id.into(),
            name: organization.name.as_str().to_owned(),
            name_key: organization.name.key().to_owned(),
            domain: organization.domain.as_ref().map(ToString::to_string),
            users_count: organization.users_count.into(),
            workspaces_count: organization.workspaces_count.into(),
            created_at: DbTime(organization.created_at),
            updated_at: DbTime(organization.updated_at),
        }
    }
}

impl TryFrom<OrganizationRow> for Organization {
    type Error = StoreError;

    fn try_from(row: OrganizationRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            name: decode::text("organizations.name", &row.name)?,
            domain: decode::optional_text("organizations.domain", row.domain.as_deref())?,
            users_count: decode::count("organizations.users_count", row.users_count)?,
            workspaces_count: decode::count(
                "organizations.workspaces_count",
                row.workspaces_count,
            )?,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        })
    }
}

/// What a list shows of it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = organizations)]
pub(crate) struct SummaryRow {
    id: DbId,
    name: String,
    domain: Option<String>,
    users_count: i64,
    workspaces_count: i64,
    created_at: DbTime,
}

impl TryFrom<SummaryRow> for OrganizationSummary {
    type Error = StoreError;

    fn try_from(row: SummaryRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            name: row.name,
            domain: row.domain,
            users_count: decode::count("organizations.users_count", row.users_count)?,
            workspaces_count: decode::count(
                "organizations.workspaces_count",
                row.workspaces_count,
            )?,
            created_at: row.created_at.0,
        })
    }
}
