//! The door that an invitation opens: into an organization, once, for whoever
//! has the invited address.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditActor, AuditEvent, Invitation, InvitationStatus, Membership, MembershipSource,
    Organization, OrganizationStatus, Origin, Resource, Timestamp, User,
};

use crate::{
    Error, Scope,
    organization::give_home,
    ports::{Addition, IdGenerator, StoreError, TokenService, UnitOfWork},
};

/// Lets people in by invitation, inside a unit of work.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) tokens: Arc<dyn TokenService>,
    pub(crate) ids: Arc<dyn IdGenerator>,
}

/// An invitation that was found by its token, its organization locked.
pub(crate) struct Entry {
    pub(crate) organization: Organization,
    pub(crate) invitation: Invitation,
    scope: Scope,
}

impl Door {
    /// Finds the invitation behind a token.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none that can be accepted, whatever
    /// became of it; [`Error::OrganizationSuspended`].
    pub(crate) async fn find(
        &self,
        work: &mut dyn UnitOfWork,
        presented: &str,
        now: Timestamp,
    ) -> Result<Entry, Error> {
        let token = self.tokens.hash(presented).ok_or(Error::NotFound)?;
        let organization = work.invitations().organization_of(&token).await?;
        let organization = organization.ok_or(Error::NotFound)?;
        let organization = work.organizations().lock_for_entrant(organization).await?;
        let organization = organization.ok_or(Error::NotFound)?;
        let scope = Scope::of_entrant(&organization);
        let invitation = work.invitations().find_by_token(&scope, &token).await?;
        let invitation =
            invitation.filter(|invitation| invitation.is_open(now)).ok_or(Error::NotFound)?;
        if organization.status == OrganizationStatus::Suspended {
            return Err(Error::OrganizationSuspended);
        }
        Ok(Entry { organization, invitation, scope })
    }

    /// Makes the user a member as the invitation says, and closes it. Whoever
    /// holds the token reads the mail of the address, so it is verified.
    ///
    /// # Errors
    ///
    /// [`Error::InvitationForAnother`] when the address is not the user's;
    /// [`Error::AlreadyMember`]; [`Error::QuotaExceeded`]; failures of the
    /// store. The invitation stays whole then.
    pub(crate) async fn admit(
        &self,
        work: &mut dyn UnitOfWork,
        user: &mut User,
        entry: &Entry,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Entry { organization, invitation, scope } = entry;
        if user.email != invitation.email {
            return Err(Error::InvitationForAnother);
        }
        let membership = Membership {
            organization: organization.id,
            user: user.id,
            role: invitation.role,
            source: MembershipSource::Invitation,
            joined_at: now,
            version: 1,
        };
        match work.memberships().insert(scope, &membership).await? {
            Addition::Added => {}
            Addition::AlreadyThere => return Err(Error::AlreadyMember),
            Addition::NoRoom(quota) => return Err(Error::QuotaExceeded(quota)),
            Addition::Closed => {
                let what = format!("a locked organization took no {}", user.id);
                return Err(StoreError::Failed(what).into());
            }
        }
        if user.verify_email(now) {
            work.users().update(user).await?;
        }
        give_home(work, user, organization, now).await?;
        let added = self
            .event(user, entry, Action::MemberAdded, Resource::User(user.id), origin, now)
            .with("role", membership.role.as_str())
            .with("source", membership.source.as_str());
        let accepted = Resource::Invitation(invitation.id);
        let accepted = self.event(user, entry, Action::InvitationAccepted, accepted, origin, now);
        self.close(work, entry, InvitationStatus::Accepted).await?;
        Ok(work.audit_log().append_all(&[accepted, added]).await?)
    }

    /// Closes the invitation.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    pub(crate) async fn close(
        &self,
        work: &mut dyn UnitOfWork,
        entry: &Entry,
        status: InvitationStatus,
    ) -> Result<(), Error> {
        let closed = entry.invitation.clone().close(status);
        Ok(work.invitations().update(&entry.scope, &closed).await?)
    }

    fn event(
        &self,
        user: &User,
        entry: &Entry,
        action: Action,
        resource: Resource,
        origin: &Origin,
        now: Timestamp,
    ) -> AuditEvent {
        let (id, actor) = (self.ids.audit_event_id(), AuditActor::user(user));
        AuditEvent::new(id, actor, action, resource, origin, now).of(&entry.organization)
    }
}
