//! What every change of an organization, or of what belongs to it, begins and
//! ends with.

use std::sync::Arc;

use guildhall_domain::{Action, AuditEvent, OrganizationId, Resource};

use crate::{
    Access, Caller, Error, Scope,
    ports::{Clock, IdGenerator, Store, UnitOfWork},
};

/// Opens units of work on one organization.
#[derive(Clone)]
pub(crate) struct OrganizationEditor {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
}

impl OrganizationEditor {
    /// Begins a unit of work in which the organization is locked, and says what
    /// the caller is to it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when the caller may not know of it.
    pub(crate) async fn open(
        &self,
        caller: &Caller,
        id: OrganizationId,
    ) -> Result<(Box<dyn UnitOfWork>, Access), Error> {
        let mut work = self.store.begin().await?;
        let access = self.lock(&mut *work, caller, id).await?;
        Ok((work, access))
    }

    /// The same in a unit of work that was begun.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub(crate) async fn lock(
        &self,
        work: &mut dyn UnitOfWork,
        caller: &Caller,
        id: OrganizationId,
    ) -> Result<Access, Error> {
        work.organizations().lock(caller.viewer(), id).await?.ok_or(Error::NotFound)
    }

    /// An event of the organization's trail.
    pub(crate) fn event(
        &self,
        caller: &Caller,
        scope: &Scope,
        action: Action,
        resource: Resource,
    ) -> AuditEvent {
        let (id, now) = (self.ids.audit_event_id(), self.clock.now());
        let actor = caller.audit_actor();
        let mut event = AuditEvent::new(id, actor, action, resource, &caller.origin, now);
        event.organization = Some(scope.organization());
        event
    }
}
