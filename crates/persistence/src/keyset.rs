//! Where a page begins in a list that is ordered newest first.

use diesel::{
    dsl::{AsExprOf, sql},
    expression::{SqlLiteral, UncheckedBind},
    sql_types::Bool,
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
