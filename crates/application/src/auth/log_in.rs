//! Signing in with a password.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditActor, AuditEvent, EmailAddress, Origin, Password, Resource, UserStatus,
};

use super::{SignedIn, signed_in::SessionStarter};
use crate::{
    Error,
    ports::{
        AccountWithPassword, Clock, PasswordHash, PasswordHasher, SignInThrottle, Store,
        UserQueries, UserWithOrganization, Verification,
    },
};

/// An attempt to sign in.
#[derive(Debug, Clone)]
pub struct LogInCommand {
    /// Address of the account.
    pub email: EmailAddress,
    /// Its password, supposedly; none when what was given breaks the bounds of
    /// a password and so is nobody's.
    pub password: Option<Password>,
}

/// Signs a user in by address and password.
pub struct LogIn {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) users: Arc<dyn UserQueries>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) throttle: Arc<dyn SignInThrottle>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sessions: SessionStarter,
}

/// What became of credentials.
enum Attempt {
    /// They began a session.
    Admitted(Box<SignedIn>),
    /// They open no account. This is what they were meant for.
    Refused(Resource),
    /// They opened this account, but its hash is another one by now.
    Overtaken(Resource),
}

impl LogIn {
    /// Signs in. An address without an account, a wrong password and a
    /// deactivated account are one answer after the same work.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCredentials`], which is on the audit trail by then;
    /// [`Error::TooManyAttempts`], of which the first in a while is;
    /// [`Error::Overloaded`], failures of the store.
    #[tracing::instrument(level = "debug", name = "auth.log_in", skip_all)]
    pub async fn execute(&self, origin: &Origin, command: LogInCommand) -> Result<SignedIn, Error> {
        let email = &command.email;
        if let Err(refusal) = self.throttle.admit(origin.ip_address, Some(email)) {
            if refusal.is_first {
                self.record(origin, email, Resource::Installation, "throttled").await?;
            }
            return Err(Error::TooManyAttempts { retry_after: refusal.retry_after });
        }
        let mut attempt = self.attempt(origin, &command).await?;
        if matches!(attempt, Attempt::Overtaken(_)) {
            // Most likely by another sign-in that replaced an outdated hash.
            attempt = self.attempt(origin, &command).await?;
        }
        match attempt {
            Attempt::Admitted(signed_in) => Ok(*signed_in),
            Attempt::Refused(account) | Attempt::Overtaken(account) => {
                self.record(origin, email, account, "credentials").await?;
                Err(Error::InvalidCredentials)
            }
        }
    }

    async fn attempt(&self, origin: &Origin, command: &LogInCommand) -> Result<Attempt, Error> {
        let found = self.users.by_email(&command.email).await?;
        let hash = found.as_ref().map(|account| account.password.clone());
        let verification = match &command.password {
            Some(password) => self.hasher.verify(password, hash).await?,
            None => Verification::Mismatch,
        };
        let Some(found) = found else { return Ok(Attempt::Refused(Resource::Installation)) };
        let is_active = found.account.user.status == UserStatus::Active;
        let rehashed = match (verification, &command.password) {
            (Verification::MatchOutdated, Some(password)) if is_active => {
                Some(self.hasher.hash(password).await?)
            }
            (Verification::Match, _) if is_active => None,
            _ => return Ok(Attempt::Refused(Resource::User(found.account.user.id))),
        };
        self.admit(origin, found, rehashed).await
    }

    async fn admit(
        &self,
        origin: &Origin,
        found: AccountWithPassword,
        rehashed: Option<PasswordHash>,
    ) -> Result<Attempt, Error> {
        let (account, now) = (Resource::User(found.account.user.id), self.clock.now());
        let mut work = self.store.begin().await?;
        // The account may have been deactivated or its password changed while
        // the hash was computed.
        let current = work.users().lock(found.account.user.id).await?;
        let active = current.filter(|(user, _)| user.status == UserStatus::Active);
        let Some((mut user, password)) = active else { return Ok(Attempt::Refused(account)) };
        if password != found.password {
            return Ok(Attempt::Overtaken(account));
        }
        user.last_sign_in_at = Some(now);
        work.users().update(&user).await?;
        let (token, session) = self.sessions.begin(&mut *work, &user, origin, now).await?;
        let mut event = AuditEvent::new(
            self.sessions.ids.audit_event_id(),
            AuditActor::user(&user),
            Action::LoginSucceeded,
            Resource::Session(session.id),
            origin,
            now,
        );
        if let Some(password) = rehashed {
            work.users().set_password(user.id, &password).await?;
            event = event.with("rehashed", true);
        }
        work.audit_log().append(&event).await?;
        work.commit().await?;
        let account = UserWithOrganization { user, ..found.account };
        let signed_in = SignedIn { token, expires_in: session.expires_at - now, account };
        Ok(Attempt::Admitted(Box::new(signed_in)))
    }

    /// Records a refusal before it is told.
    async fn record(
        &self,
        origin: &Origin,
        email: &EmailAddress,
        resource: Resource,
        reason: &str,
    ) -> Result<(), Error> {
        let event = AuditEvent::new(
            self.sessions.ids.audit_event_id(),
            AuditActor::Anonymous,
            Action::LoginFailed,
            resource,
            origin,
            self.clock.now(),
        )
        .with("email", email)
        .with("reason", reason);
        let mut work = self.store.begin().await?;
        work.audit_log().append(&event).await?;
        Ok(work.commit().await?)
    }
}

#[cfg(test)]
mod tests;
