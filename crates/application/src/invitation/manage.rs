//! Sending invitations again, and taking them back.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditEvent, Invitation, InvitationId, InvitationLifetime, InvitationStatus,
    OrganizationId, Permission, Resource, Standing, Timestamp,
};

use crate::{
    Access, Caller, Error, ExpectedVersion, Scope, Settings,
    organization::OrganizationEditor,
    ports::{MailJob, MailSubject, UnitOfWork},
};

/// Changes invitations that were made.
pub struct ManageInvitation {
    pub(crate) editor: OrganizationEditor,
    pub(crate) settings: Arc<Settings>,
}

/// An invitation in a unit of work in which its organization is locked.
struct Opened {
    work: Box<dyn UnitOfWork>,
    access: Access,
    scope: Scope,
    invitation: Invitation,
    now: Timestamp,
}

impl ManageInvitation {
    /// Sends an invitation again, expired or not. It gets another token, and a
    /// week from now.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`],
    /// [`Error::OrganizationSuspended`]; [`Error::InvitationClosed`] when it was
    /// accepted, declined or revoked; [`Error::QuotaExceeded`] when it had
    /// expired and there is no room for another;
    /// [`Error::MailNotConfigured`]; failures of the store.
    #[tracing::instrument(level = "debug", name = "invitation.resend", skip_all)]
    pub async fn resend(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        id: InvitationId,
    ) -> Result<(Invitation, Timestamp), Error> {
        if !self.settings.sends_mail {
            return Err(Error::MailNotConfigured);
        }
        let opened = self.open(caller, organization, id).await?;
        let Opened { mut work, access, scope, invitation, now } = opened;
        if !invitation.is_open(now) {
            let open = work.invitations().count_open(&scope, now).await?;
            let quota = access.organization().invitations_quota(open);
            if !quota.has_room_for(1) {
                return Err(Error::QuotaExceeded(quota));
            }
        }
        let renewed = invitation.renew(InvitationLifetime::default(), now);
        let job = MailJob {
            id: self.editor.ids.uuid(),
            subject: MailSubject::Invitation(id),
            attempts: 0,
            queued_at: now,
        };
        work.mail_queue().enqueue(std::slice::from_ref(&job)).await?;
        let event = self.event(caller, &scope, Action::InvitationResent, id);
        commit(work, &scope, renewed, event, now).await
    }

    /// Takes an invitation back; its token is dead from then on.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`],
    /// [`Error::OrganizationSuspended`], [`Error::VersionMismatch`];
    /// [`Error::InvitationClosed`] when it was accepted, declined or revoked;
    /// failures of the store.
    #[tracing::instrument(level = "debug", name = "invitation.revoke", skip_all)]
    pub async fn revoke(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        id: InvitationId,
        expected: &ExpectedVersion,
    ) -> Result<(), Error> {
        let opened = self.open(caller, organization, id).await?;
        let Opened { work, scope, invitation, now, .. } = opened;
        expected.check(invitation.version)?;
        let revoked = invitation.close(InvitationStatus::Revoked);
        let event = self.event(caller, &scope, Action::InvitationRevoked, id);
        commit(work, &scope, revoked, event, now).await?;
        Ok(())
    }

    async fn open(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        id: InvitationId,
    ) -> Result<Opened, Error> {
        let (mut work, access) = self.editor.open(caller, organization).await?;
        let scope = access.require(Permission::ManageMembers)?;
        let found = work.invitations().find(&scope, id).await?;
        let invitation = found.ok_or(Error::NotFound)?;
        access.require(Standing::needed_for(invitation.role))?;
        if invitation.status != InvitationStatus::Pending {
            return Err(Error::InvitationClosed);
        }
        Ok(Opened { work, access, scope, invitation, now: self.editor.clock.now() })
    }

    fn event(
        &self,
        caller: &Caller,
        scope: &Scope,
        action: Action,
        id: InvitationId,
    ) -> AuditEvent {
        self.editor.event(caller, scope, action, Resource::Invitation(id))
    }
}

async fn commit(
    mut work: Box<dyn UnitOfWork>,
    scope: &Scope,
    invitation: Invitation,
    event: AuditEvent,
    now: Timestamp,
) -> Result<(Invitation, Timestamp), Error> {
    work.invitations().update(scope, &invitation).await?;
    work.audit_log().append(&event).await?;
    work.commit().await?;
    Ok((invitation, now))
}

#[cfg(test)]
mod tests;
