//! Statements that a connection prepares once and keeps.
//!
//! Diesel keeps a query whose text follows from its type. It has every `UPDATE`,
//! and every insertion of several rows or of absent values, parsed and planned anew
//! each time, because there could be any number of texts. On PostgreSQL, planning
//! one under row-level security costs more than running it.

use diesel::{
    QueryResult,
    backend::Backend,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    query_dsl::RunQueryDsl,
};

/// A statement that is kept by its text. It is for those that come in a few texts,
/// whatever their values: each is kept for as long as the connection lives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prepared<Q>(pub(crate) Q);

impl<Q: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

/// Without an id of its own it is found by its text.
impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, C> RunQueryDsl<C> for Prepared<Q> {}

/// Two statements that do not see each other's changes, in one round trip. SQLite
/// has no such thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Together<A, B>(pub(crate) A, pub(crate) B);

impl<A, B, DB> QueryFragment<DB> for Together<A, B>
where
    A: QueryFragment<DB>,
    B: QueryFragment<DB>,
    DB: Backend,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql("WITH first AS (");
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(") ");
        self.1.walk_ast(pass)
    }
}
