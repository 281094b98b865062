//! An organization as a row.

use std::collections::BTreeMap;

use diesel::prelude::*;
use guildhall_application::ports::{OrganizationSummary, StoreError};
use guildhall_domain::{Metadata, Organization, OrganizationSettings, OrganizationStatus, Quotas};

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
    #[diesel(embed)]
    fields: OrganizationFields,
    is_default: bool,
    users_count: i64,
    workspaces_count: i64,
    created_at: DbTime,
}

/// What an update writes.
#[derive(AsChangeset, Insertable, Queryable, Selectable)]
#[diesel(table_name = organizations, treat_none_as_null = true)]
pub(crate) struct OrganizationFields {
    name: String,
    name_key: String,
    domain: Option<String>,
    external_id: Option<String>,
    metadata: String,
    auto_join: bool,
    status: String,
    users_limit: Option<i64>,
    workspaces_limit: Option<i64>,
    invitations_limit: Option<i64>,
    updated_at: DbTime,
    deleted_at: Option<DbTime>,
    version: i64,
}

impl From<&Organization> for OrganizationFields {
    fn from(organization: &Organization) -> Self {
        let pairs = organization.metadata.pairs().iter();
        let metadata: serde_json::Map<_, _> =
            pairs.map(|(key, value)| (key.clone(), value.clone().into())).collect();
        Self {
            name: organization.name.as_str().to_owned(),
            name_key: organization.name.key().to_owned(),
            domain: organization.domain.as_ref().map(ToString::to_string),
            external_id: organization.external_id.as_ref().map(ToString::to_string),
            metadata: serde_json::Value::Object(metadata).to_string(),
            auto_join: organization.settings.auto_join,
            status: organization.status.as_str().to_owned(),
            users_limit: organization.quotas.users.map(Into::into),
            workspaces_limit: organization.quotas.workspaces.map(Into::into),
            invitations_limit: organization.quotas.invitations.map(Into::into),
            updated_at: DbTime(organization.updated_at),
            deleted_at: organization.deleted_at.map(DbTime),
            version: decode::column(organization.version),
        }
    }
}

impl From<&Organization> for OrganizationRow {
    fn from(organization: &Organization) -> Self {
        Self {
            id: organization.id.into(),
            fields: organization.into(),
            is_default: organization.is_default,
            users_count: organization.users_count.into(),
            workspaces_count: organization.workspaces_count.into(),
            created_at: DbTime(organization.created_at),
        }
    }
}

impl TryFrom<OrganizationRow> for Organization {
    type Error = StoreError;

    fn try_from(row: OrganizationRow) -> Result<Self, StoreError> {
        let fields = row.fields;
        Ok(Self {
            id: row.id.into(),
            name: decode::text("organizations.name", &fields.name)?,
            domain: decode::optional_text("organizations.domain", fields.domain.as_deref())?,
            external_id: decode::optional_text(
                "organizations.external_id",
                fields.external_id.as_deref(),
            )?,
            metadata: metadata(&fields.metadata)?,
            settings: OrganizationSettings { auto_join: fields.auto_join },
            status: decode::word(
                "organizations.status",
                &fields.status,
                &OrganizationStatus::ALL,
                OrganizationStatus::as_str,
            )?,
            quotas: Quotas {
                users: decode::optional_count("organizations.users_limit", fields.users_limit)?,
                workspaces: decode::optional_count(
                    "organizations.workspaces_limit",
                    fields.workspaces_limit,
                )?,
                invitations: decode::optional_count(
                    "organizations.invitations_limit",
                    fields.invitations_limit,
                )?,
            },
            is_default: row.is_default,
            users_count: decode::count("organizations.users_count", row.users_count)?,
            workspaces_count: decode::count(
                "organizations.workspaces_count",
                row.workspaces_count,
            )?,
            created_at: row.created_at.0,
            updated_at: fields.updated_at.0,
            deleted_at: fields.deleted_at.map(|time| time.0),
            version: decode::count("organizations.version", fields.version)?,
        })
    }
}

fn metadata(json: &str) -> Result<Metadata, StoreError> {
    let column = "organizations.metadata";
    let pairs: BTreeMap<String, String> =
        serde_json::from_str(json).map_err(|_| decode::invalid(column))?;
    pairs.try_into().map_err(|_| decode::invalid(column))
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
