//! Workspaces: allocated within the quota, changed, removed, listed; and always
//! of one organization alone.

use futures_util::future::join_all;
use guildhall_domain::{
    Organization, OrganizationId, OrganizationRole, OrganizationStatus, Permission, Quota, Quotas,
    User, Workspace, WorkspaceId, WorkspaceName, WorkspaceStatus, quota,
};

use super::{
    StoreUnderTest,
    management::change,
    members::limited,
    paging::read_through,
    support::{EVERYTHING, admin, at, id, organization, user, viewer, workspaces},
};
use crate::{Cursor, PageRequest, Scope, ports::Addition};

async fn insert(
    store: &StoreUnderTest,
    organization: &Organization,
    workspaces: &[Workspace],
) -> Addition {
    let mut work = store.begin().await;
    let scope = Scope::of_entrant(organization);
    let outcome = work.workspaces().insert(&scope, workspaces).await.unwrap();
    work.commit().await.unwrap();
    outcome
}

async fn list(store: &StoreUnderTest, organization: &Organization) -> Vec<Workspace> {
    store.workspaces.list(&Scope::of_entrant(organization), EVERYTHING).await.unwrap()
}

/// The counter of workspaces, which is what the rows add up to.
async fn count(store: &StoreUnderTest, organization: OrganizationId) -> u32 {
    assert_eq!(store.maintenance.counter_drift().await.unwrap(), []);
    let mut work = store.begin().await;
    work.organizations().find(organization).await.unwrap().unwrap().workspaces_count
}

/// Name, description, status and version; of one workspace alone.
pub async fn a_change_of_a_workspace_is_written(store: StoreUnderTest) {
    let acme = limited(&store, Quotas::default()).await;
    let [one, other] = workspaces(&acme, 2).try_into().unwrap();
    let _ = insert(&store, &acme, &[one.clone(), other.clone()]).await;
    let scope = Scope::of_entrant(&acme);
    for (version, status) in (2..).zip(WorkspaceStatus::ALL) {
        let changed = Workspace {
            name: "Лаборатория 🧪 \"%_\\'".parse().unwrap(),
            description: if version == 2 { "line e\u{301}" } else { "" }.parse().unwrap(),
            status,
            version,
            ..one.clone()
        };
        let mut work = store.begin().await;
        let meddling = Workspace { created_at: at(99), organization: id(), ..changed.clone() };
        work.workspaces().update(&scope, &meddling).await.unwrap();
        let found = work.workspaces().find(&scope, one.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&changed));
        let found = work.workspaces().find(&scope, other.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&other));
        assert_eq!(work.workspaces().find(&scope, id()).await.unwrap(), None);
        work.commit().await.unwrap();
        assert_eq!(store.workspaces.get(&scope, one.id).await.unwrap(), Some(changed));
    }
    assert_eq!(store.workspaces.get(&scope, id()).await.unwrap(), None);
}

/// By fifty at once; the other forty-nine are told that there is no room.
pub async fn the_last_workspace_is_allocated_once(store: StoreUnderTest) {
    let acme =
        limited(&store, Quotas { users: Some(0), workspaces: Some(100), invitations: Some(0) })
            .await;
    assert_eq!(insert(&store, &acme, &workspaces(&acme, 99)).await, Addition::Added);
    let tasks = (0..50).map(|_| {
        let (store, acme) = (store.clone(), acme.clone());
        tokio::spawn(async move { insert(&store, &acme, &workspaces(&acme, 1)).await })
    });
    let outcomes: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    let full = Quota { resource: quota::Resource::Workspaces, limit: Some(100), used: 100 };
    let count_of = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
    assert_eq!(count_of(Addition::Added), 1);
    assert_eq!(count_of(Addition::NoRoom(full)), 49);
    assert_eq!(count(&store, acme.id).await, 100);
    assert_eq!(list(&store, &acme).await.len(), 100);
}

