//! Signing in with a password.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditActor, AuditEvent, EmailAddress, Origin, Password, Resource, Timestamp, UserStatus,
};

use super::{SignedIn, signed_in::SessionStarter};
use crate::{
    Error,
    ports::{
        AccountWithPassword, Clock, PasswordHasher, SignInThrottle, Store, UserQueries,
        UserWithOrganization, Verification,
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

impl LogIn {
    /// Signs in. An address without an account, a wrong password and a
    /// deactivated account are one answer after the same work.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCredentials`], which is on the audit trail by then;
    /// [`Error::TooManyAttempts`], [`Error::Overloaded`], failures of the store.
    #[tracing::instrument(name = "auth.log_in", skip_all)]
    pub async fn execute(&self, origin: &Origin, command: LogInCommand) -> Result<SignedIn, Error> {
        self.throttle
            .admit(origin.ip_address, Some(&command.email))
            .map_err(|retry_after| Error::TooManyAttempts { retry_after })?;
        let found = self.users.by_email(&command.email).await?;
        let hash = found.as_ref().map(|account| account.password.clone());
        let verification = match &command.password {
            Some(password) => self.hasher.verify(password, hash).await?,
            None => Verification::Mismatch,
        };
        let now = self.clock.now();
        match found {
            Some(found)
                if verification != Verification::Mismatch
                    && found.account.user.status == UserStatus::Active =>
            {
                self.admit(origin, command, found, verification, now).await
            }
            found => self.refuse(origin, &command.email, found, now).await,
        }
    }

    async fn admit(
        &self,
        origin: &Origin,
        command: LogInCommand,
        found: AccountWithPassword,
        verification: Verification,
        now: Timestamp,
    ) -> Result<SignedIn, Error> {
        let rehashed = match (verification, &command.password) {
            (Verification::MatchOutdated, Some(password)) => {
                Some(self.hasher.hash(password).await?)
            }
            _ => None,
        };
        let mut work = self.store.begin().await?;
        // The account may have been deactivated or its password changed while
        // the hash was computed.
        let current = work.users().lock(found.account.user.id).await?;
        let unchanged = current.filter(|(user, password)| {
            user.status == UserStatus::Active && *password == found.password
        });
        let Some((mut user, _)) = unchanged else {
            drop(work);
            return self.refuse(origin, &command.email, Some(found), now).await;
        };
        if let Some(password) = &rehashed {
            work.users().set_password(user.id, password).await?;
        }
        user.last_sign_in_at = Some(now);
        work.users().update(&user).await?;
        let (token, session) = self.sessions.begin(&mut *work, user.id, origin, now).await?;
        let event = AuditEvent::new(
            self.sessions.ids.audit_event_id(),
            AuditActor::user(&user),
            Action::LoginSucceeded,
            Resource::Session(session.id),
            origin,
            now,
        );
        work.audit_log().append(&event).await?;
        work.commit().await?;
        let account = UserWithOrganization { user, ..found.account };
        Ok(SignedIn { token, expires_in: session.expires_at - now, account })
    }

    async fn refuse(
        &self,
        origin: &Origin,
        email: &EmailAddress,
        found: Option<AccountWithPassword>,
        now: Timestamp,
    ) -> Result<SignedIn, Error> {
        let resource =
            found.map_or(Resource::Installation, |found| Resource::User(found.account.user.id));
        let event = AuditEvent::new(
            self.sessions.ids.audit_event_id(),
            AuditActor::Anonymous,
            Action::LoginFailed,
            resource,
            origin,
            now,
        )
        .with("email", email);
        let mut work = self.store.begin().await?;
        work.audit_log().append(&event).await?;
        work.commit().await?;
        Err(Error::InvalidCredentials)
    }
}

#[cfg(test)]
mod tests;
