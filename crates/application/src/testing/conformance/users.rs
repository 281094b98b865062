//! Users: who knows of whom, how they are found, and who is there beside one.

use std::cell::Cell;

use guildhall_domain::{
    Organization,
    OrganizationRole::{Admin, Member, Owner},
    OrganizationStatus, User, UserId, UserRole, UserStatus,
};

use super::{
    StoreUnderTest,
    management::{change, delete},
    paging::read_through,
    support::{EVERYTHING, admin, at, id, organization, user, viewer},
};
use crate::ports::{UserFilter, UserWithOrganization};

/// The beginnings of the addresses of everybody that a user knows of, whom
/// `get` has to show as well, and nobody else.
async fn known_to(store: &StoreUnderTest, eyes: &User, everybody: &[&User]) -> Vec<String> {
    let listed =
        store.users.visible_to(viewer(eyes), &UserFilter::default(), EVERYTHING).await.unwrap();
    for user in everybody {
        let row = listed.iter().find(|row| row.user.id == user.id);
        let found = store.users.get(viewer(eyes), user.id).await.unwrap();
        assert_eq!(found.as_ref(), row, "{} in the eyes of {}", user.email, eyes.email);
    }
    let mut names: Vec<_> =
        listed.iter().map(|row| row.user.email.local_part().to_owned()).collect();
    names.sort();
    names
}

/// Also those who belong to nothing, and with their organizations.
pub async fn an_admin_knows_everybody(store: StoreUnderTest) {
    let acme = organization("Acme", at(0));
    store.add_organizations(std::slice::from_ref(&acme)).await;
    let ada = User { home: Some(acme.id), created_at: at(3), ..user("ada@acme.com") };
    let intended_organization = Some("Wish".parse().unwrap());
    let bob = User { intended_organization, created_at: at(2), ..user("bob@acme.com") };
    let root = User { created_at: at(1), ..admin("root@example.com") };
    store.add_users(&[bob.clone(), root.clone(), ada.clone()]).await;
    let everybody = UserFilter::default();
    let listed = store.users.visible_to(viewer(&root), &everybody, EVERYTHING).await.unwrap();
    let expected = [(ada, Some("Acme")), (bob, Some("Wish")), (root.clone(), None)].map(
        |(user, organization)| UserWithOrganization {
            user,
            organization: organization.map(ToOwned::to_owned),
        },
    );
    assert_eq!(listed, expected);
    for account in &expected {
        let found = store.users.get(viewer(&root), account.user.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(account));
    }
    assert_eq!(store.users.get(viewer(&root), id()).await.unwrap(), None);
}

/// Themselves; and the members of organizations in which their role lets them
/// see members, while those are in use.
pub async fn others_know_whose_members_they_may_see(store: StoreUnderTest) {
    let (acme, other) = (organization("Acme", at(0)), organization("Other", at(1)));
    store.add_organizations(&[acme.clone(), other.clone()]).await;
    let names = ["owner", "manager", "member", "far", "stranger"];
    let users = names.map(|name| user(&format!("{name}@acme.com")));
    let [owner, manager, member, far, _] = &users;
    store.add_users(&users).await;
    store.add_members(&acme, &[(owner, Owner), (manager, Admin), (member, Member)]).await;
    store.add_members(&other, &[(far, Owner), (owner, Member)]).await;
    let everybody: Vec<_> = users.iter().collect();
    let check = async |organization: &Organization, expected: [&[&str]; 5]| {
        change(&store, organization).await;
        for (eyes, expected) in users.iter().zip(expected) {
            let known = known_to(&store, eyes, &everybody).await;
            assert_eq!(known, expected, "{} of {organization:?}", eyes.email);
        }
    };
    let all: &[&str] = &["far", "manager", "member", "owner"];
    let own: &[&str] = &["manager", "member", "owner"];
    let far_off: &[&str] = &["far", "owner"];
    let only_far: &[&str] = far_off;
    let strange: &[&str] = &["stranger"];
    check(&acme, [all, own, own, far_off, strange]).await;

    let suspended = Organization { status: OrganizationStatus::Suspended, ..acme.clone() };
    check(&suspended, [all, &["manager"], &["member"], far_off, strange]).await;
    let deleted = Organization { deleted_at: Some(at(9)), ..acme.clone() };
    check(&deleted, [only_far, &["manager"], &["member"], far_off, strange]).await;
    let both = Organization { deleted_at: Some(at(9)), ..suspended };
    check(&both, [only_far, &["manager"], &["member"], far_off, strange]).await;

    // In the default organization, members do not see one another.
    let mut work = store.begin().await;
    work.installation().set_default_organization(acme.id).await.unwrap();
    work.commit().await.unwrap();
    let default = Organization { is_default: true, ..acme };
    check(&default, [all, own, &["member"], far_off, strange]).await;
}

