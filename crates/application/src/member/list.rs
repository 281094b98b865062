//! Members, to look at.

use std::sync::Arc;

use guildhall_domain::{OrganizationId, Permission, UserId};

use crate::{
    Caller, Error, Page, PageRequest,
    organization::OrganizationReader,
    ports::{MemberDetails, MemberFilter, MemberQueries},
};

/// Shows members of an organization.
pub struct ListMembers {
    pub(crate) reader: OrganizationReader,
    pub(crate) members: Arc<dyn MemberQueries>,
}

impl ListMembers {
    /// A page of members, those who joined last first.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Forbidden`],
    /// [`Error::OrganizationSuspended`]; failures of the store.
    #[tracing::instrument(level = "debug", name = "member.list", skip_all)]
    pub async fn execute(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        filter: &MemberFilter,
        request: PageRequest,
    ) -> Result<Page<MemberDetails>, Error> {
        let access = self.reader.access(caller, organization).await?;
        let scope = access.require(Permission::ReadMembers)?;
        let rows = self.members.list(&scope, filter, request.probe()).await?;
        let is_whole = *filter == MemberFilter::default();
        let total = is_whole.then_some(access.organization().users_count);
        Ok(Page::from_probe(rows, request.limit, MemberDetails::cursor).of(total))
    }

