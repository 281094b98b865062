//! One statement that writes a batch of rows.

use diesel::{
    PgConnection, QueryResult, RunQueryDsl, SqliteConnection,
    pg::Pg,
    result::Error,
    sql_query,
    sql_types::{Array, BigInt, Binary, Bool, Nullable, Text, Timestamptz, Uuid},
    sqlite::Sqlite,
};

use super::{
    cells::{self, Batch, Cell, decoded},
    tables::{Kind, Table},
};

/// Sends each column as one array.
pub(super) fn into_postgres(
    connection: &mut PgConnection,
    table: &Table,
    batch: Batch,
) -> QueryResult<()> {
    let arrays: Vec<_> = (1..=table.columns.len()).map(|number| format!("${number}")).collect();
    let statement = format!(
        "INSERT INTO {} ({}) SELECT * FROM unnest({})",
        table.name,
        table.column_list(),
        arrays.join(", ")
    );
    let mut query = sql_query(statement).into_boxed::<Pg>();
    for (column, cells) in table.columns.iter().zip(batch.into_columns()) {
        query = match column.kind {
            Kind::Id => {
                query.bind::<Array<Nullable<Uuid>>, _>(decoded(cells, cells::id).map_err(foreign)?)
            }
            Kind::Moment => query.bind::<Array<Nullable<Timestamptz>>, _>(
                decoded(cells, cells::moment).map_err(foreign)?,
            ),
            Kind::Truth => query
                .bind::<Array<Nullable<Bool>>, _>(decoded(cells, cells::truth).map_err(foreign)?),
            Kind::Number => query.bind::<Array<Nullable<BigInt>>, _>(
                decoded(cells, cells::number).map_err(foreign)?,
            ),
            Kind::Text => query
                .bind::<Array<Nullable<Text>>, _>(decoded(cells, cells::text).map_err(foreign)?),
            Kind::Bytes => query
                .bind::<Array<Nullable<Binary>>, _>(decoded(cells, cells::bytes).map_err(foreign)?),
        };
    }
    query.execute(connection).map(|_| ())
}

/// Sends each value for itself, in the form that it has.
pub(super) fn into_sqlite(
    connection: &mut SqliteConnection,
    table: &Table,
    batch: Batch,
) -> QueryResult<()> {
    let row = format!("({})", vec!["?"; table.columns.len()].join(", "));
    let rows = usize::try_from(batch.rows()).unwrap_or(usize::MAX);
    let statement = format!(
        "INSERT INTO {} ({}) VALUES {}",
        table.name,
        table.column_list(),
        vec![row; rows].join(", ")
    );
    let mut query = sql_query(statement).into_boxed::<Sqlite>();
    let mut columns: Vec<_> = batch.into_columns().into_iter().map(Vec::into_iter).collect();
    for _ in 0..rows {
        for column in &mut columns {
            query = match column.next().unwrap_or(Cell::Null) {
                Cell::Null => query.bind::<Nullable<Binary>, _>(None::<Vec<u8>>),
                Cell::Integer(number) => query.bind::<BigInt, _>(number),
                Cell::Text(text) => query.bind::<Text, _>(text),
                Cell::Bytes(bytes) => query.bind::<Binary, _>(bytes),
            };
        }
    }
    query.execute(connection).map(|_| ())
}

fn foreign(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::SerializationError(error)
}
