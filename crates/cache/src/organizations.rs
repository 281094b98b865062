//! The organizations of those who ask.

use std::sync::Arc;

use async_trait::async_trait;
use guildhall_application::{
    Access, PageRequest,
    caller::Viewer,
    ports::{Changed, OrganizationQueries, OrganizationSummary, StoreError},
};
use guildhall_domain::{OrganizationId, UserId};

use crate::{
    shelf::{Footprint, Shelf},
    stamps::Mark,
};

/// The longest list of which a copy is made.
pub(crate) const LONGEST: usize = 128;

/// The beginning of a member's list.
#[derive(Clone)]
pub(crate) struct ListHead {
    organizations: Arc<[OrganizationSummary]>,
    /// Whether there are no more.
    is_whole: bool,
}

impl ListHead {
    /// What that page has, if this reaches as far.
    fn page(&self, page: PageRequest) -> Option<&[OrganizationSummary]> {
        let begin = match page.after {
            None => 0,
            Some(after) => self.organizations.partition_point(|organization| {
                let place = organization.cursor();
                (place.created_at, place.id) >= (after.created_at, after.id)
            }),
        };
        let behind = self.organizations.get(begin..)?;
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        match behind.get(..limit) {
            None if self.is_whole => Some(behind),
            full_or_unknown => full_or_unknown,
        }
    }
}

/// Remembers the lists of members, and what viewers are to single organizations. What
/// is not there is not remembered, and neither are the lists of platform admins, which
/// every change would change.
pub(crate) struct CachedOrganizations {
    pub(crate) organizations: Arc<dyn OrganizationQueries>,
    pub(crate) lists: Arc<Shelf<UserId, ListHead>>,
    pub(crate) accesses: Arc<Shelf<(Viewer, OrganizationId), Access>>,
}

#[async_trait]
impl OrganizationQueries for CachedOrganizations {
    async fn accessible_to(
        &self,
        viewer: Viewer,
        page: PageRequest,
    ) -> Result<Vec<OrganizationSummary>, StoreError> {
        if viewer.sees_everything() {
            return self.organizations.accessible_to(viewer, page).await;
        }
        let user = viewer.user();
        let reaches = |head: &ListHead| head.page(page).is_some();
        if let Some(copy) = self.lists.find(&user, reaches) {
            return Ok(copy.value.page(page).unwrap_or_default().to_vec());
        }
        let moment = self.lists.moment();
        let rows = self.organizations.accessible_to(viewer, page).await?;
        if page.after.is_none() && rows.len() <= LONGEST {
            let is_whole = u32::try_from(rows.len()).is_ok_and(|length| length < page.limit);
            let head = ListHead { organizations: rows.as_slice().into(), is_whole };
            self.lists.keep(user, head, moment, marks_of_list(user, &rows));
        }
        Ok(rows)
    }

    async fn access(
        &self,
        viewer: Viewer,
        id: OrganizationId,
    ) -> Result<Option<Access>, StoreError> {
        let key = (viewer, id);
        if let Some(copy) = self.accesses.find(&key, |_| true) {
            return Ok(Some(copy.value.clone()));
        }
        let moment = self.accesses.moment();
        let found = self.organizations.access(viewer, id).await?;
        if let Some(access) = &found {
            let made_of = [Changed::Memberships(viewer.user()), Changed::Organization(id)];
            let made_of = made_of.map(Mark::from).into();
            self.accesses.keep(key, access.clone(), moment, made_of);
        }
        Ok(found)
    }

    async fn any_exists(&self) -> Result<bool, StoreError> {
        self.organizations.any_exists().await
    }
}

/// Which organizations they are, and each of them.
fn marks_of_list(user: UserId, rows: &[OrganizationSummary]) -> Box<[Mark]> {
    let each = rows.iter().map(|row| Changed::Organization(row.id));
    [Changed::Memberships(user)].into_iter().chain(each).map(Mark::from).collect()
}

impl Footprint for ListHead {
    fn heap_bytes(&self) -> usize {
        let texts =
            |row: &OrganizationSummary| row.name.len() + row.domain.as_ref().map_or(0, String::len);
        size_of_val(&*self.organizations) + self.organizations.iter().map(texts).sum::<usize>()
    }
}

impl Footprint for Access {
    fn heap_bytes(&self) -> usize {
        let organization = self.organization();
        let pairs = organization.metadata.pairs().iter();
        // A node of a tree holds room for more than is in it.
        let metadata: usize = pairs.map(|(key, value)| 2 * (key.len() + value.len() + 48)).sum();
        let optional = |text: Option<usize>| text.unwrap_or(0);
        2 * organization.name.as_str().len()
            + optional(organization.domain.as_ref().map(|domain| domain.as_str().len()))
            + optional(organization.external_id.as_ref().map(|id| id.as_str().len()))
            + metadata
    }
}
