//! Proving that an address is its account's, by a mail to it.

use std::sync::Arc;

use guildhall_domain::{Action, AuditActor, AuditEvent, Origin, Resource, User};

use crate::{
    Caller, Error, Fault, Settings,
    ports::{
        Clock, IdGenerator, MailJob, MailSubject, Purpose, Refusal, SignInThrottle, Store,
        TokenService,
    },
};

/// Verifies addresses.
pub struct VerifyEmail {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) tokens: Arc<dyn TokenService>,
    pub(crate) throttle: Arc<dyn SignInThrottle>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
    pub(crate) settings: Arc<Settings>,
}

impl VerifyEmail {
    /// Lets a caller through who has proven that their address is theirs, or of
    /// whom that is not asked.
    ///
    /// # Errors
    ///
    /// [`Error::EmailNotVerified`] when they have not.
    pub fn require(&self, caller: &Caller) -> Result<(), Error> {
        if self.settings.email_verification && caller.user.email_verified_at.is_none() {
            return Err(Error::EmailNotVerified);
        }
        Ok(())
    }

    /// Queues a mail with a token to the caller's address; an earlier one is of
    /// no more use. Does nothing where the address is verified.
    ///
    /// # Errors
    ///
    /// [`Error::MailNotConfigured`], [`Error::TooManyAttempts`]; failures of
    /// the store.
    #[tracing::instrument(level = "debug", name = "auth.request_email_verification", skip_all)]
    pub async fn request(&self, caller: &Caller) -> Result<(), Error> {
        if !self.settings.sends_mail {
            return Err(Error::MailNotConfigured);
        }
        if caller.user.email_verified_at.is_some() {
            return Ok(());
        }
        self.throttle
            .admit(caller.origin.ip_address, Some(&caller.user.email))
            .map_err(|Refusal { retry_after, .. }| Error::TooManyAttempts { retry_after })?;
        let job = MailJob {
            id: self.ids.uuid(),
            subject: MailSubject::EmailVerification(caller.user.id),
            attempts: 0,
            queued_at: self.clock.now(),
        };
        let mut work = self.store.begin().await?;
        work.mail_queue().enqueue(&[job]).await?;
        Ok(work.commit().await?)
    }

    /// Takes the token of such a mail as the proof.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the token is unknown, used or expired; failures
    /// of the store.
    #[tracing::instrument(level = "debug", name = "auth.verify_email", skip_all)]
    pub async fn execute(&self, origin: &Origin, presented: &str) -> Result<(), Error> {
        let token = self.tokens.hash(presented).ok_or_else(bad_token)?;
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let user = work.one_time_tokens().take(Purpose::EmailVerification, &token, now).await?;
        let user = user.ok_or_else(bad_token)?;
        let (mut user, _) = work.users().lock(user).await?.ok_or_else(bad_token)?;
        if user.verify_email(now) {
            work.users().update(&user).await?;
            work.audit_log().append(&self.event(&user, origin)).await?;
        }
        Ok(work.commit().await?)
    }

    fn event(&self, user: &User, origin: &Origin) -> AuditEvent {
        AuditEvent::new(
            self.ids.audit_event_id(),
            AuditActor::user(user),
            Action::EmailVerified,
            Resource::User(user.id),
            origin,
            self.clock.now(),
        )
    }
}

/// What a token that is good for nothing is: a fault of the field.
pub(super) fn bad_token() -> Error {
    let detail = "must be a token from a mail, which works once and for a while";
    Error::Invalid(vec![Fault::of_field("token", detail)])
}

#[cfg(test)]
mod tests;
