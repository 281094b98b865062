//! Passwords as people type them.

use std::fmt;

/// The bounds of NIST SP 800-63B, 5.1.1.2: at least eight characters, any
/// characters, and long enough for a passphrase.
const MIN_CHARACTERS: usize = 8;
const MAX_CHARACTERS: usize = 256;

/// A password in the clear, of 8 to 256 characters. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// The text is too short or too long for a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {MIN_CHARACTERS} to {MAX_CHARACTERS} characters long")]
pub struct PasswordError;

impl Password {
    /// Takes a password as it was typed; nothing is trimmed or normalized.
    ///
    /// # Errors
    ///
    /// [`PasswordError`] when it is shorter than 8 or longer than 256 characters.
    pub fn parse(raw: String) -> Result<Self, PasswordError> {
        if raw.chars().nth(MAX_CHARACTERS).is_some()
            || raw.chars().nth(MIN_CHARACTERS - 1).is_none()
        {
            return Err(PasswordError);
        }
        Ok(Self(raw))
    }

    /// The secret itself, for hashing and nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_count_characters() {
        for (raw, taken) in [
            ("", false),
            ("1234567", false),
            ("12345678", true),
            ("пароль12", true),
            (" \0\u{202E}12345", true),
            (&"é".repeat(256), true),
            (&"é".repeat(257), false),
        ] {
            assert_eq!(Password::parse(raw.to_owned()).is_ok(), taken, "{raw:?}");
        }
    }

    #[test]
    fn it_cannot_be_printed() {
        let password = Password::parse("correct horse".to_owned()).unwrap();
        assert_eq!(format!("{password:?}"), "Password(…)");
    }
}
