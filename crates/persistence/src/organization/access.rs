//! An organization and what a viewer is to it.

use diesel::prelude::*;
use guildhall_application::{Access, caller::Viewer, ports::StoreError};
use guildhall_domain::OrganizationRole;

use super::row::OrganizationRow;
use crate::{decode, schema::memberships};

/// The organization and the viewer's role in it.
#[derive(Queryable, Selectable)]
pub(super) struct AccessRow {
    #[diesel(embed)]
    organization: OrganizationRow,
    #[diesel(select_expression = memberships::role.nullable())]
    role: Option<String>,
}

impl AccessRow {
    /// What the viewer is to the organization; none where they may not know of
    /// it.
    pub(super) fn access(self, viewer: Viewer) -> Result<Option<Access>, StoreError> {
        let role = self.role.map(|role| {
            decode::word(
                "memberships.role",
                &role,
                &OrganizationRole::ALL,
                OrganizationRole::as_str,
            )
        });
        let organization = self.organization.try_into()?;
        Ok(Access::found(organization, viewer, role.transpose()?))
    }
}

/// The query for one organization as a viewer sees it.
macro_rules! access_row {
    ($viewer:expr, $id:expr) => {{
        use crate::{
            look_up::columns_of,
            schema::{memberships, organizations},
        };
        let own = memberships::organization_id
            .eq(organizations::id)
            .and(memberships::user_id.eq(DbId::from($viewer.user())));
        organizations::table
            .left_join(memberships::table.on(own))
            .filter(organizations::id.eq(DbId::from($id)))
            .select(columns_of::<AccessRow>())
    }};
}
pub(super) use access_row;