/// Not even those that would have had room.
pub async fn a_batch_that_does_not_fit_adds_nothing(store: StoreUnderTest) {
    let acme = limited(&store, Quotas { workspaces: Some(5), ..Quotas::default() }).await;
    assert_eq!(insert(&store, &acme, &workspaces(&acme, 2)).await, Addition::Added);
    let no_room = |used| {
        Addition::NoRoom(Quota { resource: quota::Resource::Workspaces, limit: Some(5), used })
    };
    assert_eq!(insert(&store, &acme, &workspaces(&acme, 4)).await, no_room(2));
    assert_eq!(insert(&store, &acme, &workspaces(&acme, 2000)).await, no_room(2));
    assert_eq!(count(&store, acme.id).await, 2);
    assert_eq!(insert(&store, &acme, &workspaces(&acme, 3)).await, Addition::Added);
    assert_eq!(insert(&store, &acme, &workspaces(&acme, 1)).await, no_room(5));
    assert_eq!(count(&store, acme.id).await, 5);
    assert_eq!(list(&store, &acme).await.len(), 5);
}

/// Once, however often it is removed; its place is free again.
pub async fn a_removed_workspace_is_counted_no_more(store: StoreUnderTest) {
    let acme = limited(&store, Quotas { workspaces: Some(2), ..Quotas::default() }).await;
    let [one, other] = workspaces(&acme, 2).try_into().unwrap();
    let _ = insert(&store, &acme, &[one.clone(), other.clone()]).await;
    let scope = Scope::of_entrant(&acme);
    let mut work = store.begin().await;
    for id in [one.id, one.id, id()] {
        work.workspaces().remove(&scope, id).await.unwrap();
    }
    assert_eq!(work.workspaces().find(&scope, one.id).await.unwrap(), None);
    work.commit().await.unwrap();
    assert_eq!(count(&store, acme.id).await, 1);
    assert_eq!(list(&store, &acme).await, [other]);
    assert_eq!(insert(&store, &acme, &workspaces(&acme, 1)).await, Addition::Added);
    assert_eq!(count(&store, acme.id).await, 2);
}

/// By a scope of this organization nothing of another is found, changed or
/// removed; and whatever is added is added here.
pub async fn other_workspaces_are_out_of_reach(store: StoreUnderTest) {
    let (acme, other) = (organization("Acme", at(0)), organization("Other", at(1)));
    let ada = user("ada@acme.com");
    store.add_organizations(&[acme.clone(), other.clone()]).await;
    store.add_users(std::slice::from_ref(&ada)).await;
    store.add_members(&acme, &[(&ada, OrganizationRole::Admin)]).await;
    let foreign = workspaces(&other, 1).pop().unwrap();
    assert_eq!(insert(&store, &other, std::slice::from_ref(&foreign)).await, Addition::Added);

    let mut work = store.begin().await;
    let access = work.organizations().lock(viewer(&ada), acme.id).await.unwrap().unwrap();
    let scope = access.require(Permission::ManageWorkspaces).unwrap();
    assert_eq!(work.workspaces().find(&scope, foreign.id).await.unwrap(), None);
    let changed = Workspace { name: WorkspaceName::numbered(77), ..foreign.clone() };
    work.workspaces().update(&scope, &changed).await.unwrap();
    work.workspaces().remove(&scope, foreign.id).await.unwrap();
    let misdirected = Workspace { id: id(), ..foreign.clone() };
    let added = work.workspaces().insert(&scope, std::slice::from_ref(&misdirected)).await;
    assert_eq!(added.unwrap(), Addition::Added);
    work.commit().await.unwrap();

    assert_eq!(list(&store, &other).await, std::slice::from_ref(&foreign));
    assert_eq!(list(&store, &acme).await, [Workspace { organization: acme.id, ..misdirected }]);
    assert_eq!(store.workspaces.get(&scope, foreign.id).await.unwrap(), None);
    assert_eq!((count(&store, acme.id).await, count(&store, other.id).await), (1, 1));
}

const fn cursor(workspace: &Workspace) -> Cursor {
    Cursor { created_at: workspace.created_at, id: workspace.id.as_uuid() }
}

