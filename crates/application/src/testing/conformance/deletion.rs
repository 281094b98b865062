//! Deleted organizations: hidden, restored, purged.

use guildhall_domain::{
    Action, AuditActor, AuditEvent, Organization, OrganizationId,
    OrganizationRole::{Member, Owner},
    Origin, Resource, User,
};

use super::{
    StoreUnderTest,
    management::{change, delete},
    support::{
        EVERYTHING, at, id, invitation, organization, session, token, user, viewer, workspaces,
    },
};
use crate::{
    Scope,
    ports::{Addition, Insertion, MemberFilter, StatsSnapshot},
};

/// An organization with two members, three workspaces and two invitations, the home of one of
/// them; and another with the same members and one workspace, the home of the
/// other.
struct Scene {
    acme: Organization,
    other: Organization,
    ada: User,
    bob: User,
}

impl Scene {
    async fn set(store: &StoreUnderTest) -> Self {
        let acme = Organization {
            domain: Some("acme.com".parse().unwrap()),
            external_id: Some("acme".parse().unwrap()),
            ..organization("Acme", at(0))
        };
        let other = organization("Other", at(1));
        let ada = User { home: Some(acme.id), ..user("ada@acme.com") };
        let bob = User { home: Some(other.id), ..user("bob@acme.com") };
        store.add_organizations(&[acme.clone(), other.clone()]).await;
        store.add_users(&[ada.clone(), bob.clone()]).await;
        store.add_sessions(&[(&session(&ada, at(0)), token(1))]).await;
        for (organization, count) in [(&acme, 3), (&other, 1)] {
            store.add_members(organization, &[(&ada, Owner), (&bob, Member)]).await;
            let mut work = store.begin().await;
            let scope = Scope::of_entrant(organization);
            let workspaces = workspaces(organization, count);
            let added = work.workspaces().insert(&scope, &workspaces).await.unwrap();
            assert_eq!(added, Addition::Added);
            work.commit().await.unwrap();
            let guests = ["a@example.com", "b@example.com"];
            let guests = guests.map(|email| invitation(organization, email, at(0)));
            store.add_invitations(organization, &guests).await;
        }
        Self { acme, other, ada, bob }
    }

    /// What stands in the `organization` field of Ada, whose home is the first.
    async fn home(&self, store: &StoreUnderTest) -> Option<String> {
        let account = store.users.by_email(&self.ada.email).await.unwrap().unwrap().account;
        let found = store.sessions.by_token(&token(1)).await.unwrap().unwrap();
        assert_eq!(account, found.account);
        account.organization
    }

    /// How many workspaces, by the query and by the statistics.
    async fn workspaces(&self, store: &StoreUnderTest, user: &User) -> (usize, StatsSnapshot) {
        let rows = store.workspaces.accessible_to(viewer(user), EVERYTHING).await.unwrap();
        (rows.len(), store.stats.snapshot(viewer(user), at(0), at(0)).await.unwrap())
    }

    /// The rows that belong to an organization: members, workspaces and
    /// invitations.
    async fn rows(store: &StoreUnderTest, organization: &Organization) -> (usize, usize, usize) {
        let scope = Scope::of_entrant(organization);
        let everybody = MemberFilter::default();
        let members = store.members.list(&scope, &everybody, EVERYTHING).await.unwrap();
        let workspaces = store.workspaces.list(&scope, EVERYTHING).await.unwrap();
        let invitations = store.invitations.list(&scope, None, at(0), EVERYTHING).await.unwrap();
        (members.len(), workspaces.len(), invitations.len())
    }
}

fn purged(organization: OrganizationId) -> AuditEvent {
    let resource = Resource::Organization(organization);
    let (action, origin) = (Action::OrganizationPurged, Origin::default());
    AuditEvent::new(id(), AuditActor::System, action, resource, &origin, at(9))
}

/// From lists, from the numbers, and from the accounts of its people; and is
/// back when it is restored.
pub async fn a_deleted_organization_vanishes(store: StoreUnderTest) {
    let scene = Scene::set(&store).await;
    let root = store.add_admin().await;
    for is_deleted in [false, true, false] {
        let deleted_at = is_deleted.then_some(at(5));
        change(&store, &Organization { deleted_at, ..scene.acme.clone() }).await;
        let (organizations, workspaces) = if is_deleted { (1, 1) } else { (2, 4) };
        for viewer_of in [&scene.ada, &scene.bob, &root] {
            assert_eq!(store.list(viewer_of).await.len(), organizations);
            let (listed, numbers) = scene.workspaces(&store, viewer_of).await;
            assert_eq!(listed, workspaces);
            let counted = (numbers.organizations, numbers.workspaces);
            assert_eq!(counted, (organizations as u64, workspaces as u64));
            let access = store.organizations.access(viewer(viewer_of), scene.acme.id).await;
            assert_eq!(access.unwrap().is_none(), is_deleted);
        }
        let shown = scene.home(&store).await;
        assert_eq!(shown.as_deref(), (!is_deleted).then_some("Acme"));
        let member = store.members.get(&Scope::of_entrant(&scene.other), scene.ada.id).await;
        let account = member.unwrap().unwrap().account;
        assert_eq!((account.organization, account.user.home), (shown, Some(scene.acme.id)));
        assert_eq!(Scene::rows(&store, &scene.acme).await, (2, 3, 2), "all of it is kept");
    }
}

