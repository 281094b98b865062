//! Setting a forgotten password, by a mail to the account's address.

use std::sync::Arc;

use guildhall_domain::{Action, AuditActor, AuditEvent, EmailAddress, Origin, Resource};

use super::{NewPassword, verify_email::bad_token};
use crate::{
    Error, Fault, Settings,
    ports::{
        Clock, IdGenerator, MailJob, MailSubject, PasswordHasher, Purpose, Refusal, SignInThrottle,
        Store, TokenHash, TokenService,
    },
};

/// Resets passwords.
pub struct ResetPassword {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) tokens: Arc<dyn TokenService>,
    pub(crate) throttle: Arc<dyn SignInThrottle>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
    pub(crate) settings: Arc<Settings>,
}

impl ResetPassword {
    /// Queues a mail to the address, with a token if an account has it. What is
    /// done here is the same whether one has or not: whoever asks learns
    /// nothing, not even by the time it takes.
    ///
    /// # Errors
    ///
    /// [`Error::MailNotConfigured`], [`Error::TooManyAttempts`]; failures of
    /// the store.
    #[tracing::instrument(level = "debug", name = "auth.request_password_reset", skip_all)]
    pub async fn request(&self, origin: &Origin, email: &EmailAddress) -> Result<(), Error> {
        if !self.settings.sends_mail {
            return Err(Error::MailNotConfigured);
        }
        self.admit(origin, Some(email))?;
        let now = self.clock.now();
        let job = MailJob {
            id: self.ids.uuid(),
            subject: MailSubject::PasswordReset(email.clone()),
            attempts: 0,
            queued_at: now,
        };
        let event = AuditEvent::new(
            self.ids.audit_event_id(),
            AuditActor::Anonymous,
            Action::PasswordResetRequested,
            Resource::Installation,
            origin,
            now,
        )
        .with("email", email);
        let mut work = self.store.begin().await?;
        work.mail_queue().enqueue(&[job]).await?;
        work.audit_log().append(&event).await?;
        Ok(work.commit().await?)
    }

    /// Sets the password of the account that the token of such a mail is for,
    /// and ends every session of it. The address is proven by that.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the token is unknown, used or expired, or the
    /// password is the address; [`Error::TooManyAttempts`],
    /// [`Error::Overloaded`]; failures of the store. The token stays good then.
    #[tracing::instrument(level = "debug", name = "auth.reset_password", skip_all)]
    pub async fn execute(
        &self,
        origin: &Origin,
        presented: &str,
        password: &NewPassword,
    ) -> Result<(), Error> {
        self.admit(origin, None)?;
        let token = self.tokens.hash(presented).ok_or_else(bad_token)?;
        // Hashing is dear: look at the token first. The transaction decides.
        self.check(&token, password).await?;
        let hash = self.hasher.hash(password.as_password()).await?;

        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let user = work.one_time_tokens().take(Purpose::PasswordReset, &token, now).await?;
        let user = user.ok_or_else(bad_token)?;
        let (mut user, _) = work.users().lock(user).await?.ok_or_else(bad_token)?;
        work.users().set_password(user.id, &hash).await?;
        if user.verify_email(now) {
            work.users().update(&user).await?;
        }
        let ended = work.sessions().remove_all(user.id).await?;
        let event = AuditEvent::new(
            self.ids.audit_event_id(),
            AuditActor::user(&user),
            Action::PasswordReset,
            Resource::User(user.id),
            origin,
            now,
        )
        .with("sessions_ended", ended);
        work.audit_log().append(&event).await?;
        Ok(work.commit().await?)
    }

    /// Whether the token is good and the password suits its account; uses
    /// nothing up.
    async fn check(&self, token: &TokenHash, password: &NewPassword) -> Result<(), Error> {
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let user = work.one_time_tokens().take(Purpose::PasswordReset, token, now).await?;
        let user = user.ok_or_else(bad_token)?;
        let (user, _) = work.users().lock(user).await?.ok_or_else(bad_token)?;
        password
            .check_against(&user.email)
            .map_err(|error| Error::Invalid(vec![Fault::of_field("password", error)]))
    }

    fn admit(&self, origin: &Origin, email: Option<&EmailAddress>) -> Result<(), Error> {
        self.throttle
            .admit(origin.ip_address, email)
            .map_err(|Refusal { retry_after, .. }| Error::TooManyAttempts { retry_after })
    }
}

#[cfg(test)]
mod tests;
