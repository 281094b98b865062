//! Fields of a merge patch (RFC 7396), of which absent, null and a value mean
//! three things.

/// What a merge patch says of a field that may be without a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Nothing: it stays as it is.
    #[default]
    Keep,
    /// It is removed.
    Clear,
    /// It becomes this.
    Set(T),
}

impl<T> Patch<T> {
    /// Changes a field.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_null_and_a_value_are_three_things() {
        for (patch, after) in
            [(Patch::Keep, Some(1)), (Patch::Clear, None), (Patch::Set(2), Some(2))]
        {
            let mut field = Some(1);
            patch.apply(&mut field);
            assert_eq!(field, after);
        }
    }
}
