//! Invitations, to look at.

use std::sync::Arc;

use guildhall_domain::{
    Invitation, InvitationId, InvitationStatus, OrganizationId, Permission, Timestamp,
};

use crate::{
    Caller, Error, Page, PageRequest, Scope,
    organization::OrganizationReader,
    ports::{Clock, InvitationDetails, InvitationQueries, TokenService, invitation_cursor},
};

/// Shows invitations to those who manage members, and one to whoever holds it.
pub struct ListInvitations {
    pub(crate) reader: OrganizationReader,
    pub(crate) invitations: Arc<dyn InvitationQueries>,
    pub(crate) tokens: Arc<dyn TokenService>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl ListInvitations {
    /// A page of invitations, newest first, and the moment that their statuses
    /// are of.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`],
    /// [`Error::OrganizationSuspended`]; failures of the store.
    #[tracing::instrument(level = "debug", name = "invitation.list", skip_all)]
    pub async fn execute(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        status: Option<InvitationStatus>,
        request: PageRequest,
    ) -> Result<(Page<Invitation>, Timestamp), Error> {
        let scope = self.scope(caller, organization).await?;
        let now = self.clock.now();
        let rows = self.invitations.list(&scope, status, now, request.probe()).await?;
        Ok((Page::from_probe(rows, request.limit, invitation_cursor), now))
    }

    /// One invitation.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute), and [`Error::NotFound`] when the
    /// organization has none of that id.
    #[tracing::instrument(level = "debug", name = "invitation.get", skip_all)]
    pub async fn get(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        id: InvitationId,
    ) -> Result<(Invitation, Timestamp), Error> {
        let scope = self.scope(caller, organization).await?;
        let found = self.invitations.get(&scope, id).await?.ok_or(Error::NotFound)?;
        Ok((found, self.clock.now()))
    }

    async fn scope(&self, caller: &Caller, organization: OrganizationId) -> Result<Scope, Error> {
        let access = self.reader.access(caller, organization).await?;
        access.require_to_see(Permission::ManageMembers)
    }

    /// The invitation behind a token, to whoever holds that.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is no such invitation or it cannot be
    /// accepted any more; failures of the store.
    #[tracing::instrument(level = "debug", name = "invitation.show", skip_all)]
    pub async fn by_token(&self, presented: &str) -> Result<InvitationDetails, Error> {
        let token = self.tokens.hash(presented).ok_or(Error::NotFound)?;
        let found = self.invitations.by_token(&token).await?;
        found.filter(|details| details.invitation.is_open(self.clock.now())).ok_or(Error::NotFound)
    }
}