/// Page after page, each workspace that stays comes once, while a thousand
/// others come and go: in the list of its organization and in that of what is
/// accessible to a member and to a platform admin.
pub async fn pages_of_workspaces_are_complete(store: StoreUnderTest) {
    let (acme, other) = (organization("Acme", at(0)), organization("Other", at(1)));
    let (ada, root) = (user("ada@acme.com"), store.add_admin().await);
    store.add_organizations(&[acme.clone(), other.clone()]).await;
    store.add_users(std::slice::from_ref(&ada)).await;
    store.add_members(&acme, &[(&ada, OrganizationRole::Member)]).await;
    let allocate = async |count: u32| {
        let mut rows = workspaces(&acme, count);
        for (row, number) in rows.iter_mut().zip(0..) {
            row.created_at = at(number % 5);
        }
        assert_eq!(insert(&store, &acme, &rows).await, Addition::Added);
        rows.into_iter().map(|row| row.id).collect::<Vec<WorkspaceId>>()
    };
    let lasting: Vec<_> = allocate(60).await.into_iter().map(|id| id.as_uuid()).collect();
    let _ = insert(&store, &other, &workspaces(&other, 20)).await;
    let scope = Scope::of_entrant(&acme);
    let mut passing = allocate(40).await;
    let of_organization = async |page| store.workspaces.list(&scope, page).await.unwrap();
    read_through(&lasting, of_organization, cursor, async || {
        let mut work = store.begin().await;
        for id in passing.drain(..passing.len() / 2) {
            work.workspaces().remove(&scope, id).await.unwrap();
        }
        work.commit().await.unwrap();
        passing.extend(allocate(75).await);
    })
    .await;
    assert_eq!(count(&store, acme.id).await as usize, lasting.len() + passing.len());
    for user in [&ada, &root] {
        let accessible =
            async |page| store.workspaces.accessible_to(viewer(user), page).await.unwrap();
        read_through(&lasting, accessible, cursor, async || ()).await;
    }
}

/// Of organizations that are neither suspended nor deleted: those of a member's
/// list, and all of them for a platform admin.
pub async fn workspaces_that_may_be_used_are_accessible(store: StoreUnderTest) {
    let names = ["Acme", "Foreign", "Suspended", "Deleted"];
    let [acme, foreign, suspended, deleted] = names.map(|name| organization(name, at(0)));
    let (ada, root) = (user("ada@acme.com"), store.add_admin().await);
    let both = admin("both@example.com");
    store.add_organizations(&[&acme, &foreign, &suspended, &deleted].map(Clone::clone)).await;
    store.add_users(&[ada.clone(), both.clone()]).await;
    let mut ids = Vec::new();
    for (organization, micros) in [(&acme, 4), (&foreign, 3), (&suspended, 2), (&deleted, 1)] {
        let mut rows = workspaces(organization, 1);
        rows.first_mut().unwrap().created_at = at(micros);
        assert_eq!(insert(&store, organization, &rows).await, Addition::Added);
        ids.extend(rows.iter().map(|row| row.id));
        if organization.id != foreign.id {
            let role = OrganizationRole::Owner;
            store.add_members(organization, &[(&ada, role), (&both, role)]).await;
        }
    }
    change(&store, &Organization { status: OrganizationStatus::Suspended, ..suspended }).await;
    change(&store, &Organization { deleted_at: Some(at(9)), ..deleted }).await;
    let accessible = async |user: &User, page| {
        let rows = store.workspaces.accessible_to(viewer(user), page).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let [of_acme, of_foreign, ..] = *ids else { unreachable!("there are four") };
    assert_eq!(accessible(&ada, EVERYTHING).await, [of_acme]);
    assert_eq!(accessible(&root, EVERYTHING).await, [of_acme, of_foreign]);
    assert_eq!(accessible(&both, EVERYTHING).await, [of_acme, of_foreign]);
    assert_eq!(accessible(&user("eve@acme.com"), EVERYTHING).await, []);
    let first = PageRequest { after: None, limit: 1 };
    assert_eq!(accessible(&root, first).await, [of_acme]);
}
