//! Queries that many requests ask and that an index answers at once: PostgreSQL is told
//! through whose eyes in the round trip of the query itself.

use diesel::{
    PgConnection, QueryResult, Selectable, SqliteConnection,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    query_dsl::{LoadQuery, RunQueryDsl},
    sql_types::Text,
    sqlite::Sqlite,
};
use guildhall_domain::UserId;

use crate::{
    connection::{DbConnection, on_backend},
    tenancy::Actor,
};

/// A query that looks through the eyes of a user. What the connection was told before
/// means nothing to it, and is as it was behind it.
#[derive(Debug, Clone, QueryId)]
pub(crate) struct Through<Q> {
    user: String,
    query: Q,
}

impl<Q> Through<Q> {
    /// That query through those eyes.
    pub(crate) fn new(user: UserId, query: Q) -> Self {
        Self { user: Actor::User(user).to_string(), query }
    }
}

/// The settings last for one statement outside of a transaction. The query waits for them,
/// since it is asked again for each row of theirs: there is one, whose value it looks at.
impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Through<Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("SELECT seen.* FROM (SELECT set_config('guildhall.actor', ");
        pass.push_bind_param::<Text, _>(&self.user)?;
        pass.push_sql(
            ", true) AS actor, set_config('guildhall.organizations', '', true) AS no_scope \
             OFFSET 0) AS told CROSS JOIN LATERAL (SELECT * FROM (",
        );
        self.query.walk_ast(pass.reborrow())?;
        pass.push_sql(") AS asked WHERE told.actor || told.no_scope IS NOT NULL OFFSET 0) AS seen");
        Ok(())
    }
}

/// There are no such eyes.
impl<Q: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Through<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.query.walk_ast(pass)
    }
}

impl<Q: Query> Query for Through<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, C> RunQueryDsl<C> for Through<Q> {}

/// The columns that a row is made of, for a query of either database.
pub(crate) fn columns_of<R: Selectable<Pg>>() -> R::SelectExpression {
    R::construct_selection()
}

/// A query for rows of `T` that either database answers.
pub(crate) trait Look<T>: Clone + Send + Sized + 'static {
    /// What asks it, once more if need be.
    fn look(self) -> impl Fn(&mut DbConnection) -> QueryResult<Vec<T>> + Send + 'static;
}

impl<Q, T> Look<T> for Q
where
    Q: Clone + Send + 'static,
    Q: LoadQuery<'static, SqliteConnection, T> + LoadQuery<'static, PgConnection, T>,
{
    fn look(self) -> impl Fn(&mut DbConnection) -> QueryResult<Vec<T>> + Send + 'static {
        move |connection| on_backend!(connection, |c| self.clone().load(c))
    }
}
