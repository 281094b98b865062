//! The numbers of the stats page, on a hand-made installation.

use guildhall_domain::{
    OrganizationRole::{Admin, Member, Owner},
    User,
};

use super::{
    StoreUnderTest,
    support::{admin, at, organization, session, token, user, viewer, workspaces},
};
use crate::{Scope, ports::StatsSnapshot};

const HOUR: i64 = 3_600_000_000;

/// Three organizations and eight members; Ada is in two of them, with six
/// others.
async fn populate(store: &StoreUnderTest) -> User {
    let ada = User { last_sign_in_at: Some(at(HOUR)), ..user("ada@acme.com") };
    let bob = User { last_sign_in_at: Some(at(-1)), mfa_enabled: true, ..user("bob@acme.com") };
    let cat = user("cat@acme.com");
    let dan = User { last_sign_in_at: Some(at(0)), ..user("dan@acme.com") };
    let eve = user("eve@acme.com");
    let (fay, gus) = (user("fay@duo.com"), user("gus@duo.com"));
    let hal = User { last_sign_in_at: Some(at(HOUR)), ..user("hal@solo.com") };
    let (acme, duo, solo) =
        (organization("Acme", at(0)), organization("Duo", at(1)), organization("Solo", at(2)));
    let users = [&ada, &bob, &cat, &dan, &eve, &fay, &gus, &hal].map(Clone::clone);
    store.add_users(&users).await;
    store.add_organizations(&[acme.clone(), duo.clone(), solo.clone()]).await;
    let team = [(&ada, Owner), (&bob, Admin), (&cat, Member), (&dan, Member), (&eve, Member)];
    store.add_members(&acme, &team).await;
    store.add_members(&duo, &[(&ada, Owner), (&fay, Owner), (&gus, Admin)]).await;
    store.add_members(&solo, &[(&hal, Owner)]).await;
    let mut work = store.begin().await;
    for (organization, count) in [(&acme, 2), (&duo, 1), (&solo, 4)] {
        let workspaces = workspaces(organization, count);
        let scope = Scope::of_entrant(organization);
        let _ = work.workspaces().insert(&scope, &workspaces).await.unwrap();
    }
    work.commit().await.unwrap();
    store
        .add_sessions(&[
            (&session(&ada, at(HOUR / 2)), token(1)),
            (&session(&ada, at(HOUR / 2)), token(2)),
            (&session(&bob, at(0)), token(3)),
            (&session(&hal, at(1)), token(4)),
        ])
        .await;
    ada
}

/// Only the organizations of the list, their members once each, and the live
/// sessions of those: one that ends at this very moment is live no more.
pub async fn a_member_counts_what_they_see(store: StoreUnderTest) {
    let ada = populate(&store).await;
    let snapshot = store.stats.snapshot(viewer(&ada), at(HOUR), at(0)).await.unwrap();
    assert_eq!(
        snapshot,
        StatsSnapshot {
            organizations: 2,
            workspaces: 3,
            members: 7,
            members_with_mfa: 1,
            members_active: 2,
            live_sessions: 2,
            organizations_with_single_owner: 1,
            organizations_with_many_admins: 1,
        }
    );
}

/// A platform admin's numbers are those of all organizations.
pub async fn an_admin_counts_everything(store: StoreUnderTest) {
    populate(&store).await;
    let root = admin("root@example.com");
    store.add_users(std::slice::from_ref(&root)).await;
    store.add_sessions(&[(&session(&root, at(HOUR)), token(9))]).await;
    let snapshot = store.stats.snapshot(viewer(&root), at(HOUR), at(0)).await.unwrap();
    assert_eq!(
        snapshot,
        StatsSnapshot {
            organizations: 3,
            workspaces: 7,
            members: 8,
            members_with_mfa: 1,
            members_active: 3,
            live_sessions: 3,
            organizations_with_single_owner: 1,
            organizations_with_many_admins: 1,
        }
    );
}

/// The numbers of one organization are those of its own members, whatever else
/// they belong to.
pub async fn one_organization_counts_its_own(store: StoreUnderTest) {
    populate(&store).await;
    let mut work = store.begin().await;
    let acme = work.organizations().find_by_name(&"Acme".parse().unwrap()).await.unwrap();
    drop(work);
    let scope = Scope::of_entrant(&acme.unwrap());
    let snapshot = store.stats.snapshot_of(&scope, at(HOUR), at(0)).await.unwrap();
    assert_eq!((snapshot.organizations, snapshot.workspaces, snapshot.members), (1, 2, 5));
    assert_eq!(snapshot.organizations_with_single_owner, 1);
    let nowhere = Scope::of_entrant(&organization("Nowhere", at(0)));
    let nothing = store.stats.snapshot_of(&nowhere, at(HOUR), at(0)).await.unwrap();
    assert_eq!(nothing, StatsSnapshot::default());
}

/// For a member of nothing, and for an admin of nothing.
pub async fn an_empty_store_counts_nothing(store: StoreUnderTest) {
    for user in [user("ada@acme.com"), admin("root@example.com")] {
        let snapshot = store.stats.snapshot(viewer(&user), at(0), at(0)).await.unwrap();
        assert_eq!(snapshot, StatsSnapshot::default());
    }
}
