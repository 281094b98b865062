//! Members: added within the quota, changed, removed, found; and always of one
//! organization alone.

use std::{cell::Cell, sync::Arc};

use futures_util::future::join_all;
use guildhall_domain::{
    Membership, MembershipSource, Organization, OrganizationId,
    OrganizationRole::{self, Admin, Member, Owner},
    OrganizationStatus, Permission, Quota, Quotas, User, UserId, UserStatus, quota,
};
use tokio::sync::Barrier;

use super::{
    StoreUnderTest,
    management::change,
    paging::read_through,
    support::{EVERYTHING, at, id, membership, organization, user, viewer},
};
use crate::{
    Scope,
    ports::{Addition, MemberDetails, MemberFilter, UnitOfWork},
};

/// An organization with that many members at most.
pub(super) async fn limited(store: &StoreUnderTest, quotas: Quotas) -> Organization {
    let acme = Organization { quotas, ..organization("Acme", at(0)) };
    store.add_organizations(std::slice::from_ref(&acme)).await;
    acme
}

/// Users whose addresses begin with that name, added to the store.
async fn users<const N: usize>(store: &StoreUnderTest, names: [&str; N]) -> [User; N] {
    let users = names.map(|name| user(&format!("{name}@acme.com")));
    store.add_users(&users).await;
    users
}

async fn insert(
    work: &mut dyn UnitOfWork,
    organization: &Organization,
    membership: &Membership,
) -> Addition {
    work.memberships().insert(&Scope::of_entrant(organization), membership).await.unwrap()
}

async fn members(store: &StoreUnderTest, organization: &Organization) -> Vec<MemberDetails> {
    let scope = Scope::of_entrant(organization);
    store.members.list(&scope, &MemberFilter::default(), EVERYTHING).await.unwrap()
}

/// The counter of members, which is what the rows add up to.
async fn count(store: &StoreUnderTest, organization: OrganizationId) -> u32 {
    assert_eq!(store.maintenance.counter_drift().await.unwrap(), []);
    let mut work = store.begin().await;
    work.organizations().find(organization).await.unwrap().unwrap().users_count
}

/// The role, and the version that counts its changes; of one member alone.
pub async fn a_change_of_role_is_written(store: StoreUnderTest) {
    let acme = limited(&store, Quotas::default()).await;
    let [ada, bob] = users(&store, ["ada", "bob"]).await;
    store.add_members(&acme, &[(&ada, Owner), (&bob, Member)]).await;
    let scope = Scope::of_entrant(&acme);
    for (role, version) in [(Admin, 2), (Owner, 3), (Member, 4)] {
        let changed = Membership { role, version, ..membership(&acme, &bob, role) };
        let mut work = store.begin().await;
        let meddling = Membership {
            joined_at: at(99),
            source: MembershipSource::DefaultOrganization,
            ..changed
        };
        work.memberships().update(&scope, &meddling).await.unwrap();
        assert_eq!(work.memberships().find(&scope, bob.id).await.unwrap(), Some(changed));
        let other = work.memberships().find(&scope, ada.id).await.unwrap();
        assert_eq!(other, Some(membership(&acme, &ada, Owner)));
        assert_eq!(work.memberships().find(&scope, id()).await.unwrap(), None);
        work.commit().await.unwrap();
        let details = store.members.get(&scope, bob.id).await.unwrap().unwrap();
        assert_eq!((details.membership, &details.account.user), (changed, &bob));
    }
    assert_eq!(store.members.get(&scope, id()).await.unwrap(), None);
}

/// By fifty at once; the other forty-nine are told that there is no room.
pub async fn the_last_seat_is_taken_once(store: StoreUnderTest) {
    let acme =
        limited(&store, Quotas { users: Some(5), workspaces: Some(0), invitations: Some(0) }).await;
    let [a, b, c, d] = users(&store, ["a", "b", "c", "d"]).await;
    store.add_members(&acme, &[(&a, Owner), (&b, Admin), (&c, Member), (&d, Member)]).await;
    let tasks = (0..50).map(|number| {
        let (store, acme) = (store.clone(), acme.clone());
        tokio::spawn(async move {
            let user = user(&format!("user{number}@acme.com"));
            store.add_users(std::slice::from_ref(&user)).await;
            let mut work = store.begin().await;
            let outcome = insert(&mut *work, &acme, &membership(&acme, &user, Member)).await;
            work.commit().await.unwrap();
            outcome
        })
    });
    let outcomes: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    let full = Quota { resource: quota::Resource::Users, limit: Some(5), used: 5 };
    let count_of = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
    assert_eq!(count_of(Addition::Added), 1);
    assert_eq!(count_of(Addition::NoRoom(full)), 49);
    assert_eq!(count(&store, acme.id).await, 5);
    assert_eq!(members(&store, &acme).await.len(), 5);
}

