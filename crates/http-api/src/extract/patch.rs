//! Fields of a merge patch (RFC 7396), as they are read from JSON.

use std::str::FromStr;

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use guildhall_application::Patch;

use super::Faults;

impl<T: Deserr<Faults>> Deserr<Faults> for Patch<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        match value {
            Value::Null => Ok(Self::Clear),
            value => T::deserialize_from_value(value, location).map(Self::Set),
        }
    }
}

/// A field that may be left out but has no value to be without.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Keepable<T>(pub(crate) Option<T>);

impl<T: Deserr<Faults>> Deserr<Faults> for Keepable<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        if let Value::Null = value {
            return Err(Faults::at(location, "must have a value and cannot be removed"));
        }
        T::deserialize_from_value(value, location).map(|value| Self(Some(value)))
    }
}

/// Parses the value of a patched field, if it has one.
///
/// # Errors
///
/// What the type's own parser says.
pub(crate) fn parse_patch<T: FromStr>(patch: Patch<String>) -> Result<Patch<T>, T::Err> {
    Ok(match patch {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(text) => Patch::Set(text.parse()?),
    })
}

/// Parses the value of a field that cannot be removed.
///
/// # Errors
///
/// What the type's own parser says.
pub(crate) fn parse_keepable<T: FromStr>(
    Keepable(text): Keepable<String>,
) -> Result<Option<T>, T::Err> {
    text.map(|text| text.parse()).transpose()
}
