//! Keyset pages: a place in an order, not a number of rows to skip, so that a
//! page stays right while rows come and go.

use guildhall_domain::Timestamp;
use uuid::Uuid;

/// A place in a list that is ordered newest first: the row it stands behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// When that row was created.
    pub created_at: Timestamp,
    /// Its id, which orders rows of the same moment.
    pub id: Uuid,
}

/// The bytes or text are no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a cursor from a Link header of this list")]
pub struct CursorError;

impl Cursor {
    /// How many bytes a cursor takes.
    pub const BYTES: usize = 24;

    /// Eight bytes of microseconds since 1970, then the id; big-endian.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let (time, id) = bytes.split_at_mut(8);
        time.copy_from_slice(&self.created_at.timestamp_micros().to_be_bytes());
        id.copy_from_slice(self.id.as_bytes());
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    ///
    /// [`CursorError`] when the length or the time is impossible.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CursorError> {
        let (time, id) = bytes.split_first_chunk::<8>().ok_or(CursorError)?;
        let created_at =
            Timestamp::from_timestamp_micros(i64::from_be_bytes(*time)).ok_or(CursorError)?;
        // PostgreSQL holds years 4713 BC to 294276 AD; a forged cursor must not reach it.
        if !(0..=9_999_999_999_999_999).contains(&created_at.timestamp_micros()) {
            return Err(CursorError);
        }
        let id = Uuid::from_slice(id).map_err(|_| CursorError)?;
        Ok(Self { created_at, id })
    }
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// The rows behind this place; from the top when absent.
    pub after: Option<Cursor>,
    /// At most so many rows.
    pub limit: u32,
}

impl PageRequest {
    /// The largest `limit` that a client may ask for.
    pub const MAX_LIMIT: u32 = 100;

    /// How many rows are read at a time when a list is streamed whole.
    pub const STREAM_LIMIT: u32 = 500;

    /// The same page and one row more, which tells whether there is a next one.
    #[must_use]
    pub const fn probe(self) -> Self {
        Self { limit: self.limit.saturating_add(1), ..self }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<Cursor>,
    /// How many rows the whole list has, where that is known without counting.
    pub total: Option<u32>,
}

impl<T> Page<T> {
    /// Makes a page of `limit` rows from up to `limit + 1` of them: the one too
    /// many only tells that there is a next page.
    #[must_use]
    pub fn from_probe(mut rows: Vec<T>, limit: u32, cursor: impl Fn(&T) -> Cursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(cursor) } else { None };
        Self { items: rows, next, total: None }
    }

    /// The same page of a list that has so many rows.
    #[must_use]
    pub fn of(self, total: Option<u32>) -> Self {
        Self { total, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_bytes() {
        let cursor = Cursor {
            created_at: Timestamp::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
            id: Uuid::from_u128(0x0123_4567_89ab_4def_8123_4567_89ab_cdef),
        };
        assert_eq!(Cursor::from_bytes(&cursor.to_bytes()), Ok(cursor));
    }

    #[test]
    fn bytes_that_are_no_cursor_are_refused() {
        for bytes in [&[][..], &[0; 7], &[0; 23], &[0; 25], &[0xff; 24], &[0x7f; 24]] {
            assert_eq!(Cursor::from_bytes(bytes), Err(CursorError), "{bytes:?}");
        }
    }

    #[test]
    fn the_row_too_many_becomes_the_next_page() {
        let at = |row: &u8| Cursor {
            created_at: Timestamp::UNIX_EPOCH,
            id: Uuid::from_u128((*row).into()),
        };
        let page = Page::from_probe(vec![3, 2, 1], 2, at);
        assert_eq!((page.items, page.next), (vec![3, 2], Some(at(&2))));
        let last = Page::from_probe(vec![3, 2], 2, at);
        assert_eq!((last.items, last.next), (vec![3, 2], None));
    }
}
