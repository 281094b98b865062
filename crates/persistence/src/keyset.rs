//! Where a page begins in a list that is ordered newest first, and the index that it
//! follows.

use diesel::{
    AppearsOnTable, Expression, QueryResult, SelectableExpression,
    dsl::{AsExprOf, sql},
    expression::{SqlLiteral, UncheckedBind, ValidGrouping},
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::Bool,
    sqlite::Sqlite,
};
use guildhall_application::Cursor;

use crate::sql_types::{DbId, DbTime, Id, Moment};

type AfterTime = UncheckedBind<SqlLiteral<Bool>, AsExprOf<DbTime, Moment>>;
type AfterId = UncheckedBind<SqlLiteral<Bool, AfterTime>, AsExprOf<DbId, Id>>;

/// The rows behind a cursor, by the two columns of the order. As a row value it
/// is one range of an index; spelt out with `OR` it would be a scan.
pub(crate) fn behind(columns: &'static str, cursor: Cursor) -> SqlLiteral<Bool, AfterId> {
    sql::<Bool>(&format!("({columns}) < ("))
        .bind::<Moment, _>(DbTime(cursor.created_at))
        .sql(", ")
        .bind::<Id, _>(DbId(cursor.id))
        .sql(")")
}

/// True of every membership. The index of a user's memberships by the age of their
/// organizations is one of those of which this is: PostgreSQL takes it where that is said.
#[derive(Debug, Clone, Copy, QueryId, ValidGrouping)]
pub(crate) struct ByOrganizationAge;

impl Expression for ByOrganizationAge {
    type SqlType = Bool;
}

impl<Source> AppearsOnTable<Source> for ByOrganizationAge {}

impl<Source> SelectableExpression<Source> for ByOrganizationAge {}

impl QueryFragment<Pg> for ByOrganizationAge {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("memberships.organization_created_at > '-infinity'");
        Ok(())
    }
}

impl QueryFragment<Sqlite> for ByOrganizationAge {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        pass.push_sql("TRUE");
        Ok(())
    }
}
