//! Creating organizations by hand.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditEvent, DomainName, EmailAddress, ExternalId, Membership, MembershipSource,
    Metadata, Organization, OrganizationName, OrganizationRole, Resource, User, UserId, UserRole,
};

use super::{OrganizationEditor, domain_rule};
use crate::{
    Access, Caller, Error, Fault, Scope, Settings,
    idempotency::{Once, Outcome},
    ports::{Addition, Insertion, StoreError, UnitOfWork, UserQueries},
};

/// An organization to be created.
#[derive(Debug, Clone)]
pub struct CreateOrganizationCommand {
    /// Its name.
    pub name: OrganizationName,
    /// Its primary domain.
    pub domain: Option<DomainName>,
    /// Its id in another system.
    pub external_id: Option<ExternalId>,
    /// What is attached to it.
    pub metadata: Metadata,
    /// Who becomes its owner; the caller if nobody is named.
    pub owner: Option<OwnerReference>,
}

/// A user, by what is known of them.
#[derive(Debug, Clone)]
pub enum OwnerReference {
    /// By id.
    Id(UserId),
    /// By address.
    Email(EmailAddress),
}

/// Creates an organization with its first owner.
pub struct CreateOrganization {
    pub(crate) editor: OrganizationEditor,
    pub(crate) users: Arc<dyn UserQueries>,
    pub(crate) settings: Arc<Settings>,
}

impl CreateOrganization {
    /// Creates it.
    ///
    /// # Errors
    ///
    /// [`Error::Forbidden`] when the caller may create none, or names an owner
    /// without being a platform admin; [`Error::Invalid`] when the owner is
    /// unknown or deactivated, or the domain is not the caller's to claim;
    /// [`Error::OrganizationNameTaken`], [`Error::DomainTaken`],
    /// [`Error::ExternalIdTaken`], [`Error::IdempotencyKeyReused`]; failures of
    /// the store.
    #[tracing::instrument(level = "debug", name = "organization.create", skip_all)]
    pub async fn execute(
        &self,
        caller: &Caller,
        command: CreateOrganizationCommand,
        once: Once<'_, Access>,
    ) -> Result<Outcome<Access>, Error> {
        let is_admin = caller.user.role == UserRole::Admin;
        if !is_admin && (!self.settings.self_service || command.owner.is_some()) {
            return Err(Error::Forbidden("platform:admin"));
        }
        domain_rule::check(caller, command.domain.as_ref())?;
        let owner = self.owner(caller, command.owner.as_ref()).await?;

        let is_own = owner == caller.user.id;

        let now = self.editor.clock.now();
        let id = self.editor.ids.organization_id();
        let mut organization = Organization::new(id, command.name, command.domain, now);
        organization.external_id = command.external_id;
        organization.metadata = command.metadata;

        let mut work = self.editor.store.begin().await?;
        if let Some(answer) = once.claim(&mut *work, caller, now).await? {
            return Ok(Outcome::Repeated(answer));
        }
        let owner = super::active_user(&mut *work, owner).await?.ok_or_else(unknown_owner)?;
        self.insert(&mut *work, caller, &organization).await?;
        self.add_owner(&mut *work, caller, &organization, owner).await?;
        organization.users_count = 1;
        let role = is_own.then_some(OrganizationRole::Owner);
        // Nobody creates an organization that they may not know of.
        let access = Access::found(organization, caller.viewer(), role).ok_or(Error::NotFound)?;
        once.keep(&mut *work, caller, &access).await?;
        work.commit().await?;
        Ok(Outcome::Done(access))
    }

    async fn owner(
        &self,
        caller: &Caller,
        reference: Option<&OwnerReference>,
    ) -> Result<UserId, Error> {
        match reference {
            None => Ok(caller.user.id),
            Some(OwnerReference::Id(id)) => Ok(*id),
            Some(OwnerReference::Email(email)) => {
                let found = self.users.by_email(email).await?;
                found.map(|found| found.account.user.id).ok_or_else(unknown_owner)
            }
        }
    }

    async fn insert(
        &self,
        work: &mut dyn UnitOfWork,
        caller: &Caller,
        organization: &Organization,
    ) -> Result<(), Error> {
        if work.organizations().insert(organization).await? == Insertion::Conflict {
            return Err(super::conflict_of(work, organization).await?);
        }
        let scope = Scope::of_entrant(organization);
        let resource = Resource::Organization(organization.id);
        let mut event = self
            .editor
            .event(caller, &scope, Action::OrganizationCreated, resource)
            .with("name", &organization.name);
        if let Some(domain) = &organization.domain {
            event = event.with("domain", domain);
        }
        Ok(work.audit_log().append(&event).await?)
    }

    async fn add_owner(
        &self,
        work: &mut dyn UnitOfWork,
        caller: &Caller,
        organization: &Organization,
        mut user: User,
    ) -> Result<(), Error> {
        let scope = Scope::of_entrant(organization);
        let membership = Membership {
            organization: organization.id,
            user: user.id,
            role: OrganizationRole::Owner,
            source: MembershipSource::Administrator,
            joined_at: organization.created_at,
            version: 1,
        };
        let addition = work.memberships().insert(&scope, &membership).await?;
        if addition != Addition::Added {
            let what = format!("the addition of a first owner came to {addition:?}");
            return Err(StoreError::Failed(what).into());
        }
        super::give_home(work, &mut user, organization, organization.created_at).await?;
        Ok(work.audit_log().append(&self.added(caller, &scope, &user, &membership)).await?)
    }

    fn added(
        &self,
        caller: &Caller,
        scope: &Scope,
        user: &User,
        membership: &Membership,
    ) -> AuditEvent {
        self.editor
            .event(caller, scope, Action::MemberAdded, Resource::User(user.id))
            .with("role", membership.role.as_str())
            .with("source", membership.source.as_str())
    }
}

fn unknown_owner() -> Error {
    Error::Invalid(vec![Fault::of_field(
        "owner",
        "must be the id or the address of an active user",
    )])
}

#[cfg(test)]
mod tests;
