//! Values on their way, in the form in which SQLite keeps them, and batches of
//! them.

use chrono::{DateTime, Utc};
use diesel::{
    QueryableByName,
    deserialize::{self, FromSql},
    pg::{Pg, PgValue},
    row::{Field, NamedRow, Row},
    sql_types::{BigInt, Binary, Bool, Text},
    sqlite::{Sqlite, SqliteType, SqliteValue},
};

use crate::sql_types::{DbId, DbTime, Id, Moment};

/// One value. An id is 16 bytes, a moment microseconds since 1970, a truth 0 or 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Cell {
    /// About how much memory it takes.
    fn bytes(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Null | Self::Integer(_) => 0,
                Self::Text(text) => text.len(),
                Self::Bytes(bytes) => bytes.len(),
            }
    }

    fn of_sqlite(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(match value.value_type() {
            None => Self::Null,
            Some(SqliteType::SmallInt | SqliteType::Integer | SqliteType::Long) => {
                Self::Integer(<i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?)
            }
            Some(SqliteType::Text) => {
                Self::Text(<String as FromSql<Text, Sqlite>>::from_sql(value)?)
            }
            Some(SqliteType::Binary) => {
                Self::Bytes(<Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?)
            }
            Some(other) => return Err(format!("no column holds a {other:?}").into()),
        })
    }

    fn of_postgres(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(match value.get_oid().get() {
            16 => Self::Integer(<bool as FromSql<Bool, Pg>>::from_sql(value)?.into()),
            17 => Self::Bytes(<Vec<u8> as FromSql<Binary, Pg>>::from_sql(value)?),
            20 => Self::Integer(<i64 as FromSql<BigInt, Pg>>::from_sql(value)?),
            25 => Self::Text(<String as FromSql<Text, Pg>>::from_sql(value)?),
            1184 => {
                let DbTime(time) = FromSql::<Moment, Pg>::from_sql(value)?;
                Self::Integer(time.timestamp_micros())
            }
            2950 => {
                let DbId(id) = FromSql::<Id, Pg>::from_sql(value)?;
                Self::Bytes(id.as_bytes().to_vec())
            }
            other => return Err(format!("no column holds a value of the type {other}").into()),
        })
    }
}

/// The values of a row, in the order in which they were asked for.
pub(super) struct Cells(pub(super) Vec<Cell>);

impl QueryableByName<Sqlite> for Cells {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let cells = (0..row.field_count()).map(|index| {
            let field = Row::get(row, index).ok_or("a row is too short")?;
            field.value().map_or(Ok(Cell::Null), Cell::of_sqlite)
        });
        cells.collect::<Result<_, _>>().map(Self)
    }
}

impl QueryableByName<Pg> for Cells {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        let cells = (0..row.field_count()).map(|index| {
            let field = Row::get(row, index).ok_or("a row is too short")?;
            field.value().map_or(Ok(Cell::Null), Cell::of_postgres)
        });
        cells.collect::<Result<_, _>>().map(Self)
    }
}

/// Some rows of a table, column by column.
pub(super) struct Batch {
    columns: Vec<Vec<Cell>>,
    rows: usize,
    bytes: usize,
}

impl Batch {
    /// So many values fit into a statement of SQLite, even of the widest table.
    const ROWS: usize = 500;
    /// Fewer rows where they are long.
    const BYTES: usize = 4 << 20;

    /// An empty one for so many columns.
    pub(super) fn new(columns: usize) -> Self {
        Self { columns: vec![Vec::new(); columns], rows: 0, bytes: 0 }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, Cells(cells): Cells) {
        self.rows += 1;
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            self.bytes += cell.bytes();
            column.push(cell);
        }
    }

    /// How many rows it has.
    pub(super) const fn rows(&self) -> u64 {
        self.rows as u64
    }

    /// Whether it should be written before more is added.
    pub(super) const fn is_full(&self) -> bool {
        self.rows >= Self::ROWS || self.bytes >= Self::BYTES
    }

    /// The values, column by column.
    pub(super) fn into_columns(self) -> Vec<Vec<Cell>> {
        self.columns
    }
}

/// The values of one column as what PostgreSQL takes for it.
pub(super) fn decoded<T>(
    cells: Vec<Cell>,
    decode: impl Fn(Cell) -> Result<T, Cell>,
) -> deserialize::Result<Vec<Option<T>>> {
    let values = cells.into_iter().map(|cell| match cell {
        Cell::Null => Ok(None),
        // What it is instead may be secret.
        cell => {
            decode(cell).map(Some).map_err(|_| "a value is not of the kind of its column".into())
        }
    });
    values.collect()
}

/// An id.
pub(super) fn id(cell: Cell) -> Result<uuid::Uuid, Cell> {
    match cell {
        Cell::Bytes(bytes) => uuid::Uuid::from_slice(&bytes).map_err(|_| Cell::Bytes(bytes)),
        other => Err(other),
    }
}

/// A moment.
pub(super) fn moment(cell: Cell) -> Result<DateTime<Utc>, Cell> {
    match cell {
        Cell::Integer(micros) => DateTime::from_timestamp_micros(micros).ok_or(cell),
        other => Err(other),
    }
}

/// A truth.
pub(super) fn truth(cell: Cell) -> Result<bool, Cell> {
    match cell {
        Cell::Integer(0) => Ok(false),
        Cell::Integer(1) => Ok(true),
        other => Err(other),
    }
}

/// A number.
pub(super) fn number(cell: Cell) -> Result<i64, Cell> {
    match cell {
        Cell::Integer(number) => Ok(number),
        other => Err(other),
    }
}

/// A text.
pub(super) fn text(cell: Cell) -> Result<String, Cell> {
    match cell {
        Cell::Text(text) => Ok(text),
        other => Err(other),
    }
}

/// Bytes.
pub(super) fn bytes(cell: Cell) -> Result<Vec<u8>, Cell> {
    match cell {
        Cell::Bytes(bytes) => Ok(bytes),
        other => Err(other),
    }
}
