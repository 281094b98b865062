//! E-mail addresses in one canonical form.

use std::{fmt, str::FromStr};

use email_address::Options;

use crate::{DomainName, TextError, text};

/// An address of RFC 5321, with the characters of RFC 6531 in its local part.
///
/// Held with the local part as it was written, in NFC, and the domain in its
/// canonical ASCII form. At most 254 octets. Two addresses are the same when
/// their [`key`](Self::key)s are.
#[derive(Debug, Clone)]
pub struct EmailAddress {
    address: String,
    key: String,
    domain: DomainName,
}

/// The text is no e-mail address that Guildhall takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailAddressError {
    /// Not of the form `local@domain`.
    #[error("must be an e-mail address such as ada@acme.com")]
    Malformed,
    /// The local part is a quoted string. RFC 5321 (4.1.2) asks senders to
    /// avoid it, and it gives one mailbox several spellings.
    #[error("must be an e-mail address without quotation marks, such as ada@acme.com")]
    Quoted,
    /// Longer than RFC 5321 (4.5.3.1) lets an address be.
    #[error("must be at most 254 characters long, with at most 64 before the @")]
    TooLong,
}

const MAX_OCTETS: usize = 254;
const MAX_LOCAL_OCTETS: usize = 64;

impl EmailAddress {
    /// The address as it is shown and written to.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// The form by which addresses are compared and unique: case-folded.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The domain of the mailbox.
    #[must_use]
    pub const fn domain(&self) -> &DomainName {
        &self.domain
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(local, _)| local)
    }
}

impl FromStr for EmailAddress {
    type Err = EmailAddressError;

    fn from_str(text: &str) -> Result<Self, EmailAddressError> {
        let (local, domain) = text.trim().rsplit_once('@').ok_or(EmailAddressError::Malformed)?;
        if local.starts_with('"') {
            return Err(EmailAddressError::Quoted);
        }
        if local.len() > 4 * MAX_LOCAL_OCTETS || domain.len() > 4 * MAX_OCTETS {
            return Err(EmailAddressError::TooLong);
        }
        let domain: DomainName = domain.parse().map_err(|_| EmailAddressError::Malformed)?;
        let local = text::clean(local, MAX_LOCAL_OCTETS).map_err(|error| match error {
            TextError::TooLong { .. } => EmailAddressError::TooLong,
            _ => EmailAddressError::Malformed,
        })?;
        let address = format!("{local}@{domain}");
        if local.len() > MAX_LOCAL_OCTETS || address.len() > MAX_OCTETS {
            return Err(EmailAddressError::TooLong);
        }
        let options = Options::default().without_display_text().without_domain_literal();
        email_address::EmailAddress::parse_with_options(&address, options)
            .map_err(|_| EmailAddressError::Malformed)?;
        let key = format!("{}@{domain}", text::comparison_key(&local));
        Ok(Self { address, key, domain })
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for EmailAddress {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_mailbox_has_one_key() {
        for (text, address, key) in [
            ("ada@acme.com", "ada@acme.com", "ada@acme.com"),
            (" Ada.L@ACME.com ", "Ada.L@acme.com", "ada.l@acme.com"),
            ("ada+x@bücher.example", "ada+x@xn--bcher-kva.example", "ada+x@xn--bcher-kva.example"),
            ("jose\u{301}@acme.com", "josé@acme.com", "josé@acme.com"),
            ("o'brien@acme.com", "o'brien@acme.com", "o'brien@acme.com"),
        ] {
            let email: EmailAddress = text.parse().unwrap();
            assert_eq!((email.as_str(), email.key()), (address, key));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        use EmailAddressError::{Malformed, Quoted, TooLong};
        let long_local = format!("{}@acme.com", "a".repeat(65));
        let huge = format!("{}@acme.com", "a".repeat(10_000));
        for (text, error) in [
            ("", Malformed),
            ("ada", Malformed),
            ("@acme.com", Malformed),
            ("ada@", Malformed),
            ("ada@localhost", Malformed),
            ("ada@192.168.0.1", Malformed),
            ("ada@[127.0.0.1]", Malformed),
            ("ada@@acme.com", Malformed),
            (".ada@acme.com", Malformed),
            ("a..da@acme.com", Malformed),
            ("a da@acme.com", Malformed),
            ("Ada <ada@acme.com>", Malformed),
            ("a\0da@acme.com", Malformed),
            ("a\u{202E}da@acme.com", Malformed),
            ("ada@ac\u{0}me.com", Malformed),
            ("\"ada\"@acme.com", Quoted),
            ("\"ada lovelace\"@acme.com", Quoted),
            (&long_local, TooLong),
            (&huge, TooLong),
        ] {
            assert_eq!(text.parse::<EmailAddress>().map(|e| e.to_string()), Err(error), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_stable(raw in "[a-zA-Zéß.+]{1,10}@[a-zü]{1,9}\\.com") {
            if let Ok(email) = raw.parse::<EmailAddress>() {
                let again: EmailAddress = email.as_str().parse().unwrap();
                prop_assert_eq!(again.as_str(), email.as_str());
                prop_assert_eq!(again.key(), email.key());
            }
        }

        #[test]
        fn no_input_panics(raw in any::<String>()) {
            let _ = raw.parse::<EmailAddress>();
        }
    }
}
