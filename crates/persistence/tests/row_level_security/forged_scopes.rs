//! What the store makes of scopes that were forged or have become old.

use guildhall_application::ports::{
    Addition, Change, InvitationQueries, MemberFilter, MemberQueries, OrganizationQueries,
    StatsQueries, Store, WorkspaceQueries,
};
use guildhall_domain::{
    Membership, MembershipSource, Organization, OrganizationId, OrganizationRole,
    OrganizationStatus, Permission, Timestamp, UserId, UserRole, Workspace, WorkspaceId,
    WorkspaceName,
};

use crate::scene::{EVERYTHING, forged, id, listed, open, organization, scene, viewer};

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_scope_comes_to_nothing() {
    let Some(database) = scene() else { return };
    let store = open(&database);
    let ada = viewer(11, UserRole::User);
    // Who is no platform admin but in the request is none.
    for forged in [forged(ada), forged(viewer(11, UserRole::Admin))] {
        let everybody = MemberFilter::default();
        let members = MemberQueries::list(&store, &forged, &everybody, EVERYTHING).await.unwrap();
        assert_eq!(members, []);
        let member = MemberQueries::get(&store, &forged, UserId::new(id(12))).await.unwrap();
        assert_eq!(member, None);
        let workspaces = WorkspaceQueries::list(&store, &forged, EVERYTHING).await.unwrap();
        assert_eq!(workspaces, []);
        let now = Timestamp::UNIX_EPOCH;
        let invitations = InvitationQueries::list(&store, &forged, None, now, EVERYTHING).await;
        assert_eq!(invitations.unwrap(), []);
        assert_eq!(InvitationQueries::count_open(&store, &forged, now).await.unwrap(), 0);
        let numbers = store.snapshot_of(&forged, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        assert_eq!(numbers.await.unwrap().members, 0);
    }
    let all = listed(&store, viewer(11, UserRole::Admin)).await;
    assert_eq!(all, ["Org 1"]);

    for locks in [true, false] {
        let mut work = store.begin().await.unwrap();
        let forged = forged(ada);
        if locks {
            let found = work.organizations().lock(ada, forged.organization()).await.unwrap();
            assert_eq!(found, None);
        }
        let stolen = Organization { status: OrganizationStatus::Suspended, ..organization(2) };
        let outcome = work.organizations().update(&forged, &stolen).await.unwrap();
        assert_eq!(outcome, Change::Made, "of no row");
        work.memberships().remove(&forged, UserId::new(id(22))).await.unwrap();
        work.workspaces().remove(&forged, WorkspaceId::new(id(2))).await.unwrap();
        assert!(!work.memberships().another_owner_exists(&forged, ada.user()).await.unwrap());
        let intruder = Membership {
            organization: forged.organization(),
            user: ada.user(),
            role: OrganizationRole::Owner,
            source: MembershipSource::Administrator,
            joined_at: Timestamp::UNIX_EPOCH,
            version: 1,
        };
        let added = work.memberships().insert(&forged, &intruder).await.unwrap();
        assert_eq!(added, Addition::Closed);
        let planted = Workspace::new(
            WorkspaceId::new(id(77)),
            forged.organization(),
            WorkspaceName::numbered(1),
            Timestamp::UNIX_EPOCH,
        );
        let added = work.workspaces().insert(&forged, &[planted]).await.unwrap();
        assert_eq!(added, Addition::Closed);
        // And what is unique is so across tenants.
        let taken = work.organizations().find_by_name(&"org 2".parse().unwrap()).await.unwrap();
        assert_eq!(taken.unwrap().name.as_str(), "Org 2");
        assert!(!work.memberships().another_owner_exists(&forged, ada.user()).await.unwrap());
        work.commit().await.unwrap();
    }
    let untouched = "SELECT name || status || users_count || workspaces_count || (
            SELECT count(*) FROM memberships WHERE organization_id = o.id
        ) || (SELECT count(*) FROM workspaces WHERE organization_id = o.id)
        FROM organizations AS o WHERE name = 'Org 2'";
    assert_eq!(database.text(untouched).as_deref(), Some("Org 2active2121"));
}

/// Whose home is another organization shows its name, which is not in scope.
#[tokio::test(flavor = "multi_thread")]
async fn members_show_homes_that_are_out_of_scope() {
    let Some(database) = scene() else { return };
    let homes = format!(
        "UPDATE users SET home_organization_id = CASE email WHEN '11@x.com'
            THEN '{}'::uuid ELSE '{}'::uuid END WHERE email IN ('11@x.com', '21@x.com')",
        id(1),
        id(2)
    );
    database.execute(&homes);
    let store = open(&database);
    let access = store.access(viewer(11, UserRole::User), OrganizationId::new(id(1))).await;
    let scope = access.unwrap().unwrap().require(Permission::ReadMembers).unwrap();
    for (member, home) in [(11, "Org 1"), (21, "Org 2")] {
        let user = UserId::new(id(member));
        let found = MemberQueries::get(&store, &scope, user).await.unwrap().unwrap();
        assert_eq!(found.account.organization.as_deref(), Some(home));
    }
}

/// Who leaves has counted themselves out when their membership is gone.
#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_is_counted_out() {
    let Some(database) = scene() else { return };
    let store = open(&database);
    let member = viewer(21, UserRole::User);
    let mut work = store.begin().await.unwrap();
    let id = OrganizationId::new(id(1));
    let access = work.organizations().lock(member, id).await.unwrap().unwrap();
    let scope = access.require(Permission::ReadMembers).unwrap();
    work.memberships().remove(&scope, member.user()).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(database.number("SELECT users_count FROM organizations WHERE name = 'Org 1'"), 1);
    assert_eq!(listed(&store, member).await, [""; 0]);
    let everybody = MemberFilter::default();
    let left = MemberQueries::list(&store, &scope, &everybody, EVERYTHING).await.unwrap();
    assert_eq!(left, [], "an old scope is looked up anew");
}
