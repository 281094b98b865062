//! Changes of every kind in an order that chance makes, some committed and some given
//! up; after each, every answer of the cache is the store's.

use guildhall_application::{
    Caller, PageRequest,
    caller::Viewer,
    ports::{
        Change, Insertion, OrganizationQueries, SessionQueries, StatsQueries, Store, TokenHash,
    },
    testing::{at, caller, organization, password_hash, session, user},
};
use guildhall_domain::{
    Membership, MembershipSource, Organization, OrganizationRole, Permission, User, UserRole,
    UserStatus, Workspace, WorkspaceId, WorkspaceName,
};
use guildhall_persistence::{Backend, DieselStore, testing::backends};
use uuid::Uuid;

use crate::scene::Scene;

const STEPS: u32 = 250;
const USERS: u128 = 4;
const ORGANIZATIONS: u128 = 4;

/// Numbers that follow from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u128) -> u128 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        u128::from(mixed ^ (mixed >> 31)) % bound
    }

    fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        let count = values.len().try_into().unwrap();
        *values.get(usize::try_from(self.below(count)).unwrap()).unwrap()
    }
}

fn person(number: u128) -> User {
    user(100 + number, &format!("user{number}@acme.com"), UserRole::User)
}

fn root() -> User {
    user(99, "root@acme.com", UserRole::Admin)
}

fn acme(number: u128) -> Organization {
    organization(200 + number, &format!("Acme {number}"), None)
}

fn viewer(user: &User) -> Viewer {
    Caller { user: user.clone(), ..caller(user.role) }.viewer()
}

fn token(number: u128) -> TokenHash {
    TokenHash::new([u8::try_from(number).unwrap(); 32])
}

async fn fill(store: &DieselStore) {
    let mut work = store.begin().await.unwrap();
    for user in (0..USERS).map(person).chain([root()]) {
        let inserted = work.users().insert(&user, &password_hash("hash")).await.unwrap();
        assert_eq!(inserted, Insertion::Inserted);
    }
    for number in 0..ORGANIZATIONS {
        let inserted = work.organizations().insert(&acme(number)).await.unwrap();
        assert_eq!(inserted, Insertion::Inserted);
    }
    work.commit().await.unwrap();
}

/// Makes a change of a kind, to things that chance picks, and may commit it.
async fn step(store: &DieselStore, dice: &mut Dice) {
    let root = viewer(&root());
    let mut member = person(dice.below(USERS));
    let place = dice.below(ORGANIZATIONS);
    let id = acme(place).id;
    let number = dice.below(USERS);
    let kind = dice.below(12);
    let mut work = store.begin().await.unwrap();
    match kind {
        0 => {
            let old = session(300 + number, person(number).id);
            work.sessions().remove(old.user, old.id).await.unwrap();
            work.sessions().insert(&old, &token(number)).await.unwrap();
        }
        1 => {
            work.sessions().remove_all(member.id).await.unwrap();
        }
        2 => {
            work.sessions().trim(member.id, 0).await.unwrap();
        }
        3 => {
            let mut used = session(300 + number, person(number).id);
            used.last_used_at = at(i64::try_from(1000 + dice.below(1000)).unwrap());
            work.sessions().record_uses(&[(&used).into()]).await.unwrap();
        }
        4 => {
            member.status = dice.one_of(&[UserStatus::Active, UserStatus::Deactivated]);
            member.home = (dice.below(2) == 0).then_some(id);
            work.users().update(&member).await.unwrap();
        }
        5 => {
            let Some(access) = work.organizations().lock_deleted(root, id).await.unwrap() else {
                return;
            };
            let scope = access.require(Permission::UpdateOrganization).unwrap();
            let restored = Organization { deleted_at: None, ..access.organization().clone() };
            let change = work.organizations().update(&scope, &restored).await.unwrap();
            assert_eq!(change, Change::Made);
        }
        _ => {
            let Some(access) = work.organizations().lock(root, id).await.unwrap() else { return };
            let scope = access.require(Permission::ManageMembers).unwrap();
            let role = dice.one_of(&OrganizationRole::ALL);
            let membership = Membership {
                organization: id,
                user: member.id,
                role,
                source: MembershipSource::Administrator,
                joined_at: at(1),
                version: 1,
            };
            let workspace = WorkspaceId::new(Uuid::from_u128(400 + 10 * place + number));
            let workspace = Workspace::new(workspace, id, WorkspaceName::numbered(1), at(2));
            match kind {
                6 | 7 => {
                    let _ = work.memberships().insert(&scope, &membership).await.unwrap();
                }
                8 => work.memberships().update(&scope, &membership).await.unwrap(),
                9 => work.memberships().remove(&scope, member.id).await.unwrap(),
                10 => {
                    let found = work.workspaces().find(&scope, workspace.id).await.unwrap();
                    if found.is_some() {
                        work.workspaces().remove(&scope, workspace.id).await.unwrap();
                    } else {
                        let _ = work.workspaces().insert(&scope, &[workspace]).await.unwrap();
                    }
                }
                _ => {
                    let mut changed = access.organization().clone();
                    changed.version += 1;
                    changed.deleted_at = (dice.below(3) == 0).then(|| at(5));
                    let change = work.organizations().update(&scope, &changed).await.unwrap();
                    assert_eq!(change, Change::Made);
                }
            }
        }
    }
    if dice.below(5) > 0 {
        work.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_copy_outlives_what_it_shows() {
    for backend in backends() {
        for seed in 0..2 {
            walk(backend, seed).await;
        }
    }
}

async fn walk(backend: Backend, seed: u64) {
    let Some(scene) = Scene::on(backend) else { return };
    fill(&scene.store).await;
    let asks = &*scene.checked;
    for number in 0..USERS {
        asks.by_token(&token(number)).await.unwrap();
        let eyes = viewer(&person(number));
        for limit in [1, 3, 10] {
            let page = PageRequest { after: None, limit };
            OrganizationQueries::accessible_to(asks, eyes, page).await.unwrap();
        }
        asks.snapshot(eyes, at(100), at(0)).await.unwrap();
        for organization in 0..ORGANIZATIONS {
            asks.access(eyes, acme(organization).id).await.unwrap();
        }
    }
    let mut dice = Dice(seed);
    for _ in 0..STEPS {
        step(&scene.store, &mut dice).await;
        scene.checked.check().await;
    }
    let used: u64 = scene.cache.state().shelves.iter().map(|shelf| shelf.hits).sum();
    assert!(used > u64::from(STEPS), "the cache was hardly ever asked: {used}");
}
