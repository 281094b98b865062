//! An export: a line of JSON for each base, each checkpoint and each entry.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Base, Checkpoint, Digest, Entry, LogId};

/// An entry with its hash, and with what could be opened of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// What is hashed.
    pub entry: Entry,
    /// Its hash, as it is stored.
    pub hash: Digest,
    /// What was sealed, for those who may read it. No part of what is hashed:
    /// nobody can prove it once the key is gone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub opened: BTreeMap<String, String>,
}

/// A line of an export. Of each log its base comes first, if it has one, then its
/// checkpoints, the shortest first, then its entries in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// An entry.
    Record(Box<Record>),
    /// A checkpoint.
    Checkpoint {
        /// The checkpoint.
        checkpoint: Checkpoint,
    },
    /// What stands before the first entry of a log whose older ones were dropped.
    /// Nothing of the log comes before it.
    Base {
        /// The base.
        base: Base,
    },
}

/// The line is none of an export.
#[derive(Debug, thiserror::Error)]
#[error("line {number} is no entry, no checkpoint and no base: {reason}")]
pub struct LineError {
    /// Which line, from 1.
    pub number: u64,
    /// What is wrong with it.
    pub reason: String,
}

impl Line {
    /// The log that it is of.
    #[must_use]
    pub const fn log(&self) -> LogId {
        match self {
            Self::Record(record) => record.entry.log,
            Self::Checkpoint { checkpoint } | Self::Base { base: Base(checkpoint) } => {
                checkpoint.log
            }
        }
    }

    /// Reads a line.
    ///
    /// # Errors
    ///
    /// [`LineError`] with that number.
    pub fn parse(text: &str, number: u64) -> Result<Self, LineError> {
        // Not by the enum, whose message would not say which field is wrong.
        let failed = |error: serde_json::Error| LineError { number, reason: error.to_string() };
        if text.starts_with("{\"checkpoint\"") || text.starts_with("{\"base\"") {
            serde_json::from_str(text).map_err(failed)
        } else {
            serde_json::from_str(text).map(|record| Self::Record(Box::new(record))).map_err(failed)
        }
    }
}
