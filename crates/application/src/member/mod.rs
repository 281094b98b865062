//! Members of organizations: who they are, how they come, change and go.

mod list;
mod remove;
mod set;

pub use list::ListMembers;
pub use remove::RemoveMember;
pub use set::{SetMember, SetMemberOutcome};

use guildhall_domain::{Membership, OrganizationRole};

use crate::{Error, Scope, ports::UnitOfWork};

/// Refuses what would leave an organization without an owner who may sign in.
/// The organization is locked, so nobody else takes an owner away meanwhile.
pub(crate) async fn keep_an_owner(
    work: &mut dyn UnitOfWork,
    scope: &Scope,
    membership: &Membership,
) -> Result<(), Error> {
    let is_owner = membership.role == OrganizationRole::Owner;
    if is_owner && !work.memberships().another_owner_exists(scope, membership.user).await? {
        return Err(Error::LastOwner);
    }
    Ok(())
}
