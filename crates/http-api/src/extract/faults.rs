//! Every fault of a body, collected while it is read, so that one answer names
//! them all.

use std::{ops::ControlFlow, str::FromStr};

use deserr::{DeserializeError, ErrorKind, IntoValue, MergeWithError, ValueKind, ValuePointerRef};
use guildhall_application::{Error, Fault};

use crate::error::ApiError;

/// The faults of a body. Details name fields and types, never values.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// One fault, at that place.
    pub(crate) fn at(location: ValuePointerRef<'_>, detail: &str) -> Self {
        Self(vec![Fault { pointer: pointer(location), detail: detail.to_owned() }])
    }

    fn collect(
        collected: Option<Self>,
        faults: impl IntoIterator<Item = Fault>,
    ) -> ControlFlow<Self, Self> {
        let mut collected = collected.unwrap_or_default();
        collected.0.extend(faults);
        ControlFlow::Continue(collected)
    }
}

impl From<Faults> for ApiError {
    fn from(faults: Faults) -> Self {
        Self::Application(Error::Invalid(faults.0))
    }
}

impl MergeWithError<Self> for Faults {
    fn merge(
        collected: Option<Self>,
        other: Self,
        _: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        Self::collect(collected, other.0)
    }
}

/// A value that the domain refuses to parse.
impl<E: std::error::Error> MergeWithError<E> for Faults {
    fn merge(
        collected: Option<Self>,
        error: E,
        location: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let fault = Fault { pointer: pointer(location), detail: error.to_string() };
        Self::collect(collected, [fault])
    }
}

impl DeserializeError for Faults {
    fn error<V: IntoValue>(
        collected: Option<Self>,
        error: ErrorKind<'_, V>,
        location: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let (location, detail) = match &error {
            ErrorKind::IncorrectValueKind { actual, accepted } => {
                let accepted: Vec<_> = accepted.iter().map(|kind| name(*kind)).collect();
                let (accepted, actual) = (accepted.join(" or "), name(actual.kind()));
                (location, format!("must be {accepted}, not {actual}"))
            }
            ErrorKind::MissingField { field } => {
                (location.push_key(field), "is required".to_owned())
            }
            ErrorKind::UnknownKey { key, accepted } => {
                let detail = format!("is not a known field; these are: {}", accepted.join(", "));
                (location.push_key(key), detail)
            }
            ErrorKind::UnknownValue { accepted, .. } => {
                (location, format!("must be one of: {}", accepted.join(", ")))
            }
            ErrorKind::BadSequenceLen { expected, .. } => {
                (location, format!("must have exactly {expected} elements"))
            }
            ErrorKind::Unexpected { .. } => (location, "is out of range".to_owned()),
        };
        Self::collect(collected, [Fault { pointer: pointer(location), detail }])
    }
}

/// Parses the value of a field that may be absent or null.
///
/// # Errors
///
/// What the type's own parser says.
pub(crate) fn parse_optional<T: FromStr>(text: Option<String>) -> Result<Option<T>, T::Err> {
    text.map(|text| text.parse()).transpose()
}

const fn name(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Null => "null",
        ValueKind::Boolean => "a boolean",
        ValueKind::Integer => "a whole number",
        ValueKind::NegativeInteger => "a negative whole number",
        ValueKind::Float => "a fraction",
        ValueKind::String => "a string",
        ValueKind::Sequence => "an array",
        ValueKind::Map => "an object",
    }
}

/// The place as a JSON pointer (RFC 6901).
fn pointer(location: ValuePointerRef<'_>) -> String {
    match location {
        ValuePointerRef::Origin => String::new(),
        ValuePointerRef::Key { key, prev } => {
            format!("{}/{}", pointer(*prev), key.replace('~', "~0").replace('/', "~1"))
        }
        ValuePointerRef::Index { index, prev } => format!("{}/{index}", pointer(*prev)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_escaped() {
        let (a, origin) = ("a/b~c", ValuePointerRef::Origin);
        assert_eq!(pointer(origin), "");
        assert_eq!(pointer(origin.push_key(a).push_index(2)), "/a~1b~0c/2");
    }
}