/// Whether there is room for one more or not; and stays as they were.
pub async fn who_is_there_already_is_not_added(store: StoreUnderTest) {
    let acme = limited(&store, Quotas::default()).await;
    let [ada] = users(&store, ["ada"]).await;
    store.add_members(&acme, &[(&ada, Owner)]).await;
    for users in [None, Some(2), Some(1), Some(0)] {
        change(
            &store,
            &Organization { quotas: Quotas { users, ..Quotas::default() }, ..acme.clone() },
        )
        .await;
        let again = Membership { version: 7, ..membership(&acme, &ada, Member) };
        let mut work = store.begin().await;
        assert_eq!(insert(&mut *work, &acme, &again).await, Addition::AlreadyThere, "{users:?}");
        work.commit().await.unwrap();
        assert_eq!(count(&store, acme.id).await, 1);
        let listed = members(&store, &acme).await;
        assert_eq!(listed.first().unwrap().membership, membership(&acme, &ada, Owner));
    }
}

/// One that is suspended or deleted takes nobody, however it was found.
pub async fn a_closed_organization_takes_nobody(store: StoreUnderTest) {
    let acme = limited(&store, Quotas::default()).await;
    let [ada] = users(&store, ["ada"]).await;
    for (status, deleted_at) in
        [(OrganizationStatus::Suspended, None), (OrganizationStatus::Active, Some(at(9)))]
    {
        change(&store, &Organization { status, deleted_at, ..acme.clone() }).await;
        let mut work = store.begin().await;
        let outcome = insert(&mut *work, &acme, &membership(&acme, &ada, Member)).await;
        assert_eq!(outcome, Addition::Closed);
        work.commit().await.unwrap();
        assert_eq!(count(&store, acme.id).await, 0);
    }
}

/// A limit below what is used lets nobody in, and nobody out.
pub async fn a_lowered_limit_lets_nobody_in(store: StoreUnderTest) {
    let acme = limited(&store, Quotas::default()).await;
    let [ada, bob, eve] = users(&store, ["ada", "bob", "eve"]).await;
    store.add_members(&acme, &[(&ada, Owner), (&bob, Member)]).await;
    let quotas = Quotas { users: Some(1), ..Quotas::default() };
    change(&store, &Organization { quotas, ..acme.clone() }).await;
    let mut work = store.begin().await;
    let outcome = insert(&mut *work, &acme, &membership(&acme, &eve, Member)).await;
    let full = Quota { resource: quota::Resource::Users, limit: Some(1), used: 2 };
    assert_eq!(outcome, Addition::NoRoom(full));
    work.commit().await.unwrap();
    assert_eq!(count(&store, acme.id).await, 2);
}

/// Once, however often they are removed; their place is free again.
pub async fn a_removed_member_is_counted_no_more(store: StoreUnderTest) {
    let acme = limited(&store, Quotas { users: Some(2), ..Quotas::default() }).await;
    let [ada, bob, eve] = users(&store, ["ada", "bob", "eve"]).await;
    store.add_members(&acme, &[(&ada, Owner), (&bob, Member)]).await;
    let scope = Scope::of_entrant(&acme);
    let mut work = store.begin().await;
    for user in [&bob, &bob, &eve] {
        work.memberships().remove(&scope, user.id).await.unwrap();
    }
    assert_eq!(work.memberships().find(&scope, bob.id).await.unwrap(), None);
    work.commit().await.unwrap();
    assert_eq!(count(&store, acme.id).await, 1);
    assert_eq!(members(&store, &acme).await.len(), 1);
    store.add_members(&acme, &[(&eve, Member)]).await;
    assert_eq!(count(&store, acme.id).await, 2);
}

/// One of the same organization who may sign in, and no admin or member.
pub async fn another_owner_is_found(store: StoreUnderTest) {
    let (acme, other) = (organization("Acme", at(0)), organization("Other", at(1)));
    store.add_organizations(&[acme.clone(), other.clone()]).await;
    let [ada, bob, eve] = users(&store, ["ada", "bob", "eve"]).await;
    store.add_members(&acme, &[(&ada, Owner), (&bob, Owner), (&eve, Admin)]).await;
    store.add_members(&other, &[(&ada, Member), (&eve, Owner)]).await;
    for (organization, than, exists) in
        [(&acme, &ada, true), (&acme, &eve, true), (&other, &eve, false), (&other, &ada, true)]
    {
        let mut work = store.begin().await;
        let scope = Scope::of_entrant(organization);
        let found = work.memberships().another_owner_exists(&scope, than.id).await.unwrap();
        assert_eq!(found, exists, "{} beside {}", organization.name, than.email);
    }
    let mut work = store.begin().await;
    work.users().update(&User { status: UserStatus::Deactivated, ..bob }).await.unwrap();
    let scope = Scope::of_entrant(&acme);
    assert!(!work.memberships().another_owner_exists(&scope, ada.id).await.unwrap());
}

