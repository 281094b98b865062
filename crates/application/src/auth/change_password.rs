//! Changing one's own password.

use std::sync::Arc;

use guildhall_domain::{Action, AuditEvent, Password, Resource, UserStatus};

use super::NewPassword;
use crate::{
    Caller, Error, Fault,
    ports::{
        Clock, IdGenerator, PasswordHasher, Refusal, SignInThrottle, Store, UserQueries,
        Verification,
    },
};

/// A change of password.
#[derive(Debug, Clone)]
pub struct ChangePasswordCommand {
    /// The password that the account has.
    pub current: Password,
    /// The password that it is to have.
    pub new: NewPassword,
}

/// Changes the caller's password and ends every other session of theirs.
pub struct ChangePassword {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) users: Arc<dyn UserQueries>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) throttle: Arc<dyn SignInThrottle>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
}

impl ChangePassword {
    /// Changes it.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the current password is wrong, which is on the
    /// audit trail by then, or the new one is the address;
    /// [`Error::NotAuthenticated`] when the account was deactivated meanwhile;
    /// [`Error::TooManyAttempts`], [`Error::Overloaded`], failures of the store.
    #[tracing::instrument(level = "debug", name = "auth.change_password", skip_all)]
    pub async fn execute(
        &self,
        caller: &Caller,
        command: ChangePasswordCommand,
    ) -> Result<(), Error> {
        command
            .new
            .check_against(&caller.user.email)
            .map_err(|error| Error::Invalid(vec![Fault::of_field("new_password", error)]))?;
        self.throttle
            .admit(caller.origin.ip_address, Some(&caller.user.email))
            .map_err(|Refusal { retry_after, .. }| Error::TooManyAttempts { retry_after })?;
        let user = caller.user.id;
        let hash = self.users.password_of(user).await?;
        if self.hasher.verify(&command.current, hash.clone()).await? == Verification::Mismatch {
            return self.refuse(caller).await;
        }
        let password = self.hasher.hash(command.new.as_password()).await?;

        let mut work = self.store.begin().await?;
        // The account may have been deactivated or its password changed while
        // the hashes were computed.
        let current = work.users().lock(user).await?;
        let active = current.filter(|(user, _)| user.status == UserStatus::Active);
        let Some((_, current)) = active else { return Err(Error::NotAuthenticated) };
        if hash != Some(current) {
            drop(work);
            return self.refuse(caller).await;
        }
        work.users().set_password(user, &password).await?;
        let ended = work.sessions().remove_others(user, caller.session.id).await?;
        let event = self.event(caller, Action::PasswordChanged).with("sessions_ended", ended.len());
        work.audit_log().append(&event).await?;
        Ok(work.commit().await?)
    }

    /// Records the refusal before it is told.
    async fn refuse(&self, caller: &Caller) -> Result<(), Error> {
        let mut work = self.store.begin().await?;
        work.audit_log().append(&self.event(caller, Action::PasswordChangeFailed)).await?;
        work.commit().await?;
        let fault = Fault::of_field("current_password", "is not the account's password");
        Err(Error::Invalid(vec![fault]))
    }

    fn event(&self, caller: &Caller, action: Action) -> AuditEvent {
        AuditEvent::new(
            self.ids.audit_event_id(),
            caller.audit_actor(),
            action,
            Resource::User(caller.user.id),
            &caller.origin,
            self.clock.now(),
        )
    }
}

#[cfg(test)]
mod tests;
