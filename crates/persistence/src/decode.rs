//! From what a column holds to what the domain allows. A value that the domain
//! does not allow was not written by Guildhall; the error names its column and
//! not the value, which may be personal.

use std::str::FromStr;

use guildhall_application::ports::StoreError;

/// A text that the domain parses.
pub(crate) fn text<T: FromStr>(column: &'static str, value: &str) -> Result<T, StoreError> {
    value.parse().map_err(|_| invalid(column))
}

/// A text that the domain parses, or nothing.
pub(crate) fn optional_text<T: FromStr>(
    column: &'static str,
    value: Option<&str>,
) -> Result<Option<T>, StoreError> {
    value.map(|value| text(column, value)).transpose()
}

/// One word of a closed set.
pub(crate) fn word<T: Copy>(
    column: &'static str,
    value: &str,
    all: &[T],
    as_str: impl Fn(T) -> &'static str,
) -> Result<T, StoreError> {
    all.iter().copied().find(|word| as_str(*word) == value).ok_or_else(|| invalid(column))
}

/// A number that counts something.
pub(crate) fn count<T: TryFrom<i64>>(column: &'static str, value: i64) -> Result<T, StoreError> {
    value.try_into().map_err(|_| invalid(column))
}

/// A number that counts something, or nothing.
pub(crate) fn optional_count<T: TryFrom<i64>>(
    column: &'static str,
    value: Option<i64>,
) -> Result<Option<T>, StoreError> {
    value.map(|value| count(column, value)).transpose()
}

/// A number as a column holds it. No counter of Guildhall's reaches the end of
/// what a column can hold.
pub(crate) fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn invalid(column: &'static str) -> StoreError {
    StoreError::Failed(format!("a row holds what Guildhall never wrote in {column}"))
}