/// Two owners who step down at the same moment, each because the other is
/// there: behind a lock on the organization, only one of them does.
pub async fn the_last_owner_stays(store: StoreUnderTest) {
    let pair = users(&store, ["ada", "bob"]).await;
    for round in 0..10 {
        let acme = organization(&format!("Acme {round}"), at(round));
        store.add_organizations(std::slice::from_ref(&acme)).await;
        store.add_members(&acme, &[(&pair[0], Owner), (&pair[1], Owner)]).await;
        let start = Arc::new(Barrier::new(2));
        let tasks = pair.clone().map(|owner| {
            let (store, start, id) = (store.clone(), start.clone(), acme.id);
            tokio::spawn(async move {
                start.wait().await;
                step_down(&store, &owner, id).await
            })
        });
        let outcomes = join_all(tasks).await.into_iter().map(Result::unwrap);
        assert_eq!(outcomes.filter(|stepped_down| *stepped_down).count(), 1, "round {round}");
        let mut work = store.begin().await;
        let scope = Scope::of_entrant(&acme);
        let owners = work.memberships();
        let mut remaining = 0;
        for owner in &pair {
            let another = owners.another_owner_exists(&scope, owner.id).await.unwrap();
            remaining += u32::from(another);
        }
        assert_eq!(remaining, 1);
    }
}

async fn step_down(store: &StoreUnderTest, owner: &User, organization: OrganizationId) -> bool {
    let mut work = store.begin().await;
    let access = work.organizations().lock(viewer(owner), organization).await.unwrap().unwrap();
    let scope = access.require(Permission::ManageOwners).unwrap();
    let membership = work.memberships().find(&scope, owner.id).await.unwrap().unwrap();
    if !work.memberships().another_owner_exists(&scope, owner.id).await.unwrap() {
        return false;
    }
    let changed = Membership { role: Member, version: membership.version + 1, ..membership };
    work.memberships().update(&scope, &changed).await.unwrap();
    work.commit().await.unwrap();
    true
}

/// By a scope of this organization nobody of another is found, changed or
/// removed; and whoever is added is added here.
pub async fn other_members_are_out_of_reach(store: StoreUnderTest) {
    let (acme, other) = (organization("Acme", at(0)), organization("Other", at(1)));
    store.add_organizations(&[acme.clone(), other.clone()]).await;
    let [ada, both, eve] = users(&store, ["ada", "both", "eve"]).await;
    store.add_members(&acme, &[(&ada, Owner), (&both, Admin)]).await;
    store.add_members(&other, &[(&both, Admin), (&eve, Owner)]).await;
    let untouched = members(&store, &other).await;

    let mut work = store.begin().await;
    let access = work.organizations().lock(viewer(&ada), acme.id).await.unwrap().unwrap();
    let scope = access.require(Permission::ManageMembers).unwrap();
    assert_eq!(work.memberships().find(&scope, eve.id).await.unwrap(), None);
    for user in [&eve, &both] {
        let foreign = membership(&other, user, Member);
        work.memberships().update(&scope, &foreign).await.unwrap();
        work.memberships().remove(&scope, user.id).await.unwrap();
    }
    let added = work.memberships().insert(&scope, &membership(&other, &both, Member)).await;
    assert_eq!(added.unwrap(), Addition::Added, "here, though there already in the other");
    work.commit().await.unwrap();

    assert_eq!(members(&store, &other).await, untouched);
    assert_eq!((count(&store, acme.id).await, count(&store, other.id).await), (2, 2));
    assert_eq!(store.members.get(&scope, eve.id).await.unwrap(), None);
    let here = store.members.get(&scope, both.id).await.unwrap().unwrap().membership;
    assert_eq!(here, membership(&acme, &both, Member));
}

