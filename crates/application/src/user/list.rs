//! Users, to look at.

use std::sync::Arc;

use guildhall_domain::UserId;

use crate::{
    Caller, Error, Page, PageRequest,
    ports::{UserFilter, UserQueries, UserWithOrganization},
};

/// Shows users to those who may know of them: platform admins know everybody,
/// others the members of organizations in which they may see members, and
/// everybody themselves.
pub struct ListUsers {
    pub(crate) users: Arc<dyn UserQueries>,
}

impl ListUsers {
    /// A page of users, those who came last first.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    #[tracing::instrument(level = "debug", name = "user.list", skip_all)]
    pub async fn execute(
        &self,
        caller: &Caller,
        filter: &UserFilter,
        request: PageRequest,
    ) -> Result<Page<UserWithOrganization>, Error> {
        let rows = self.users.visible_to(caller.viewer(), filter, request.probe()).await?;
        Ok(Page::from_probe(rows, request.limit, UserWithOrganization::cursor))
    }

    /// One user.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none, or none that the caller may know
    /// of; failures of the store.
    #[tracing::instrument(level = "debug", name = "user.get", skip_all)]
    pub async fn get(&self, caller: &Caller, id: UserId) -> Result<UserWithOrganization, Error> {
        self.users.get(caller.viewer(), id).await?.ok_or(Error::NotFound)
    }
}
