//! Objects whose keys the client chooses.

use std::collections::BTreeMap;

use deserr::{
    DeserializeError, Deserr, ErrorKind, IntoValue, Map, MergeWithError, Value, ValueKind,
    ValuePointerRef, take_cf_content,
};

use super::Faults;

/// Values by key. The maps of deserr leave a faulty value out without a word;
/// here it is a fault like any other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pairs<T>(pub(crate) BTreeMap<String, T>);

impl<T: Deserr<Faults>> Deserr<Faults> for Pairs<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let map = match value {
            Value::Map(map) => map,
            actual => {
                let accepted = &[ValueKind::Map];
                let kind = ErrorKind::IncorrectValueKind { actual, accepted };
                return Err(take_cf_content(Faults::error(None, kind, location)));
            }
        };
        let (mut pairs, mut faults) = (BTreeMap::new(), None);
        for (key, value) in map.into_iter() {
            let place = location.push_key(&key);
            match T::deserialize_from_value(value.into_value(), place) {
                Ok(value) => {
                    pairs.insert(key, value);
                }
                Err(fault) => faults = Some(take_cf_content(Faults::merge(faults, fault, place))),
            }
        }
        faults.map_or(Ok(Self(pairs)), Err)
    }
}