/// By a part of the name or of the address, in any spelling, and by role. None
/// of what is sought is a wildcard.
pub async fn members_are_found_by_text_and_role(store: StoreUnderTest) {
    let acme = limited(&store, Quotas::default()).await;
    for (name, email, role) in [
        ("Ada Lovelace", "ada@acme.com", Owner),
        ("100% Bob", "bob@acme.com", Admin),
        ("Жанна Straße", "x_y@acme.com", Member),
        ("Ren\u{E9}e \\ O'Neill", "jürgen+tag@acme.org", Member),
        ("İnci 🦀", "inci@acme.com", Member),
    ] {
        let user = User { name: name.parse().unwrap(), ..user(email) };
        store.add_users(std::slice::from_ref(&user)).await;
        store.add_members(&acme, &[(&user, role)]).await;
    }
    let scope = Scope::of_entrant(&acme);
    let found = async |text: &str, role: Option<OrganizationRole>| {
        let filter = MemberFilter { text: Some(text.to_owned()), role };
        let rows = store.members.list(&scope, &filter, EVERYTHING).await.unwrap();
        let name = |row: MemberDetails| row.account.user.name.as_str().to_owned();
        let mut names: Vec<_> = rows.into_iter().map(name).collect();
        names.sort();
        names
    };
    let renee = "Ren\u{E9}e \\ O'Neill";
    for (text, role, expected) in [
        ("ada", None, vec!["Ada Lovelace"]),
        ("DA LOVE", None, vec!["Ada Lovelace"]),
        ("ada@ACME", None, vec!["Ada Lovelace"]),
        ("%", None, vec!["100% Bob"]),
        ("a%e", None, vec![]),
        ("_", None, vec!["Жанна Straße"]),
        ("a_a", None, vec![]),
        ("\\", None, vec![renee]),
        ("'", None, vec![renee]),
        ("жАННА", None, vec!["Жанна Straße"]),
        ("STRASSE", None, vec!["Жанна Straße"]),
        ("RENE\u{301}E", None, vec![renee]),
        ("renee", None, vec![]),
        ("JÜRG", None, vec![renee]),
        ("İNC", None, vec!["İnci 🦀"]),
        ("🦀", None, vec!["İnci 🦀"]),
        ("\u{200B}Ada\u{200D}", None, vec!["Ada Lovelace"]),
        ("a", Some(Owner), vec!["Ada Lovelace"]),
        ("acme.com", Some(Admin), vec!["100% Bob"]),
        ("acme.com", Some(Member), vec!["İnci 🦀", "Жанна Straße"]),
        ("ada", Some(Member), vec![]),
        ("nobody at all", None, vec![]),
    ] {
        assert_eq!(found(text, role).await, expected, "{text:?} {role:?}");
    }
    let admins = MemberFilter { text: None, role: Some(Admin) };
    let rows = store.members.list(&scope, &admins, EVERYTHING).await.unwrap();
    assert_eq!(rows.len(), 1);
}

/// A new name is found, and the old one no more.
pub async fn a_renamed_member_is_found_by_the_new_name(store: StoreUnderTest) {
    let acme = limited(&store, Quotas::default()).await;
    let [ada] = users(&store, ["a"]).await;
    store.add_members(&acme, &[(&ada, Owner)]).await;
    let mut work = store.begin().await;
    let renamed = User { name: "ÉMILIE".parse().unwrap(), ..ada };
    work.users().update(&renamed).await.unwrap();
    work.commit().await.unwrap();
    for (text, count) in [("émilie", 1), ("lovelace", 0)] {
        let filter = MemberFilter { text: Some(text.to_owned()), role: None };
        let scope = Scope::of_entrant(&acme);
        assert_eq!(store.members.list(&scope, &filter, EVERYTHING).await.unwrap().len(), count);
    }
}

/// Page after page, each member who stays comes once, while others come and go.
pub async fn pages_of_members_are_complete(store: StoreUnderTest) {
    let (acme, other) = (organization("Acme", at(0)), organization("Other", at(1)));
    store.add_organizations(&[acme.clone(), other.clone()]).await;
    let number = Cell::new(0_i64);
    let join = async |count: usize| {
        let mut added = Vec::new();
        let mut work = store.begin().await;
        for _ in 0..count {
            number.set(number.get() + 1);
            let user = user(&format!("user{}@acme.com", number.get()));
            let _ = work.users().insert(&user, &super::support::password()).await.unwrap();
            for organization in [&acme, &other] {
                let joined_at = at(number.get() % 4);
                let member = Membership { joined_at, ..membership(organization, &user, Member) };
                assert_eq!(insert(&mut *work, organization, &member).await, Addition::Added);
            }
            added.push(user.id);
        }
        work.commit().await.unwrap();
        added
    };
    let lasting: Vec<UserId> = join(40).await;
    let mut passing = join(20).await;
    let scope = Scope::of_entrant(&acme);
    let everybody = MemberFilter::default();
    read_through(
        &lasting.iter().map(UserId::as_uuid).collect::<Vec<_>>(),
        async |page| store.members.list(&scope, &everybody, page).await.unwrap(),
        MemberDetails::cursor,
        async || {
            let mut work = store.begin().await;
            for user in passing.drain(..passing.len() / 2) {
                work.memberships().remove(&scope, user).await.unwrap();
            }
            work.commit().await.unwrap();
            passing.extend(join(5).await);
        },
    )
    .await;
    assert_eq!(count(&store, acme.id).await as usize, members(&store, &acme).await.len());
}