/// A part of the name or of the address, in any case; a status; or both. And
/// never beyond whom the viewer knows of.
pub async fn users_are_found_by_text_and_status(store: StoreUnderTest) {
    let root = admin("root@example.com");
    let deactivated = User { status: UserStatus::Deactivated, ..user("grace@acme.com") };
    let spelt = User { name: "Straße 100%".parse().unwrap(), ..user("bob_x@acme.com") };
    let plain = user("bobbx@other.com");
    let users = [&root, &deactivated, &spelt, &plain];
    store.add_users(&users.map(Clone::clone)).await;
    let find = async |eyes: &User, text: Option<&str>, status| {
        let filter = UserFilter { text: text.map(ToOwned::to_owned), status };
        let found = store.users.visible_to(viewer(eyes), &filter, EVERYTHING).await.unwrap();
        let mut names: Vec<_> =
            found.iter().map(|row| row.user.email.local_part().to_owned()).collect();
        names.sort();
        names
    };
    let (active, deactivated_only) = (Some(UserStatus::Active), Some(UserStatus::Deactivated));
    for (text, status, expected) in [
        (None, None, &["bob_x", "bobbx", "grace", "root"][..]),
        (None, active, &["bob_x", "bobbx", "root"]),
        (None, deactivated_only, &["grace"]),
        (Some("ACME.com"), None, &["bob_x", "grace"]),
        (Some("ACME.com"), active, &["bob_x"]),
        (Some("lovelace"), None, &["bobbx", "grace", "root"]),
        (Some("STRASSE"), None, &["bob_x"]),
        (Some("0%"), None, &["bob_x"]),
        (Some("b_x"), None, &["bob_x"]),
        (Some("a\\"), None, &[]),
        (Some("nobody"), None, &[]),
    ] {
        assert_eq!(find(&root, text, status).await, expected, "{text:?} {status:?}");
    }
    assert_eq!(find(&plain, Some("bob"), None).await, ["bobbx"]);
    assert_eq!(find(&plain, Some("root"), None).await, Vec::<String>::new());
    assert_eq!(find(&plain, None, deactivated_only).await, Vec::<String>::new());
}

/// While users come between one page and the next; for a platform admin and
/// for somebody who shares an organization with them all.
pub async fn pages_of_users_are_complete(store: StoreUnderTest) {
    let acme = organization("Acme", at(0));
    store.add_organizations(std::slice::from_ref(&acme)).await;
    let number = Cell::new(0_i64);
    let come = async |count: usize| -> Vec<User> {
        let mut added = Vec::new();
        for _ in 0..count {
            number.set(number.get() + 1);
            let created_at = at(number.get() % 4);
            added.push(User { created_at, ..user(&format!("user{}@acme.com", number.get())) });
        }
        store.add_users(&added).await;
        let members: Vec<_> = added.iter().map(|user| (user, Member)).collect();
        store.add_members(&acme, &members).await;
        added
    };
    let lasting: Vec<User> = come(40).await;
    let ids: Vec<_> = lasting.iter().map(|user| user.id.as_uuid()).collect();
    let everybody = UserFilter::default();
    for eyes in [&admin("root@example.com"), lasting.first().unwrap()] {
        read_through(
            &ids,
            async |page| store.users.visible_to(viewer(eyes), &everybody, page).await.unwrap(),
            UserWithOrganization::cursor,
            async || {
                come(2).await;
            },
        )
        .await;
    }
}

/// One who may sign in.
pub async fn another_admin_is_found(store: StoreUnderTest) {
    let (root, ada) = (admin("root@example.com"), user("ada@acme.com"));
    let gone = User { status: UserStatus::Deactivated, ..admin("gone@example.com") };
    store.add_users(&[root.clone(), ada.clone(), gone.clone()]).await;
    let mut work = store.begin().await;
    for (than, exists) in [(&root, false), (&ada, true), (&gone, true)] {
        let found = work.users().another_admin_exists(than.id).await.unwrap();
        assert_eq!(found, exists, "{}", than.email);
    }
    work.users().update(&User { role: UserRole::Admin, ..ada.clone() }).await.unwrap();
    assert!(work.users().another_admin_exists(root.id).await.unwrap());
    assert!(work.users().another_admin_exists(ada.id).await.unwrap());
}

/// Whatever their state, in the order of their ids; and of nobody else.
pub async fn organizations_of_a_user_are_found(store: StoreUnderTest) {
    let (ada, bob) = (user("ada@acme.com"), user("bob@acme.com"));
    store.add_users(&[ada.clone(), bob.clone()]).await;
    let organizations: Vec<_> =
        (0..6).map(|number| organization(&format!("Acme {number}"), at(number))).collect();
    store.add_organizations(&organizations).await;
    for (number, organization) in organizations.iter().enumerate() {
        let member = if number == 5 { &bob } else { &ada };
        store.add_members(organization, &[(member, Owner)]).await;
    }
    delete(&store, &organizations[1], 9).await;
    let suspended =
        Organization { status: OrganizationStatus::Suspended, ..organizations[2].clone() };
    change(&store, &suspended).await;
    let mut expected: Vec<_> = organizations[..5].iter().map(|acme| acme.id).collect();
    expected.sort_unstable();
    let mut work = store.begin().await;
    assert_eq!(work.users().organizations_of(ada.id).await.unwrap(), expected);
    assert_eq!(work.users().organizations_of(bob.id).await.unwrap(), [organizations[5].id]);
    let nobody: UserId = id();
    assert_eq!(work.users().organizations_of(nobody).await.unwrap(), []);
}

/// In any spelling; and who locks the same user waits.
pub async fn a_user_is_locked_by_address(store: StoreUnderTest) {
    let ada = user("Ada@acme.com");
    store.add_users(&[ada.clone(), user("bob@acme.com")]).await;
    let mut work = store.begin().await;
    let nobody = "nobody@acme.com".parse().unwrap();
    assert_eq!(work.users().lock_by_email(&nobody).await.unwrap(), None);
    let spelt = "ADA@ACME.com".parse().unwrap();
    assert_eq!(work.users().lock_by_email(&spelt).await.unwrap().as_ref(), Some(&ada));
    let second = tokio::spawn({
        let (store, id) = (store.clone(), ada.id);
        async move { store.begin().await.users().lock(id).await.unwrap().unwrap().0 }
    });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert!(!second.is_finished(), "it must wait for the first");
    let changed = User { name: "Countess".parse().unwrap(), version: 2, ..ada };
    work.users().update(&changed).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(second.await.unwrap(), changed);
}
