//! Making platform admins.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditActor, AuditEvent, EmailAddress, OrganizationName, Origin, PersonName, Resource,
    User, UserRole,
};

use crate::{
    Error, Fault,
    auth::NewPassword,
    ports::{Clock, IdGenerator, Insertion, PasswordHash, PasswordHasher, Store, UnitOfWork},
};

/// A platform admin to be made.
#[derive(Debug, Clone)]
pub struct CreateAdminCommand {
    /// Address of the account.
    pub email: EmailAddress,
    /// Its password.
    pub password: NewPassword,
    /// The person's name.
    pub name: PersonName,
    /// What stands in the account's `organization` field until it has a home.
    pub organization: Option<OrganizationName>,
}

/// Makes a platform admin, from the command line or at the first start.
pub struct CreateAdmin {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
}

impl CreateAdmin {
    /// Makes the account.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the password is the address,
    /// [`Error::EmailTaken`], failures of the hasher and of the store.
    #[tracing::instrument(level = "debug", name = "admin.create", skip_all)]
    pub async fn execute(&self, command: CreateAdminCommand) -> Result<User, Error> {
        let password = self.hash(&command).await?;
        let mut work = self.store.begin().await?;
        let user = self.insert(&mut *work, command, &password).await?;
        work.commit().await?;
        Ok(user)
    }

    /// Makes the account if the installation has no platform admin yet. Of
    /// several nodes that start at once, one makes it.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute). [`Error::EmailTaken`] means an account
    /// that is no platform admin's, and stays so.
    #[tracing::instrument(level = "debug", name = "admin.ensure_first", skip_all)]
    pub async fn ensure_first(&self, command: CreateAdminCommand) -> Result<Option<User>, Error> {
        let mut work = self.store.begin().await?;
        if work.users().any_admin_exists().await? {
            return Ok(None);
        }
        drop(work);
        let password = self.hash(&command).await?;
        let mut work = self.store.begin().await?;
        work.installation().lock().await?;
        if work.users().any_admin_exists().await? {
            return Ok(None);
        }
        let user = self.insert(&mut *work, command, &password).await?;
        work.commit().await?;
        Ok(Some(user))
    }

    async fn hash(&self, command: &CreateAdminCommand) -> Result<PasswordHash, Error> {
        command
            .password
            .check_against(&command.email)
            .map_err(|error| Error::Invalid(vec![Fault::of_field("password", error)]))?;
        Ok(self.hasher.hash(command.password.as_password()).await?)
    }

    async fn insert(
        &self,
        work: &mut dyn UnitOfWork,
        command: CreateAdminCommand,
        password: &PasswordHash,
    ) -> Result<User, Error> {
        let (id, now) = (self.ids.user_id(), self.clock.now());
        let mut user = User::new(id, command.email, command.name, UserRole::Admin, now);
        user.intended_organization = command.organization;
        // The operator answers for it.
        user.email_verified_at = Some(now);
        if work.users().insert(&user, password).await? == Insertion::Conflict {
            return Err(Error::EmailTaken);
        }
        let event = AuditEvent::new(
            self.ids.audit_event_id(),
            AuditActor::System,
            Action::UserCreated,
            Resource::User(user.id),
            &Origin::default(),
            now,
        )
        .with("role", user.role.as_str());
        work.audit_log().append(&event).await?;
        Ok(user)
    }
}

#[cfg(test)]
mod tests;
