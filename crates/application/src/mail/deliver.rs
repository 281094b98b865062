//! Sending what is queued.
//!
//! **Invariant:** a token exists in the clear only between its making here and
//! the mailer. Its hash is committed before its mail is sent, so that a token
//! that arrives is one that works; a mail that is tried again has a new one.

use std::sync::Arc;

use chrono::TimeDelta;
use guildhall_domain::{EmailAddress, InvitationId, Timestamp, User, UserId};

use super::letters;
use crate::{
    Error, Settings,
    ports::{
        AccessToken, Clock, Letter, MailError, MailJob, MailSubject, Mailer, Maintenance, Purpose,
        Store, TokenService, UnitOfWork,
    },
};

/// Sends mail that is due. Every node does it; each mail is one node's.
pub struct DeliverMail {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) maintenance: Arc<dyn Maintenance>,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) tokens: Arc<dyn TokenService>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Arc<Settings>,
}

impl DeliverMail {
    /// How many are taken at a time.
    const BATCH: u32 = 20;
    /// How long a mail is this node's: more than sending a batch may take, of which a
    /// mailer takes at most 40 seconds a letter.
    const LEASE: TimeDelta = TimeDelta::minutes(15);
    /// How often a mail is tried; over about eight hours.
    const ATTEMPTS: u32 = 14;
    /// How long the token that verifies an address is good.
    const VERIFICATION_LIFETIME: TimeDelta = TimeDelta::days(1);
    /// How long the token that sets a password is good.
    const RESET_LIFETIME: TimeDelta = TimeDelta::hours(1);

    /// Sends until nothing is due, and says how many letters went out.
    ///
    /// # Errors
    ///
    /// Failures of the store. A letter that is not taken is no error: it is
    /// tried again, later and later.
    #[tracing::instrument(level = "debug", name = "mail.deliver", skip_all)]
    pub async fn execute(&self) -> Result<usize, Error> {
        let mut sent = 0;
        while self.maintenance.mail_is_due(self.clock.now()).await? {
            let jobs = self.claim().await?;
            if jobs.is_empty() {
                // Another node was quicker.
                break;
            }
            for job in jobs {
                sent += usize::from(self.deliver(&job).await?);
            }
        }
        Ok(sent)
    }

    async fn claim(&self) -> Result<Vec<MailJob>, Error> {
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let jobs = work.mail_queue().claim(now, now + Self::LEASE, Self::BATCH).await?;
        work.commit().await?;
        Ok(jobs)
    }

    async fn deliver(&self, job: &MailJob) -> Result<bool, Error> {
        let Some(letter) = self.write(job).await? else {
            // Nobody is to get it any more.
            self.end(job).await?;
            return Ok(false);
        };
        match self.mailer.send(&letter).await {
            Ok(()) => {
                self.end(job).await?;
                Ok(true)
            }
            Err(error @ MailError::Unavailable(_)) if job.attempts < Self::ATTEMPTS => {
                let mut work = self.store.begin().await?;
                let due_at = self.clock.now() + pause_after(job.attempts);
                work.mail_queue().put_off(job.id, due_at).await?;
                work.commit().await?;
                tracing::warn!(%error, attempts = job.attempts, "a mail is tried again later");
                Ok(false)
            }
            Err(error) => {
                self.end(job).await?;
                tracing::error!(%error, attempts = job.attempts, "a mail is given up");
                Ok(false)
            }
        }
    }

    async fn end(&self, job: &MailJob) -> Result<(), Error> {
        let mut work = self.store.begin().await?;
        work.mail_queue().remove(job.id).await?;
        Ok(work.commit().await?)
    }

    /// Makes a token, stores its hash, and writes the letter; none when what it
    /// is about is no more.
    async fn write(&self, job: &MailJob) -> Result<Option<Letter>, Error> {
        let mut work = self.store.begin().await?;
        let letter = match &job.subject {
            MailSubject::Invitation(id) => self.invitation(&mut *work, *id).await?,
            MailSubject::EmailVerification(user) => self.verification(&mut *work, *user).await?,
            MailSubject::PasswordReset(email) => self.reset(&mut *work, email).await?,
        };
        work.commit().await?;
        Ok(letter)
    }

    async fn invitation(
        &self,
        work: &mut dyn UnitOfWork,
        id: InvitationId,
    ) -> Result<Option<Letter>, Error> {
        let now = self.clock.now();
        let found = work.invitations().get(id).await?;
        let Some(invitation) = found.filter(|invitation| invitation.is_open(now)) else {
            return Ok(None);
        };
        let organization = work.organizations().find(invitation.organization).await?;
        let living = organization.filter(|organization| organization.deleted_at.is_none());
        let Some(organization) = living else { return Ok(None) };
        let (token, hash) = self.tokens.issue();
        work.invitations().set_token(id, &hash).await?;
        let (name, links) = (organization.name.as_str(), &self.settings.mail_links);
        Ok(Some(letters::invitation(&invitation, name, &token, links)))
    }

    async fn verification(
        &self,
        work: &mut dyn UnitOfWork,
        id: UserId,
    ) -> Result<Option<Letter>, Error> {
        let found = work.users().lock(id).await?.map(|(user, _)| user);
        let unverified = found.filter(|user| user.is_active() && user.email_verified_at.is_none());
        let Some(user) = unverified else { return Ok(None) };
        let expires_at = self.clock.now() + Self::VERIFICATION_LIFETIME;
        let token = self.token(work, id, Purpose::EmailVerification, expires_at).await?;
        let links = &self.settings.mail_links;
        Ok(Some(letters::email_verification(&user.email, &token, expires_at, links)))
    }

    async fn reset(
        &self,
        work: &mut dyn UnitOfWork,
        email: &EmailAddress,
    ) -> Result<Option<Letter>, Error> {
        let found = work.users().lock_by_email(email).await?;
        let Some(user) = found.filter(User::is_active) else { return Ok(None) };
        let expires_at = self.clock.now() + Self::RESET_LIFETIME;
        let token = self.token(work, user.id, Purpose::PasswordReset, expires_at).await?;
        let links = &self.settings.mail_links;
        Ok(Some(letters::password_reset(&user.email, &token, expires_at, links)))
    }

    async fn token(
        &self,
        work: &mut dyn UnitOfWork,
        user: UserId,
        purpose: Purpose,
        expires_at: Timestamp,
    ) -> Result<AccessToken, Error> {
        let (token, hash) = self.tokens.issue();
        work.one_time_tokens().replace(user, purpose, &hash, expires_at).await?;
        Ok(token)
    }
}

/// Half a minute, doubled each time, an hour at most.
fn pause_after(attempts: u32) -> TimeDelta {
    let doubled = 30_i64.checked_shl(attempts.saturating_sub(1).min(16)).unwrap_or(i64::MAX);
    TimeDelta::seconds(doubled.min(3_600))
}

#[cfg(test)]
mod tests;