/// Those whose home is deleted show the one that they intended.
pub async fn without_a_living_home_the_intention_shows(store: StoreUnderTest) {
    let acme = organization("Acme", at(0));
    let intended_organization = Some("Wish".parse().unwrap());
    let ada = User { home: Some(acme.id), intended_organization, ..user("ada@acme.com") };
    store.add_organizations(std::slice::from_ref(&acme)).await;
    store.add_users(std::slice::from_ref(&ada)).await;
    delete(&store, &acme, 5).await;
    let account = store.users.by_email(&ada.email).await.unwrap().unwrap().account;
    assert_eq!(account.organization.as_deref(), Some("Wish"));
}

/// Those that were deleted first come first; only before the moment, and no
/// more than the limit.
pub async fn what_was_deleted_long_ago_is_found(store: StoreUnderTest) {
    let organizations: Vec<_> =
        (0..6).map(|number| organization(&format!("Acme {number}"), at(number))).collect();
    store.add_organizations(&organizations).await;
    let mut expected = Vec::new();
    for (organization, micros) in organizations.iter().zip([50, 10, 40, 20, 30]) {
        delete(&store, organization, micros).await;
        expected.push((micros, organization.id));
    }
    expected.sort_unstable();
    let expected: Vec<_> = expected.into_iter().map(|(_, id)| id).collect();
    for (moment, limit, count) in [(51, 9, 5), (50, 9, 4), (51, 2, 2), (10, 9, 0), (51, 0, 0)] {
        let found = store.maintenance.deleted_before(at(moment), limit).await.unwrap();
        assert_eq!(found, expected.iter().copied().take(count).collect::<Vec<_>>());
    }
}

/// With its members, workspaces and invitations, and nobody else's; nobody's home remains,
/// and its name, domain and external id are free.
pub async fn a_purge_removes_for_good(store: StoreUnderTest) {
    let scene = Scene::set(&store).await;
    delete(&store, &scene.acme, 5).await;
    store.maintenance.purge(scene.acme.id, &purged(scene.acme.id)).await.unwrap();

    assert_eq!(Scene::rows(&store, &scene.acme).await, (0, 0, 0));
    assert_eq!(Scene::rows(&store, &scene.other).await, (2, 1, 2));
    assert_eq!(store.maintenance.deleted_before(at(99), 9).await.unwrap(), []);
    assert_eq!(store.maintenance.counter_drift().await.unwrap(), []);
    assert_eq!(scene.home(&store).await, None);
    let home = async |user: &User| {
        store.users.by_email(&user.email).await.unwrap().unwrap().account.user.home
    };
    assert_eq!(home(&scene.ada).await, None);
    assert_eq!(home(&scene.bob).await, Some(scene.other.id));

    let root = viewer(&store.add_admin().await);
    let mut work = store.begin().await;
    assert_eq!(work.organizations().lock_deleted(root, scene.acme.id).await.unwrap(), None);
    assert_eq!(work.organizations().find(scene.acme.id).await.unwrap(), None);
    let successor = Organization { id: id(), ..scene.acme.clone() };
    assert_eq!(work.organizations().insert(&successor).await.unwrap(), Insertion::Inserted);
    work.commit().await.unwrap();

    store.maintenance.purge(scene.acme.id, &purged(scene.acme.id)).await.unwrap();
    assert_eq!(store.list(&store.add_admin().await).await.len(), 2);
}

/// Also of one that is too large to be removed at once.
pub async fn a_purge_removes_a_large_one(store: StoreUnderTest) {
    let scene = Scene::set(&store).await;
    let mut work = store.begin().await;
    let scope = Scope::of_entrant(&scene.acme);
    let added = work.workspaces().insert(&scope, &workspaces(&scene.acme, 2500)).await.unwrap();
    assert_eq!(added, Addition::Added);
    work.commit().await.unwrap();
    delete(&store, &scene.acme, 5).await;
    store.maintenance.purge(scene.acme.id, &purged(scene.acme.id)).await.unwrap();

    assert_eq!(store.maintenance.deleted_before(at(99), 9).await.unwrap(), []);
    assert_eq!(Scene::rows(&store, &scene.acme).await, (0, 0, 0));
    assert_eq!(Scene::rows(&store, &scene.other).await, (2, 1, 2));
    assert_eq!(store.maintenance.counter_drift().await.unwrap(), []);
}

/// Nor one that was never deleted.
pub async fn a_restored_organization_is_not_purged(store: StoreUnderTest) {
    let scene = Scene::set(&store).await;
    delete(&store, &scene.acme, 5).await;
    change(&store, &scene.acme).await;
    let root = viewer(&store.add_admin().await);
    let before = store.organizations.access(root, scene.acme.id).await.unwrap();
    store.maintenance.purge(scene.acme.id, &purged(scene.acme.id)).await.unwrap();
    assert_eq!(store.organizations.access(root, scene.acme.id).await.unwrap(), before);
    assert_eq!(Scene::rows(&store, &scene.acme).await, (2, 3, 2));
    assert_eq!(scene.home(&store).await.as_deref(), Some("Acme"));
}
