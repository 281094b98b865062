//! Letters as messages of RFC 5322.

use std::str::FromStr;

use guildhall_application::ports::{Letter, MailError};
use lettre::{
    Message,
    message::{Mailbox, header::ContentType},
};

/// Whom mail is from: `no-reply@acme.com` or `Acme <no-reply@acme.com>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(Mailbox);

/// The text is no mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an address such as no-reply@acme.com, or Acme <no-reply@acme.com>")]
pub struct SenderError;

impl FromStr for Sender {
    type Err = SenderError;

    fn from_str(text: &str) -> Result<Self, SenderError> {
        text.parse().map(Self).map_err(|_| SenderError)
    }
}

/// The message that a letter is.
///
/// # Errors
///
/// [`MailError::Refused`] when the address cannot be written to.
pub(crate) fn message(sender: &Sender, letter: &Letter) -> Result<Message, MailError> {
    let refused = |error: &dyn std::error::Error| MailError::Refused(error.to_string());
    let to: lettre::Address = letter.to.as_str().parse().map_err(|error| refused(&error))?;
    Message::builder()
        .from(sender.0.clone())
        .to(Mailbox::new(None, to))
        .subject(letter.subject.clone())
        .header(ContentType::TEXT_PLAIN)
        .body(letter.text.clone())
        .map_err(|error| refused(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(to: &str, subject: &str) -> Letter {
        Letter { to: to.parse().unwrap(), subject: subject.to_owned(), text: "Hello.\n".to_owned() }
    }

    fn sender() -> Sender {
        "Acme <no-reply@acme.com>".parse().unwrap()
    }

    #[test]
    fn a_message_has_all_it_needs() {
        let message = message(&sender(), &letter("ada@acme.com", "Invitation to Büro")).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        for line in ["From: Acme <no-reply@acme.com>\r\n", "To: ada@acme.com\r\n", "Subject: Invi"]
        {
            assert!(text.contains(line), "{text}");
        }
        assert!(text.ends_with("\r\n\r\nHello.\r\n"), "{text}");
    }

    #[test]
    fn nothing_in_a_subject_becomes_a_header() {
        let subject = "Invitation to X\r\nBcc: eve@evil.com";
        let message = message(&sender(), &letter("ada@acme.com", subject)).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        assert!(!text.contains("\r\nBcc:"), "{text}");
        assert_eq!(message.envelope().to().len(), 1);
    }

    #[test]
    fn senders_are_mailboxes() {
        for (text, taken) in [
            ("no-reply@acme.com", true),
            ("Acme <no-reply@acme.com>", true),
            ("Acme", false),
            ("", false),
        ] {
            assert_eq!(text.parse::<Sender>().is_ok(), taken, "{text}");
        }
    }
}
