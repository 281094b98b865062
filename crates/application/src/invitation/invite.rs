//! Inviting people, one or many at once.

use std::{collections::HashSet, sync::Arc};

use guildhall_domain::{
    Action, AuditEvent, EmailAddress, Invitation, InvitationLifetime, OrganizationId,
    OrganizationRole, Permission, Quota, Resource, Standing, Timestamp,
};

use crate::{
    Access, Caller, Error, Scope, Settings,
    idempotency::{Once, Outcome},
    organization::OrganizationEditor,
    ports::{self, MailJob, MailSubject, UnitOfWork},
};

/// An invitation to be made.
#[derive(Debug, Clone)]
pub struct InviteCommand {
    /// To whom.
    pub email: EmailAddress,
    /// As what.
    pub role: OrganizationRole,
    /// For how long.
    pub lifetime: InvitationLifetime,
}

/// An invitation that was made.
#[derive(Debug)]
pub struct Invited {
    /// The invitation.
    pub invitation: Invitation,
    /// How much of the quota is used now.
    pub quota: Quota,
    /// When it was made.
    pub now: Timestamp,
}

/// What became of invitations that were to be made together.
#[derive(Debug)]
pub struct InviteOutcome {
    /// What became of each, in the order of the request.
    pub results: Vec<(EmailAddress, Result<Invitation, Error>)>,
    /// How much of the quota is used now.
    pub quota: Quota,
    /// When they were made.
    pub now: Timestamp,
}

/// Invites people to an organization.
pub struct Invite {
    pub(crate) editor: OrganizationEditor,
    pub(crate) settings: Arc<Settings>,
}

impl Invite {
    /// Makes each invitation that can be made, and says of the others why not.
    /// The mails go out once this is done.
    ///
    /// # Errors
    ///
    /// What concerns them all: [`Error::MailNotConfigured`],
    /// [`Error::NotFound`], [`Error::Forbidden`],
    /// [`Error::OrganizationSuspended`], [`Error::IdempotencyKeyReused`];
    /// failures of the store. What concerns one stands in its result:
    /// [`Error::Forbidden`] for a role above the caller's own,
    /// [`Error::AlreadyMember`], [`Error::AlreadyInvited`],
    /// [`Error::QuotaExceeded`].
    #[tracing::instrument(level = "debug", name = "invitation.invite", skip_all)]
    pub async fn execute(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        commands: Vec<InviteCommand>,
        once: Once<'_, InviteOutcome>,
    ) -> Result<Outcome<InviteOutcome>, Error> {
        self.run(caller, organization, commands, once, Ok).await
    }

    /// Makes one invitation.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute), and what concerns the one.
    #[tracing::instrument(level = "debug", name = "invitation.invite_one", skip_all)]
    pub async fn execute_one(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        command: InviteCommand,
        once: Once<'_, Invited>,
    ) -> Result<Outcome<Invited>, Error> {
        let conclude = |outcome: InviteOutcome| {
            let InviteOutcome { mut results, quota, now } = outcome;
            let (_, result) = results.pop().ok_or(Error::NotFound)?;
            Ok(Invited { invitation: result?, quota, now })
        };
        self.run(caller, organization, vec![command], once, conclude).await
    }

    /// Decides, concludes what is to be told of it, and then makes what is to
    /// be made.
    async fn run<T: Send + Sync>(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        commands: Vec<InviteCommand>,
        once: Once<'_, T>,
        conclude: impl FnOnce(InviteOutcome) -> Result<T, Error> + Send,
    ) -> Result<Outcome<T>, Error> {
        if !self.settings.sends_mail {
            return Err(Error::MailNotConfigured);
        }
        let now = self.editor.clock.now();
        let mut work = self.editor.store.begin().await?;
        if let Some(answer) = once.claim(&mut *work, caller, now).await? {
            return Ok(Outcome::Repeated(answer));
        }
        let access = self.editor.lock(&mut *work, caller, organization).await?;
        let scope = access.require(Permission::ManageMembers)?;

        let outcome = self.sort(&mut *work, caller, &access, &scope, commands, now).await?;
        let made = outcome.results.iter().filter_map(|(_, result)| result.as_ref().ok());
        let made: Vec<Invitation> = made.cloned().collect();
        let outcome = conclude(outcome)?;
        self.insert(&mut *work, caller, &scope, &made, now).await?;
        once.keep(&mut *work, caller, &outcome).await?;
        work.commit().await?;
        Ok(Outcome::Done(outcome))
    }

    /// Decides which invitations are made.
    async fn sort(
        &self,
        work: &mut dyn UnitOfWork,
        caller: &Caller,
        access: &Access,
        scope: &Scope,
        commands: Vec<InviteCommand>,
        now: Timestamp,
    ) -> Result<InviteOutcome, Error> {
        let emails: Vec<_> = commands.iter().map(|command| command.email.clone()).collect();
        let (mut members, mut invited) = (HashSet::new(), HashSet::new());
        for found in work.invitations().already_invited(scope, &emails, now).await? {
            match found {
                ports::Invited::Member(email) => members.insert(email.key().to_owned()),
                ports::Invited::Pending(email) => invited.insert(email.key().to_owned()),
            };
        }
        let open = work.invitations().count_open(scope, now).await?;
        let mut quota = access.organization().invitations_quota(open);

        let mut results = Vec::with_capacity(commands.len());
        for InviteCommand { email, role, lifetime } in commands {
            let result = if let Err(error) = access.require(Standing::needed_for(role)) {
                Err(error)
            } else if members.contains(email.key()) {
                Err(Error::AlreadyMember)
            } else if invited.contains(email.key()) {
                Err(Error::AlreadyInvited)
            } else if quota.has_room_for(1) {
                quota = quota.with(1);
                invited.insert(email.key().to_owned());
                let id = self.editor.ids.invitation_id();
                let (organization, by) = (scope.organization(), caller.user.id);
                let to = email.clone();
                Ok(Invitation::new(id, organization, to, role, lifetime, by, now))
            } else {
                Err(Error::QuotaExceeded(quota))
            };
            results.push((email, result));
        }
        Ok(InviteOutcome { results, quota, now })
    }

    async fn insert(
        &self,
        work: &mut dyn UnitOfWork,
        caller: &Caller,
        scope: &Scope,
        made: &[Invitation],
        now: Timestamp,
    ) -> Result<(), Error> {
        if made.is_empty() {
            return Ok(());
        }
        let mail: Vec<_> = made
            .iter()
            .map(|invitation| MailJob {
                id: self.editor.ids.uuid(),
                subject: MailSubject::Invitation(invitation.id),
                attempts: 0,
                queued_at: now,
            })
            .collect();
        let events: Vec<AuditEvent> = made
            .iter()
            .map(|invitation| {
                let resource = Resource::Invitation(invitation.id);
                self.editor
                    .event(caller, scope, Action::InvitationCreated, resource)
                    .with("email", &invitation.email)
                    .with("role", invitation.role.as_str())
            })
            .collect();
        work.invitations().insert(scope, made).await?;
        work.mail_queue().enqueue(&mail).await?;
        Ok(work.audit_log().append_all(&events).await?)
    }
}

#[cfg(test)]
mod tests;
