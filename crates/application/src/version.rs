//! Which version of a resource a change was made for.

use crate::Error;

/// The versions of a resource that a client has seen and for which its change
/// is meant; any version where it names none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ExpectedVersion {
    /// Whatever it is now, and whether it exists or not.
    #[default]
    Any,
    /// Whatever it is now, if it exists.
    Existing,
    /// One of these.
    OneOf(Vec<u64>),
}

impl ExpectedVersion {
    /// Checks the version that the resource has; 0 is one that does not exist.
    ///
    /// # Errors
    ///
    /// [`Error::VersionMismatch`] when it is another.
    pub fn check(&self, version: u64) -> Result<(), Error> {
        match self {
            Self::Existing if version == 0 => Err(Error::VersionMismatch),
            Self::OneOf(versions) if !versions.contains(&version) => Err(Error::VersionMismatch),
            Self::Any | Self::Existing | Self::OneOf(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_seen_is_changed() {
        for (expected, version, passes) in [
            (ExpectedVersion::Any, 3, true),
            (ExpectedVersion::Any, 0, true),
            (ExpectedVersion::Existing, 3, true),
            (ExpectedVersion::Existing, 0, false),
            (ExpectedVersion::OneOf(vec![3]), 3, true),
            (ExpectedVersion::OneOf(vec![1, 3]), 3, true),
            (ExpectedVersion::OneOf(vec![2]), 3, false),
            (ExpectedVersion::OneOf(vec![]), 3, false),
        ] {
            assert_eq!(expected.check(version).is_ok(), passes, "{expected:?}");
        }
    }
}
