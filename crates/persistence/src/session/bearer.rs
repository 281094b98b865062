//! Who bears a token: asked by nearly every request.

use diesel::{
    AppearsOnTable, Expression, QueryResult, SelectableExpression,
    backend::Backend,
    expression::{ValidGrouping, is_aggregate::Never},
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{Binary, Bool, HasSqlType},
};
use guildhall_application::ports::{AccountWithSession, StoreError, TokenHash};

use super::row::SessionRow;
use crate::{
    look_up::{Look, columns_of},
    schema::{organizations, sessions, users},
    user::{UserRow, home},
};

/// A session, its user, and the name of the user's home organization.
pub(super) type Bearer = (SessionRow, UserRow, Option<String>);

/// What the application calls that.
pub(super) fn account((session, user, home): Bearer) -> Result<AccountWithSession, StoreError> {
    Ok(AccountWithSession { account: user.with_organization(home)?, session: session.try_into()? })
}

#[diesel::dsl::auto_type]
fn with_users() -> _ {
    sessions::table.inner_join(users::table.left_join(organizations::table.on(home())))
}

/// The bearer of a token.
pub(super) fn bearer(token: TokenHash) -> impl Look<Bearer> {
    with_users()
        .filter(sessions::token_hash.eq(token.as_bytes().to_vec()))
        .select((
            columns_of::<SessionRow>(),
            columns_of::<UserRow>(),
            organizations::name.nullable(),
        ))
        .limit(1)
}

/// The bearers of several, with the token of each.
pub(super) fn bearers(tokens: &[TokenHash]) -> impl Look<(Vec<u8>, Bearer)> {
    with_users().filter(OneOf::new(tokens)).select((
        sessions::token_hash,
        (columns_of::<SessionRow>(), columns_of::<UserRow>(), organizations::name.nullable()),
    ))
}

/// Whether a session's token is one of those. They are parameters of their own: Diesel
/// would make an array of them, for which PostgreSQL keeps no plan.
#[derive(Debug, Clone)]
struct OneOf(Vec<Vec<u8>>);

impl OneOf {
    /// In a few lengths only, so that there are a few statements to keep: the last token
    /// fills it up.
    fn new(tokens: &[TokenHash]) -> Self {
        let mut tokens: Vec<_> = tokens.iter().map(|token| token.as_bytes().to_vec()).collect();
        if let Some(last) = tokens.last().cloned() {
            tokens.resize(tokens.len().next_power_of_two(), last);
        }
        Self(tokens)
    }
}

/// Its text does not follow from its type.
impl QueryId for OneOf {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB> QueryFragment<DB> for OneOf
where
    DB: Backend + HasSqlType<Binary>,
    Vec<u8>: ToSql<Binary, DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql("sessions.token_hash IN (");
        for (index, token) in self.0.iter().enumerate() {
            if index > 0 {
                pass.push_sql(", ");
            }
            pass.push_bind_param::<Binary, _>(token)?;
        }
        pass.push_sql(")");
        Ok(())
    }
}

impl Expression for OneOf {
    type SqlType = Bool;
}

impl<Source> AppearsOnTable<Source> for OneOf {}

impl<Source> SelectableExpression<Source> for OneOf {}

impl ValidGrouping<()> for OneOf {
    type IsAggregate = Never;
}
