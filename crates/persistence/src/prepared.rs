//! Statements that a connection prepares once and keeps.
//!
//! Diesel keeps a query whose text follows from its type. It has every `UPDATE`,
//! and every insertion of several rows or of absent values, parsed and planned anew
//! each time, because there could be any number of texts. On PostgreSQL, planning
//! one under row-level security costs more than running it.

use diesel::{
    PgConnection, QueryResult, SqliteConnection,
    backend::Backend,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    query_dsl::RunQueryDsl,
    sql_types::{BigInt, Integer},
    sqlite::Sqlite,
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

impl<Q> Prepared<Q> {
    /// Executes a statement that returns no rows, and tells how many it changed.
    pub(crate) fn execute<C>(self, connection: &mut C) -> QueryResult<usize>
    where
        Self: Execute<C>,
    {
        self.execute_on(connection)
    }
}

/// How a statement that returns no rows is executed, so that it is kept.
pub(crate) trait Execute<C> {
    /// Executes it.
    fn execute_on(self, connection: &mut C) -> QueryResult<usize>;
}

impl<Q: QueryFragment<Sqlite>> Execute<SqliteConnection> for Prepared<Q> {
    fn execute_on(self, connection: &mut SqliteConnection) -> QueryResult<usize> {
        RunQueryDsl::execute(self, connection)
    }
}

/// Diesel asks for what it only executes there by reference, and a reference does not
/// say that it may be kept.
impl<Q: QueryFragment<Pg>> Execute<PgConnection> for Prepared<Q> {
    fn execute_on(self, connection: &mut PgConnection) -> QueryResult<usize> {
        let changed: i64 = Prepared(Counted(self.0)).get_result(connection)?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }
}

/// How many rows a statement changes, as a query of PostgreSQL.
struct Counted<Q>(Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Counted<Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("WITH changed AS (");
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(" RETURNING 1) SELECT count(*) FROM changed");
        Ok(())
    }
}

impl<Q> Query for Counted<Q> {
    type SqlType = BigInt;
}

/// Two statements that do not see each other's changes, as a query of PostgreSQL for the
/// number 1.
pub(crate) struct Together<A, B>(pub(crate) A, pub(crate) B);

impl<A: QueryFragment<Pg>, B: QueryFragment<Pg>> QueryFragment<Pg> for Together<A, B> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("WITH first AS (");
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql("), second AS (");
        self.1.walk_ast(pass.reborrow())?;
        pass.push_sql(") SELECT 1");
        Ok(())
    }
}

impl<A, B> Query for Together<A, B> {
    type SqlType = Integer;
}

#[cfg(test)]
mod tests {
    use diesel::{dsl::sql, prelude::*, select, sql_types::BigInt};
    use uuid::Uuid;

    use super::*;
    use crate::{
        Backend,
        schema::organizations,
        sql_types::DbId,
        testing::{TestDatabase, backends},
    };

    const KEPT: &str =
        "(SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%UPDATE%')";

    #[test]
    fn a_connection_keeps_one_statement_for_all_values() {
        if !backends().contains(&Backend::Postgres) {
            return;
        }
        let database = TestDatabase::new(Backend::Postgres);
        let mut connection = PgConnection::establish(&database.url_text()).unwrap();
        let kept = |c: &mut PgConnection| select(sql::<BigInt>(KEPT)).get_result::<i64>(c).unwrap();
        let update = |version: i64| {
            let row = organizations::table.find(DbId(Uuid::nil()));
            diesel::update(row).set(organizations::version.eq(version))
        };
        update(1).execute(&mut connection).unwrap();
        assert_eq!(kept(&mut connection), 0, "what the wrapper is for");
        for version in 1..=3 {
            assert_eq!(Prepared(update(version)).execute(&mut connection).unwrap(), 0);
            assert_eq!(kept(&mut connection), 1);
        }
    }
}
