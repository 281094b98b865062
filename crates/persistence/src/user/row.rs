//! A user as a row.

use diesel::prelude::*;
use guildhall_application::ports::{StoreError, UserWithOrganization};
use guildhall_domain::{User, UserRole, UserStatus, text};

use crate::{
    decode,
    schema::users,
    sql_types::{DbId, DbTime},
};

/// All of a user but the password's hash, which is only read on purpose.
#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = users)]
pub(crate) struct UserRow {
    id: DbId,
    email: String,
    email_key: String,
    #[diesel(embed)]
    fields: UserFields,
    created_at: DbTime,
}

/// What an update writes.
#[derive(AsChangeset, Insertable, Queryable, Selectable)]
#[diesel(table_name = users, treat_none_as_null = true)]
pub(crate) struct UserFields {
    name: String,
    name_key: String,
    role: String,
    status: String,
    email_verified_at: Option<DbTime>,
    mfa_enabled: bool,
    home_organization_id: Option<DbId>,
    intended_organization: Option<String>,
    updated_at: DbTime,
    last_sign_in_at: Option<DbTime>,
    version: i64,
}

impl From<&User> for UserFields {
    fn from(user: &User) -> Self {
        Self {
            name: user.name.as_str().to_owned(),
            name_key: text::comparison_key(user.name.as_str()),
            role: user.role.as_str().to_owned(),
            status: user.status.as_str().to_owned(),
            email_verified_at: user.email_verified_at.map(DbTime),
            mfa_enabled: user.mfa_enabled,
            home_organization_id: user.home.map(Into::into),
            intended_organization: user.intended_organization.as_ref().map(ToString::to_string),
            updated_at: DbTime(user.updated_at),
            last_sign_in_at: user.last_sign_in_at.map(DbTime),
            version: decode::column(user.version),
        }
    }
}

impl From<&User> for UserRow {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.into(),
            email: user.email.as_str().to_owned(),
            email_key: user.email.key().to_owned(),
            fields: user.into(),
            created_at: DbTime(user.created_at),
        }
    }
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let fields = row.fields;
        Ok(Self {
            id: row.id.into(),
            email: decode::text("users.email", &row.email)?,
            name: decode::text("users.name", &fields.name)?,
            role: decode::word("users.role", &fields.role, &UserRole::ALL, UserRole::as_str)?,
            status: decode::word(
                "users.status",
                &fields.status,
                &UserStatus::ALL,
                UserStatus::as_str,
            )?,
            email_verified_at: fields.email_verified_at.map(|time| time.0),
            mfa_enabled: fields.mfa_enabled,
            home: fields.home_organization_id.map(Into::into),
            intended_organization: decode::optional_text(
                "users.intended_organization",
                fields.intended_organization.as_deref(),
            )?,
            created_at: row.created_at.0,
            updated_at: fields.updated_at.0,
            last_sign_in_at: fields.last_sign_in_at.map(|time| time.0),
            version: decode::count("users.version", fields.version)?,
        })
    }
}

impl UserRow {
    /// The id of the home organization.
    pub(crate) const fn home(&self) -> Option<DbId> {
        self.fields.home_organization_id
    }

    /// The user, whose home organization has this name.
    pub(crate) fn with_organization(
        self,
        home: Option<String>,
    ) -> Result<UserWithOrganization, StoreError> {
        let user = User::try_from(self)?;
        let intended = user.intended_organization.as_ref().map(ToString::to_string);
        Ok(UserWithOrganization { user, organization: home.or(intended) })
    }
}