    /// One member. Everybody may see their own membership.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute), and [`Error::NotFound`] when the user is
    /// no member.
    #[tracing::instrument(level = "debug", name = "member.get", skip_all)]
    pub async fn get(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<MemberDetails, Error> {
        let permission = if user == caller.user.id {
            Permission::ReadOrganization
        } else {
            Permission::ReadMembers
        };
        let scope = self.reader.scope(caller, organization, permission).await?;
        self.members.get(&scope, user).await?.ok_or(Error::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use guildhall_domain::{
        Membership, Organization, OrganizationRole, OrganizationStatus, UserRole,
    };

    use super::*;
    use crate::{
        Access, Cursor,
        ports::StoreError,
        testing::{TestPorts, access, at, caller, member_details, organization},
    };

    use OrganizationRole::{Admin, Member, Owner};

    const FIRST: PageRequest = PageRequest { after: None, limit: 2 };

    fn acme() -> Organization {
        organization(7, "Acme", None)
    }

    fn as_role(role: OrganizationRole) -> Access {
        access(acme(), role, UserRole::User)
    }

    /// The same in the default organization.
    fn in_default(role: OrganizationRole) -> Access {
        let viewer = caller(UserRole::User).viewer();
        let default = Organization { is_default: true, ..acme() };
        Access::found(default, viewer, Some(role)).unwrap()
    }

    fn in_suspended(role: OrganizationRole) -> Access {
        let suspended = Organization { status: OrganizationStatus::Suspended, ..acme() };
        access(suspended, role, UserRole::User)
    }

    /// Who joined so many seconds after the epoch.
    fn joined(number: u32) -> MemberDetails {
        let details = member_details(number.into(), Member);
        let membership = Membership { joined_at: at(number.into()), ..details.membership };
        MemberDetails { membership, ..details }
    }

    fn ports(found: Option<Access>) -> TestPorts {
        let mut ports = TestPorts::default();
        ports
            .organizations
            .expect_access()
            .withf(|viewer, id| *viewer == caller(UserRole::User).viewer() && *id == acme().id)
            .times(1)
            .return_once(move |_, _| Ok(found));
        ports
    }

    fn filter() -> MemberFilter {
        MemberFilter { text: Some("gra".to_owned()), role: Some(Member) }
    }

    async fn list(ports: TestPorts, request: PageRequest) -> Result<Page<MemberDetails>, Error> {
        let use_cases = ports.into_use_cases();
        let caller = caller(UserRole::User);
        use_cases.list_members.execute(&caller, acme().id, &filter(), request).await
    }

    /// Asks for the member with that id, of whom the store knows or not.
    async fn get(
        mut ports: TestPorts,
        number: u128,
        found: Option<MemberDetails>,
    ) -> Result<MemberDetails, Error> {
        let user = member_details(number, Member).membership.user;
        ports
            .members
            .expect_get()
            .withf(move |scope, id| (scope.organization(), *id) == (acme().id, user))
            .return_once(move |_, _| Ok(found));
        let use_cases = ports.into_use_cases();
        use_cases.list_members.get(&caller(UserRole::User), acme().id, user).await
    }

    #[tokio::test]
    async fn a_page_ends_where_the_next_begins() {
        let next = Cursor { created_at: at(8), id: joined(8).membership.user.as_uuid() };
        for (after, rows, shown, behind) in
            [(None, vec![9, 8, 7], vec![9, 8], Some(next)), (Some(next), vec![7], vec![7], None)]
        {
            let mut ports = ports(Some(as_role(Member)));
            let rows = rows.into_iter().map(joined).collect();
            ports
                .members
                .expect_list()
                .withf(move |scope, wanted, page| {
                    scope.organization() == acme().id
                        && *wanted == filter()
                        && *page == PageRequest { after, limit: 3 }
                })
                .times(1)
                .return_once(move |_, _, _| Ok(rows));
            let page = list(ports, PageRequest { after, ..FIRST }).await.unwrap();
            let shown = shown.into_iter().map(joined).collect();
            assert_eq!(page, Page { items: shown, next: behind, total: None });
        }
    }

    #[tokio::test]
    async fn a_list_that_is_not_filtered_tells_how_long_it_is() {
        let crowded = Organization { users_count: 42, ..acme() };
        let mut ports = ports(Some(access(crowded, Member, UserRole::User)));
        ports.members.expect_list().return_once(|_, _, _| Ok(Vec::new()));
        let list_members = ports.into_use_cases().list_members;
        let (caller, all) = (caller(UserRole::User), MemberFilter::default());
        let page = list_members.execute(&caller, acme().id, &all, FIRST).await.unwrap();
        assert_eq!(page.total, Some(42));
    }

    #[tokio::test]
    async fn members_are_shown_to_those_who_may_see_them() {
        for (found, sees) in [
            (as_role(Member), true),
            (in_default(Owner), true),
            (in_default(Admin), true),
            (in_default(Member), false),
            (in_suspended(Owner), true),
        ] {
            let case = format!("{found:?}");
            let mut listing = ports(Some(found.clone()));
            listing
                .members
                .expect_list()
                .times(usize::from(sees))
                .returning(|_, _, _| Ok(Vec::new()));
            let listed = list(listing, FIRST).await;
            let got = get(ports(Some(found)), 5, Some(joined(5))).await;
            if sees {
                assert!(listed.is_ok() && got.unwrap() == joined(5), "{case}");
            } else {
                assert!(matches!(listed, Err(Error::Forbidden("members:read"))), "{case}");
                assert!(matches!(got, Err(Error::Forbidden("members:read"))), "{case}");
            }
        }
    }

    #[tokio::test]
    async fn everybody_sees_their_own_membership() {
        let own = || member_details(1, Member);
        for found in [as_role(Member), in_default(Member)] {
            assert_eq!(get(ports(Some(found)), 1, Some(own())).await.unwrap(), own());
        }
    }

    #[tokio::test]
    async fn nobody_else_is_told_anything() {
        assert!(matches!(list(ports(None), FIRST).await, Err(Error::NotFound)));
        for number in [1, 5] {
            let got = get(ports(None), number, Some(joined(5))).await;
            assert!(matches!(got, Err(Error::NotFound)), "{number}");
            let got = get(ports(Some(as_role(Owner))), number, None).await;
            assert!(matches!(got, Err(Error::NotFound)), "{number}");
            let got = get(ports(Some(in_suspended(Admin))), number, Some(joined(5))).await;
            assert!(matches!(got, Err(Error::OrganizationSuspended)), "{number}");
        }
        let listed = list(ports(Some(in_suspended(Member))), FIRST).await;
        assert!(matches!(listed, Err(Error::OrganizationSuspended)));
    }

    #[tokio::test]
    async fn a_failing_store_is_no_empty_list() {
        let away = || StoreError::Unavailable("away".to_owned());
        let mut listing = ports(Some(as_role(Member)));
        listing.members.expect_list().return_once(move |_, _, _| Err(away()));
        assert!(matches!(list(listing, FIRST).await, Err(Error::StoreUnavailable(_))));
    }
}
