//! Organizations: the list, the single one, how they come to be, change and go.

mod change;
mod create;
pub(crate) mod domain_rule;
mod editor;
mod ensure_default;
pub(crate) mod founding;
mod get;
mod lifecycle;
mod list;

pub use change::{ChangeOrganization, OrganizationPatch};
pub use create::{CreateOrganization, CreateOrganizationCommand, OwnerReference};
pub use ensure_default::EnsureDefaultOrganization;
pub use get::GetOrganization;
pub use lifecycle::{DeleteOrganization, SuspendOrganization};
pub use list::ListOrganizations;

pub(crate) use editor::OrganizationEditor;
pub(crate) use get::OrganizationReader;

use guildhall_domain::{Organization, OrganizationName, Timestamp, User, UserId, UserStatus};

use crate::{
    Error,
    ports::{StoreError, UnitOfWork},
};

/// Which unique value of an organization is another's, if any. `before` is the
/// organization as it is stored, whose own values are no conflict.
pub(crate) async fn foreseen_conflict(
    work: &mut dyn UnitOfWork,
    organization: &Organization,
    before: Option<&Organization>,
) -> Result<Option<Error>, Error> {
    let holder = work.organizations().find_by_name(&organization.name).await?;
    if holder.is_some_and(|holder| holder.id != organization.id) {
        return Ok(Some(Error::OrganizationNameTaken));
    }
    let changed = |domain| before.is_none_or(|before| before.domain.as_ref() != Some(domain));
    if let Some(domain) = organization.domain.as_ref().filter(|domain| changed(domain))
        && work.organizations().domain_is_taken(domain).await?
    {
        return Ok(Some(Error::DomainTaken));
    }
    let changed = |id| before.is_none_or(|before| before.external_id.as_ref() != Some(id));
    if let Some(external_id) = organization.external_id.as_ref().filter(|id| changed(id))
        && work.organizations().external_id_is_taken(external_id).await?
    {
        return Ok(Some(Error::ExternalIdTaken));
    }
    Ok(None)
}

/// Why an insertion conflicted.
async fn conflict_of(
    work: &mut dyn UnitOfWork,
    organization: &Organization,
) -> Result<Error, Error> {
    let conflict = foreseen_conflict(work, organization, None).await?;
    Ok(conflict.unwrap_or_else(contended))
}

/// Others want the same name, domain or external id at this moment.
pub(crate) fn contended() -> Error {
    StoreError::Unavailable("an organization's name or domain is contended".to_owned()).into()
}

/// The user, locked, if there is one who may sign in.
pub(crate) async fn active_user(
    work: &mut dyn UnitOfWork,
    user: UserId,
) -> Result<Option<User>, Error> {
    let found = work.users().lock(user).await?.map(|(user, _)| user);
    Ok(found.filter(|user| user.status == UserStatus::Active))
}

/// Makes an organization, which is not deleted, the home of a user who has none, or
/// whose home is deleted. Returns the name of their home.
pub(crate) async fn give_home(
    work: &mut dyn UnitOfWork,
    user: &mut User,
    organization: &Organization,
    now: Timestamp,
) -> Result<OrganizationName, Error> {
    if user.home == Some(organization.id) {
        return Ok(organization.name.clone());
    }
    if let Some(home) = user.home {
        let home = work.organizations().find(home).await?;
        if let Some(home) = home.filter(|home| home.deleted_at.is_none()) {
            return Ok(home.name);
        }
    }
    user.home = Some(organization.id);
    user.updated_at = now;
    work.users().update(user).await?;
    Ok(organization.name.clone())
}
