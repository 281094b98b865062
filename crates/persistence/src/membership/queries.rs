//! Members, to show them.

use async_trait::async_trait;
use diesel::prelude::*;
use guildhall_application::{
    PageRequest, Scope,
    ports::{MemberDetails, MemberFilter, MemberQueries, StoreError},
};
use guildhall_domain::{UserId, text};

use super::row::MembershipRow;
use crate::{
    connection::on_backend,
    keyset::behind,
    schema::{memberships, organizations, users},
    sql_types::DbId,
    store::DieselStore,
    user::{UserRow, home},
};

type MemberRow = (MembershipRow, UserRow, Option<String>);

/// Members with their accounts and the names of their homes.
macro_rules! members {
    ($scope:expr) => {
        memberships::table
            .inner_join(users::table)
            .left_join(organizations::table.on(home()))
            .filter(memberships::organization_id.eq(DbId::from($scope.organization())))
            .select((
                MembershipRow::as_select(),
                UserRow::as_select(),
                organizations::name.nullable(),
            ))
    };
}

#[async_trait]
impl MemberQueries for DieselStore {
    async fn list(
        &self,
        scope: &Scope,
        filter: &MemberFilter,
        page: PageRequest,
    ) -> Result<Vec<MemberDetails>, StoreError> {
        let (scope, role) = (*scope, filter.role);
        let pattern = filter.text.as_deref().map(containing);
        self.read(move |connection| {
            on_backend!(connection, |c| {
                let mut query = members!(scope)
                    .order((memberships::joined_at.desc(), memberships::user_id.desc()))
                    .limit(page.limit.into())
                    .into_boxed();
                if let Some(role) = role {
                    query = query.filter(memberships::role.eq(role.as_str()));
                }
                if let Some(pattern) = &pattern {
                    let by_name = users::name_key.like(pattern).escape('\\');
                    query = query.filter(by_name.or(users::email_key.like(pattern).escape('\\')));
                }
                if let Some(cursor) = page.after {
                    query =
                        query.filter(behind("memberships.joined_at, memberships.user_id", cursor));
                }
                query.load(c)
            })
        })
        .await?
        .into_iter()
        .map(details)
        .collect()
    }

    async fn get(&self, scope: &Scope, user: UserId) -> Result<Option<MemberDetails>, StoreError> {
        let scope = *scope;
        self.read(move |connection| {
            on_backend!(connection, |c| {
                members!(scope)
                    .filter(memberships::user_id.eq(DbId::from(user)))
                    .first(c)
                    .optional()
            })
        })
        .await?
        .map(details)
        .transpose()
    }
}

fn details((membership, user, home): MemberRow) -> Result<MemberDetails, StoreError> {
    Ok(MemberDetails { membership: membership.try_into()?, account: user.with_organization(home)? })
}

/// The pattern of what contains a text, in the form in which names and
/// addresses are compared.
fn containing(part: &str) -> String {
    let mut pattern = String::from("%");
    for c in text::comparison_key(part).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_a_wildcard() {
        assert_eq!(containing("Ada"), "%ada%");
        assert_eq!(containing("100%_\\"), "%100\\%\\_\\\\%");
    }
}
