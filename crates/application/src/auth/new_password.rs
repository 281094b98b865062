//! A password that is fit to be set.

use guildhall_domain::{EmailAddress, Password, PasswordError};
use zxcvbn::{Score, zxcvbn};

/// A password that is long enough and not easily guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPassword(Password);

/// Why a password is not fit to be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NewPasswordError {
    /// Too short or too long.
    #[error(transparent)]
    Length(#[from] PasswordError),
    /// Easily guessed, by zxcvbn's estimate.
    #[error("is too easy to guess: {0}")]
    Weak(String),
    /// The same as the account's address, or what stands before its `@`.
    #[error("must differ from the e-mail address")]
    EqualsEmail,
}

impl NewPassword {
    /// zxcvbn's third of four: "safely unguessable".
    const REQUIRED: Score = Score::Three;

    /// Takes a password of 8 to 256 characters that zxcvbn deems safely
    /// unguessable (NIST SP 800-63B, 5.1.1.2: no rules of composition).
    ///
    /// # Errors
    ///
    /// [`NewPasswordError`] says what to do better.
    pub fn parse(raw: String) -> Result<Self, NewPasswordError> {
        let password = Password::parse(raw)?;
        let estimate = zxcvbn(password.expose(), &[]);
        if estimate.score() >= Self::REQUIRED {
            return Ok(Self(password));
        }
        let feedback = estimate.feedback();
        let advice = feedback.and_then(zxcvbn::feedback::Feedback::warning).map_or_else(
            || "Add another word or two.".to_owned(),
            |warning| format!("{warning} Add another word or two."),
        );
        Err(NewPasswordError::Weak(advice))
    }

    /// Checks that the password is not the address of the account.
    ///
    /// # Errors
    ///
    /// [`NewPasswordError::EqualsEmail`] when it is, in any case.
    pub fn check_against(&self, email: &EmailAddress) -> Result<(), NewPasswordError> {
        let password = self.0.expose().trim().to_lowercase();
        let is_email = [email.as_str(), email.key(), email.local_part()]
            .iter()
            .any(|part| password == part.to_lowercase());
        if is_email { Err(NewPasswordError::EqualsEmail) } else { Ok(()) }
    }

    /// The password, for hashing.
    #[must_use]
    pub const fn as_password(&self) -> &Password {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easy_passwords_are_refused_with_advice() {
        for raw in ["password", "12345678", "qwertyuiop", "aaaaaaaaaaaa", "Password1!"] {
            let error = NewPassword::parse(raw.to_owned()).unwrap_err();
            assert!(
                matches!(&error, NewPasswordError::Weak(a) if a.contains("Add another")),
                "{raw}"
            );
        }
        assert!(NewPassword::parse("short".to_owned()).is_err());
    }

    #[test]
    fn passphrases_in_any_script_are_taken() {
        for raw in ["correct horse battery staple", "лошадь батарея скрепка", "x7#Kq2!vLm9@"]
        {
            assert!(NewPassword::parse(raw.to_owned()).is_ok(), "{raw}");
        }
        let longest: String =
            (0..256).filter_map(|n| char::from_u32(48 + n * n * 7 % 75)).collect();
        assert_eq!(longest.len(), 256);
        assert!(NewPassword::parse(longest).is_ok());
    }

    #[test]
    fn the_address_is_no_password() {
        let email: EmailAddress = "Wolfgang.Zwiebelkuchen@acme.com".parse().unwrap();
        for (raw, same) in [
            ("wolfgang.zwiebelkuchen@ACME.com", true),
            ("Wolfgang.Zwiebelkuchen", true),
            ("wolfgang isst zwiebelkuchen", false),
        ] {
            let password = NewPassword::parse(raw.to_owned()).unwrap();
            assert_eq!(password.check_against(&email).is_err(), same, "{raw}");
        }
    }
}
