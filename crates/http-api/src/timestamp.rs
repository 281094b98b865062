//! Time as answers show it.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use chrono::SecondsFormat;
use guildhall_domain::Timestamp;
use serde::{Serialize, Serializer};

/// RFC 3339 in UTC with exactly three decimals: `2026-01-15T10:00:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rfc3339(pub(crate) Timestamp);

/// By what is shown: a store may keep fewer decimals than the clock has.
impl Hash for Rfc3339 {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.timestamp_millis().hash(state);
    }
}

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_always_three_decimals() {
        for (micros, shown) in [
            (1_768_471_200_000_000, "\"2026-01-15T10:00:00.000Z\""),
            (1_768_471_200_120_999, "\"2026-01-15T10:00:00.120Z\""),
        ] {
            let time = Rfc3339(Timestamp::from_timestamp_micros(micros).unwrap());
            assert_eq!(serde_json::to_string(&time).unwrap(), shown);
        }
    }
}
