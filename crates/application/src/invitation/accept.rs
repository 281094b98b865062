//! Accepting and declining invitations.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditActor, AuditEvent, InvitationStatus, Organization, OrganizationRole, Origin,
    Resource,
};

use super::Door;
use crate::{
    Caller, Error,
    organization::active_user,
    ports::{Clock, Store},
};

/// What an accepted invitation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedInvitation {
    /// The organization that the user is a member of now.
    pub organization: Organization,
    /// As what.
    pub role: OrganizationRole,
}

/// Accepts invitations.
pub struct AcceptInvitation {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) door: Door,
}

impl AcceptInvitation {
    /// Makes the caller a member of the organization that the invitation with
    /// that token is to.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is no such invitation or it cannot be
    /// accepted any more; [`Error::InvitationForAnother`] when it is for another
    /// address, [`Error::AlreadyMember`], [`Error::QuotaExceeded`],
    /// [`Error::OrganizationSuspended`]: it stays whole then; failures of the
    /// store.
    #[tracing::instrument(level = "debug", name = "invitation.accept", skip_all)]
    pub async fn execute(
        &self,
        caller: &Caller,
        presented: &str,
    ) -> Result<AcceptedInvitation, Error> {
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let entry = self.door.find(&mut *work, presented, now).await?;
        let user = active_user(&mut *work, caller.user.id).await?;
        let mut user = user.ok_or(Error::NotAuthenticated)?;
        self.door.admit(&mut *work, &mut user, &entry, &caller.origin, now).await?;
        work.commit().await?;
        Ok(AcceptedInvitation { role: entry.invitation.role, organization: entry.organization })
    }
}

/// Declines invitations.
pub struct DeclineInvitation {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) door: Door,
}

impl DeclineInvitation {
    /// Closes the invitation with that token, for whoever holds it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is no such invitation or it cannot be
    /// accepted any more; failures of the store.
    #[tracing::instrument(level = "debug", name = "invitation.decline", skip_all)]
    pub async fn execute(&self, origin: &Origin, presented: &str) -> Result<(), Error> {
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let entry = self.door.find(&mut *work, presented, now).await?;
        self.door.close(&mut *work, &entry, InvitationStatus::Declined).await?;
        let event = AuditEvent::new(
            self.door.ids.audit_event_id(),
            AuditActor::Anonymous,
            Action::InvitationDeclined,
            Resource::Invitation(entry.invitation.id),
            origin,
            now,
        )
        .of(&entry.organization);
        work.audit_log().append(&event).await?;
        Ok(work.commit().await?)
    }
}

#[cfg(test)]
mod tests;
