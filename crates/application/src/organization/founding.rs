//! How organizations come to be, inside the unit of work of whoever causes it.

use std::sync::Arc;

use guildhall_domain::{
    Action, AuditActor, AuditEvent, DefaultOrganizationPlan, DomainName, Membership,
    MembershipSource, Organization, OrganizationName, OrganizationRole, OrganizationStatus, Origin,
    Resource, Timestamp, User, Workspace, WorkspaceName,
};

use crate::{
    Error, Scope, Settings,
    ports::{Addition, IdGenerator, Insertion, StoreError, UnitOfWork},
};

/// What a registrant finds.
pub(crate) enum Admission {
    /// An organization that has just been founded for them.
    Founded(Organization),
    /// The default organization, which takes everybody.
    Default(Organization),
    /// An organization of others.
    Existing(Organization),
}

/// Founds organizations.
#[derive(Clone)]
pub(crate) struct Founder {
    pub(crate) ids: Arc<dyn IdGenerator>,
    pub(crate) settings: Arc<Settings>,
}

impl Founder {
    /// A name or domain can be taken between looking and founding; each further
    /// round sees what the last one lost to. Several rounds lost in a row mean
    /// that something is wrong.
    const ROUNDS: u32 = 8;

    /// Finds the organization of that name or founds it, with the domain of
    /// the founder's address if it can have that.
    pub(crate) async fn found_or_find(
        &self,
        work: &mut dyn UnitOfWork,
        founder: &User,
        name: &OrganizationName,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Admission, Error> {
        let domain = founder.email.domain();
        let wanted = (!domain.is_public_mail_domain()).then_some(domain);
        for _ in 0..Self::ROUNDS {
            if let Some(existing) = work.organizations().find_by_name(name).await? {
                let is_open =
                    existing.deleted_at.is_none() && existing.status == OrganizationStatus::Active;
                return if is_open {
                    Ok(Admission::Existing(existing))
                } else {
                    Err(Error::OrganizationNameTaken)
                };
            }
            if let Some(founded) = self.found(work, founder, name, wanted, origin, now).await? {
                return Ok(Admission::Founded(founded));
            }
        }
        Err(super::contended())
    }

    /// Finds the default organization or founds it.
    pub(crate) async fn default_organization(
        &self,
        work: &mut dyn UnitOfWork,
        founder: &User,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Admission, Error> {
        let installation = work.installation().lock().await?;
        if let Some(id) = installation.default_organization {
            let found = work.organizations().find(id).await?;
            let missing =
                || StoreError::Failed(format!("the default organization {id} is missing"));
            let default = found.ok_or_else(missing)?;
            return match default.status {
                OrganizationStatus::Active => Ok(Admission::Default(default)),
                OrganizationStatus::Suspended => Err(Error::RegistrationClosed(
                    "The default organization is suspended. Name another one.",
                )),
            };
        }
        let policy = &self.settings.default_organization;
        let mut distinction = None;
        for _ in 0..Self::ROUNDS {
            let Some(plan) = policy.on_unnamed_registration(false, distinction) else { break };
            if let Some(founded) = self.found_default(work, founder, &plan, origin, now).await? {
                return Ok(Admission::Founded(founded));
            }
            // A name that is free means a domain that is not, and the next round
            // does without that.
            if work.organizations().find_by_name(&plan.name).await?.is_some() {
                let [.., a, b, c, d] = self.ids.uuid().into_bytes();
                distinction = Some(u32::from_be_bytes([a, b, c, d]));
            }
        }
        Err(super::contended())
    }

    /// Founds a default organization by plan, workspaces and all, and names it
    /// as the installation's. The caller holds the lock on the installation.
    /// None when its name is taken, or when its domain was meanwhile.
    pub(crate) async fn found_default(
        &self,
        work: &mut dyn UnitOfWork,
        founder: &User,
        plan: &DefaultOrganizationPlan,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Option<Organization>, Error> {
        let organization =
            self.found(work, founder, &plan.name, Some(&plan.domain), origin, now).await?;
        let Some(mut organization) = organization else { return Ok(None) };
        work.installation().set_default_organization(organization.id).await?;
        organization.workspaces_count = plan.workspaces;

        let workspaces: Vec<_> = (1..=plan.workspaces)
            .map(|number| {
                let name = WorkspaceName::numbered(number);
                Workspace::new(self.ids.workspace_id(), organization.id, name, now)
            })
            .collect();
        let scope = Scope::of_entrant(&organization);
        let addition = work.workspaces().insert(&scope, &workspaces).await?;
        if addition != Addition::Added {
            return Err(unexpected("workspaces of a new organization", addition));
        }
        let event = self
            .event(founder, Action::WorkspacesAllocated, &organization, origin, now)
            .with("count", plan.workspaces);
        work.audit_log().append(&event).await?;
        Ok(Some(organization))
    }

    /// Adds a member and records it.
    #[expect(
        clippy::too_many_arguments,
        reason = "who, where, as what, how, and the request's two"
    )]
    pub(crate) async fn add_member(
        &self,
        work: &mut dyn UnitOfWork,
        user: &User,
        organization: &Organization,
        role: OrganizationRole,
        source: MembershipSource,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<(), Error> {
        let membership = Membership {
            organization: organization.id,
            user: user.id,
            role,
            source,
            joined_at: now,
            version: 1,
        };
        match work.memberships().insert(&Scope::of_entrant(organization), &membership).await? {
            Addition::Added => {}
            // How much an organization may use is not a stranger's to know.
            Addition::NoRoom(_) => return Err(Error::OrganizationNameTaken),
            // Deleted or suspended since it was looked at.
            Addition::Closed => return Err(super::contended()),
            addition @ Addition::AlreadyThere => {
                return Err(unexpected("a new membership", addition));
            }
        }
        let mut event = self.event(user, Action::MemberAdded, organization, origin, now);
        event.resource = Resource::User(user.id);
        let event = event.with("role", role.as_str()).with("source", source.as_str());
        Ok(work.audit_log().append(&event).await?)
    }

    /// Adds an organization and records it; none when name or domain were
    /// taken meanwhile.
    async fn found(
        &self,
        work: &mut dyn UnitOfWork,
        founder: &User,
        name: &OrganizationName,
        domain: Option<&DomainName>,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Option<Organization>, Error> {
        let domain = match domain {
            Some(domain) if !work.organizations().domain_is_taken(domain).await? => Some(domain),
            _ => None,
        };
        let id = self.ids.organization_id();
        let organization = Organization::new(id, name.clone(), domain.cloned(), now);
        if work.organizations().insert(&organization).await? == Insertion::Conflict {
            return Ok(None);
        }
        let mut event = self
            .event(founder, Action::OrganizationCreated, &organization, origin, now)
            .with("name", name);
        if let Some(domain) = domain {
            event = event.with("domain", domain);
        }
        work.audit_log().append(&event).await?;
        Ok(Some(organization))
    }

    fn event(
        &self,
        actor: &User,
        action: Action,
        organization: &Organization,
        origin: &Origin,
        now: Timestamp,
    ) -> AuditEvent {
        AuditEvent::new(
            self.ids.audit_event_id(),
            AuditActor::user(actor),
            action,
            Resource::Organization(organization.id),
            origin,
            now,
        )
        .of(organization)
    }
}

fn unexpected(what: &str, addition: Addition) -> Error {
    StoreError::Failed(format!("the addition of {what} came to {addition:?}")).into()
}

#[cfg(test)]
mod tests;
