//! Mail: the queue of what is to be sent, and the one who sends it.
//!
//! What is queued holds no secret. A token is made when its mail is sent, and
//! only its hash is stored: nobody who reads the store can use it.

use async_trait::async_trait;
use guildhall_domain::{EmailAddress, InvitationId, Timestamp, UserId};
use uuid::Uuid;

use super::StoreError;

/// What a mail is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailSubject {
    /// An invitation, to the invited.
    Invitation(InvitationId),
    /// The verification of an account's address, to that address.
    EmailVerification(UserId),
    /// The setting of a forgotten password, to this address, whether an account
    /// has it or not: asking must not tell.
    PasswordReset(EmailAddress),
}

/// A mail that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailJob {
    /// Its id.
    pub id: Uuid,
    /// What it is about.
    pub subject: MailSubject,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was queued.
    pub queued_at: Timestamp,
}

/// The queue of mail, to add to it and to work on it.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait MailQueue: Send {
    /// Queues mail; it is sent once the unit of work is committed.
    async fn enqueue(&mut self, jobs: &[MailJob]) -> Result<(), StoreError>;

    /// Takes what is due at `now`, counts the attempt, and keeps it from others
    /// until `until`. At most `limit`.
    async fn claim(
        &mut self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<MailJob>, StoreError>;

    /// Puts a mail off until `due_at`.
    async fn put_off(&mut self, id: Uuid, due_at: Timestamp) -> Result<(), StoreError>;

    /// Removes a mail, sent or given up.
    async fn remove(&mut self, id: Uuid) -> Result<(), StoreError>;
}

/// A mail as it is sent. Its text holds a secret, so it cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// To whom.
    pub to: EmailAddress,
    /// The subject, one line.
    pub subject: String,
    /// The text, plain.
    pub text: String,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letter").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// Why a letter was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It will never be: the address or the letter is refused for good.
    #[error("the mail was refused: {0}")]
    Refused(String),
    /// It may be later.
    #[error("the mail could not be sent: {0}")]
    Unavailable(String),
}

/// Sends mail.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a letter over to whoever brings it further.
    ///
    /// # Errors
    ///
    /// [`MailError`] when it was not taken.
    async fn send(&self, letter: &Letter) -> Result<(), MailError>;
}
