//! Changing users, and whether they may sign in.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditEvent, PersonName, Resource, User, UserId, UserRole, UserStatus,
};

use crate::{
    Caller, Error, ExpectedVersion,
    ports::{
        Clock, IdGenerator, Purpose, Store, StoreError, UnitOfWork, UserQueries,
        UserWithOrganization,
    },
};

/// Changes to a user: the fields that are named.
#[derive(Debug, Clone, Default)]
pub struct UserPatch {
    /// The name.
    pub name: Option<PersonName>,
    /// The role in the whole installation.
    pub role: Option<UserRole>,
}

/// Opens units of work on one user.
#[derive(Clone)]
pub(crate) struct UserEditor {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) users: Arc<dyn UserQueries>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
}

impl UserEditor {
    /// The user, if the caller may know of them and is a platform admin, or,
    /// where that is enough, the user themselves.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Forbidden`].
    pub(crate) async fn require(
        &self,
        caller: &Caller,
        id: UserId,
        or_oneself: bool,
    ) -> Result<UserWithOrganization, Error> {
        let found = self.users.get(caller.viewer(), id).await?.ok_or(Error::NotFound)?;
        let is_admin = caller.user.role == UserRole::Admin;
        if is_admin || (or_oneself && id == caller.user.id) {
            Ok(found)
        } else {
            Err(Error::Forbidden("platform:admin"))
        }
    }

    /// An event about a user.
    pub(crate) fn event(&self, caller: &Caller, action: Action, user: UserId) -> AuditEvent {
        AuditEvent::new(
            self.ids.audit_event_id(),
            caller.audit_actor(),
            action,
            Resource::User(user),
            &caller.origin,
            self.clock.now(),
        )
    }
}

/// Refuses what would leave the platform without an administrator who may sign
/// in. The installation is locked, so nobody else takes one away meanwhile.
pub(super) async fn keep_an_admin(work: &mut dyn UnitOfWork, user: &User) -> Result<(), Error> {
    let is_admin = user.role == UserRole::Admin && user.is_active();
    if is_admin && !work.users().another_admin_exists(user.id).await? {
        return Err(Error::LastAdmin);
    }
    Ok(())
}

/// Changes users.
pub struct ChangeUser {
    pub(crate) editor: UserEditor,
}

impl ChangeUser {
    /// Changes what the patch names. Everybody may change their own name.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Forbidden`] when the user is somebody else,
    /// or the role is to change, and the caller is no platform admin;
    /// [`Error::VersionMismatch`], [`Error::LastAdmin`]; failures of the store.
    #[tracing::instrument(level = "debug", name = "user.change", skip_all)]
    pub async fn execute(
        &self,
        caller: &Caller,
        id: UserId,
        expected: &ExpectedVersion,
        patch: UserPatch,
    ) -> Result<UserWithOrganization, Error> {
        let found = self.editor.require(caller, id, patch.role.is_none()).await?;
        let fields = [("name", patch.name.is_some()), ("role", patch.role.is_some())];
        let fields: Vec<_> = fields.iter().filter(|(_, named)| *named).map(|(f, _)| *f).collect();
        let change = |user: &mut User| {
            user.name = patch.name.unwrap_or_else(|| user.name.clone());
            user.role = patch.role.unwrap_or(user.role);
        };
        let event =
            self.editor.event(caller, Action::UserUpdated, id).with("fields", fields.join(","));
        self.commit(found, expected, event, change).await
    }

    /// Keeps a user from signing in, and ends every session of theirs.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Forbidden`] unless the caller is a platform
    /// admin; [`Error::LastAdmin`]; failures of the store.
    #[tracing::instrument(level = "debug", name = "user.deactivate", skip_all)]
    pub async fn deactivate(
        &self,
        caller: &Caller,
        id: UserId,
    ) -> Result<UserWithOrganization, Error> {
        let found = self.editor.require(caller, id, false).await?;
        let event = self.editor.event(caller, Action::UserDeactivated, id);
        let change = |user: &mut User| user.status = UserStatus::Deactivated;
        self.commit(found, &ExpectedVersion::Any, event, change).await
    }

    /// Lets a deactivated user sign in again.
    ///
    /// # Errors
    ///
    /// As [`deactivate`](Self::deactivate).
    #[tracing::instrument(level = "debug", name = "user.activate", skip_all)]
    pub async fn activate(
        &self,
        caller: &Caller,
        id: UserId,
    ) -> Result<UserWithOrganization, Error> {
        let found = self.editor.require(caller, id, false).await?;
        let event = self.editor.event(caller, Action::UserActivated, id);
        let change = |user: &mut User| user.status = UserStatus::Active;
        self.commit(found, &ExpectedVersion::Any, event, change).await
    }

    /// Changes a user and records it; does nothing where nothing changes.
    async fn commit(
        &self,
        found: UserWithOrganization,
        expected: &ExpectedVersion,
        mut event: AuditEvent,
        change: impl FnOnce(&mut User) + Send,
    ) -> Result<UserWithOrganization, Error> {
        let mut work = self.editor.store.begin().await?;
        // Before the user: whoever takes an admin away comes after another.
        work.installation().lock().await?;
        let locked = work.users().lock(found.user.id).await?;
        let (before, _) = locked.ok_or(Error::NotFound)?;
        expected.check(before.version)?;
        let mut after = before.clone();
        if !after.change(self.editor.clock.now(), change) {
            return Ok(UserWithOrganization { user: before, ..found });
        }
        if after.role != UserRole::Admin || !after.is_active() {
            keep_an_admin(&mut *work, &before).await?;
        }
        work.users().update(&after).await?;
        if !after.is_active() {
            let ended = self.shut_out(&mut *work, &after).await?;
            event = event.with("sessions_ended", ended);
        }
        work.audit_log().append(&event).await?;
        work.commit().await?;
        Ok(UserWithOrganization { user: after, ..found })
    }

    /// Ends whatever a user could come in by, and says how many sessions that
    /// were.
    async fn shut_out(&self, work: &mut dyn UnitOfWork, user: &User) -> Result<usize, StoreError> {
        for purpose in Purpose::ALL {
            work.one_time_tokens().revoke(user.id, purpose).await?;
        }
        work.sessions().remove_all(user.id).await
    }
}

#[cfg(test)]
mod tests;
