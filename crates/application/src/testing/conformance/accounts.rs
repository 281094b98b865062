//! Users, passwords and sessions.

use futures_util::future::join_all;
use guildhall_domain::{Origin, Session, User, UserRole, UserStatus};

use super::{
    StoreUnderTest,
    support::{admin, at, id, organization, password, session, token, user},
};
use crate::ports::{Insertion, PasswordHash};

/// In any spelling, within a unit of work and across them.
pub async fn addresses_are_unique(store: StoreUnderTest) {
    let mut work = store.begin().await;
    for (email, outcome) in [
        ("Ada@acme.com", Insertion::Inserted),
        ("ada@ACME.com", Insertion::Conflict),
        ("ada.l@acme.com", Insertion::Inserted),
    ] {
        assert_eq!(work.users().insert(&user(email), &password()).await.unwrap(), outcome);
    }
    work.commit().await.unwrap();
    let mut work = store.begin().await;
    let outcome = work.users().insert(&user("ADA@acme.com"), &password()).await.unwrap();
    assert_eq!(outcome, Insertion::Conflict);
}

/// Every field comes back as it was.
pub async fn users_survive(store: StoreUnderTest) {
    let acme = organization("Acme", at(0));
    store.add_organizations(std::slice::from_ref(&acme)).await;
    let full = User {
        name: "Адa 🦀 \u{5E9}\u{5DC}\u{5D5}\u{5DD}".parse().unwrap(),
        role: UserRole::Admin,
        status: UserStatus::Deactivated,
        mfa_enabled: true,
        home: Some(acme.id),
        intended_organization: Some("Intended".parse().unwrap()),
        created_at: at(1),
        updated_at: at(999_999),
        last_sign_in_at: Some(at(1_000_001)),
        ..user("Zoë.O'Brien+x@bücher.example")
    };
    let plain = user("plain@acme.com");
    store.add_users(&[full.clone(), plain.clone()]).await;
    for original in [full, plain] {
        let found = store.users.by_email(&original.email).await.unwrap().unwrap();
        assert_eq!(found.account.user, original);
        assert_eq!(found.account.user.email.as_str(), original.email.as_str());
    }
    assert!(store.users.by_email(&"nobody@acme.com".parse().unwrap()).await.unwrap().is_none());
}

/// All that may change does, to something and back to nothing, and the rest
/// stays.
pub async fn a_user_is_changed(store: StoreUnderTest) {
    let (acme, mut ada, bob) =
        (organization("Acme", at(0)), user("ada@acme.com"), user("bob@acme.com"));
    store.add_organizations(std::slice::from_ref(&acme)).await;
    store.add_users(&[ada.clone(), bob.clone()]).await;
    for home in [Some(acme.id), None] {
        ada = User {
            name: "Countess".parse().unwrap(),
            role: UserRole::Admin,
            status: UserStatus::Deactivated,
            mfa_enabled: true,
            home,
            intended_organization: home.map(|_| "Acme".parse().unwrap()),
            updated_at: at(5),
            last_sign_in_at: home.map(|_| at(6)),
            ..ada
        };
        let mut work = store.begin().await;
        work.users().update(&ada).await.unwrap();
        work.commit().await.unwrap();
        let found = store.users.by_email(&ada.email).await.unwrap().unwrap();
        assert_eq!(found.account.user, ada);
        assert!(found.password == password());
    }
    let other = store.users.by_email(&bob.email).await.unwrap().unwrap();
    assert_eq!(other.account.user, bob);
}

/// A password's hash is read, and replaced for one user alone.
pub async fn passwords_are_kept_and_replaced(store: StoreUnderTest) {
    let (ada, bob) = (user("ada@acme.com"), admin("bob@acme.com"));
    let mut work = store.begin().await;
    assert!(!work.users().any_admin_exists().await.unwrap());
    for user in [&ada, &bob] {
        let _ = work.users().insert(user, &password()).await.unwrap();
    }
    assert!(work.users().any_admin_exists().await.unwrap());
    let other = PasswordHash::new("$argon2id$another".to_owned());
    work.users().set_password(ada.id, &other).await.unwrap();
    work.commit().await.unwrap();
    assert!(store.users.password_of(ada.id).await.unwrap() == Some(other));
    assert!(store.users.password_of(bob.id).await.unwrap() == Some(password()));
    assert!(store.users.password_of(id()).await.unwrap().is_none());
}

/// The name of the home organization, or else of the intended one.
pub async fn the_organization_field_is_home_or_intention(store: StoreUnderTest) {
    let acme = organization("Acme", at(0));
    store.add_organizations(std::slice::from_ref(&acme)).await;
    for (email, home, intended, shown) in [
        ("a@acme.com", Some(acme.id), None, Some("Acme")),
        ("b@acme.com", Some(acme.id), Some("Wish"), Some("Acme")),
        ("c@acme.com", None, Some("Wish"), Some("Wish")),
        ("d@acme.com", None, None, None),
    ] {
        let intended_organization = intended.map(|name| name.parse().unwrap());
        let user = User { home, intended_organization, ..user(email) };
        store.add_users(std::slice::from_ref(&user)).await;
        let found = store.users.by_email(&user.email).await.unwrap().unwrap();
        assert_eq!(found.account.organization.as_deref(), shown);
    }
}

/// With the account and its organization; also when they are live no more.
pub async fn sessions_are_found_by_token(store: StoreUnderTest) {
    let acme = organization("Acme", at(0));
    let ada = User { home: Some(acme.id), ..user("ada@acme.com") };
    store.add_organizations(std::slice::from_ref(&acme)).await;
    store.add_users(std::slice::from_ref(&ada)).await;
    let long_ago = session(&ada, at(-1_000_000_000_003));
    let nowhere = Session { origin: Origin::default(), ..session(&ada, at(1)) };
    store.add_sessions(&[(&long_ago, token(1)), (&nowhere, token(2))]).await;
    for (original, token) in [(long_ago, token(1)), (nowhere, token(2))] {
        let found = store.sessions.by_token(&token).await.unwrap().unwrap();
        assert_eq!(found.session, original);
        assert_eq!(found.account.user, ada);
        assert_eq!(found.account.organization.as_deref(), Some("Acme"));
    }
    assert!(store.sessions.by_token(&token(3)).await.unwrap().is_none());
}

/// More than go together at a time, some of them twice, and some of which there are none.
pub async fn whoever_asks_at_once_finds_their_own_session(store: StoreUnderTest) {
    let (ada, bob) = (user("ada@acme.com"), user("bob@acme.com"));
    store.add_users(&[ada.clone(), bob.clone()]).await;
    let owner = |number: u8| if number.is_multiple_of(2) { &ada } else { &bob };
    let sessions: Vec<_> =
        (0..75).map(|number| (session(owner(number), at(number.into())), token(number))).collect();
    let rows: Vec<_> = sessions.iter().map(|(session, token)| (session, *token)).collect();
    store.add_sessions(&rows).await;
    let asked: Vec<u8> = (0..100).chain(0..50).collect();
    let tokens: Vec<_> = asked.iter().map(|number| token(*number)).collect();
    let found = join_all(tokens.iter().map(|token| store.sessions.by_token(token))).await;
    for (number, found) in asked.into_iter().zip(found) {
        let found = found.unwrap().map(|found| (found.session, found.account.user));
        let session = sessions.get(usize::from(number)).map(|(session, _)| session.clone());
        assert_eq!(found, session.map(|session| (session, owner(number).clone())), "{number}");
    }
}

/// It is for the use case to refuse them.
pub async fn a_deactivated_user_comes_back_as_such(store: StoreUnderTest) {
    let mut ada = user("ada@acme.com");
    store.add_users(std::slice::from_ref(&ada)).await;
    store.add_sessions(&[(&session(&ada, at(0)), token(1))]).await;
    ada.status = UserStatus::Deactivated;
    let mut work = store.begin().await;
    work.users().update(&ada).await.unwrap();
    work.commit().await.unwrap();
    let found = store.sessions.by_token(&token(1)).await.unwrap().unwrap();
    assert_eq!(found.account.user.status, UserStatus::Deactivated);
}

/// Of that user, without those that ended.
pub async fn live_sessions_are_listed_newest_first(store: StoreUnderTest) {
    let (ada, bob) = (user("ada@acme.com"), user("bob@acme.com"));
    store.add_users(&[ada.clone(), bob.clone()]).await;
    let hour = 3_600_000_000;
    let [ended, older, newer] = [0, 1, 2].map(|micros| session(&ada, at(micros)));
    let foreign = session(&bob, at(3));
    store
        .add_sessions(&[
            (&older, token(1)),
            (&newer, token(2)),
            (&ended, token(3)),
            (&foreign, token(4)),
        ])
        .await;
    assert_eq!(store.sessions.live_of(ada.id, at(hour)).await.unwrap(), [newer, older]);
    assert_eq!(store.sessions.live_of(ada.id, at(hour + 2)).await.unwrap(), []);
}

/// Of each session the last one; of one that has been ended, nothing.
pub async fn uses_are_recorded(store: StoreUnderTest) {
    let ada = user("ada@acme.com");
    store.add_users(std::slice::from_ref(&ada)).await;
    let (begun, other) = (session(&ada, at(0)), session(&ada, at(0)));
    store.add_sessions(&[(&begun, token(1)), (&other, token(2))]).await;
    let used = Session { last_used_at: at(61_000_001), expires_at: at(99_000_001), ..begun };
    let mut work = store.begin().await;
    let ended = session(&ada, at(0));
    work.sessions().record_uses(&[(&ended).into(), (&used).into()]).await.unwrap();
    work.commit().await.unwrap();
    let earlier = Session { last_used_at: at(60_000_000), ..used.clone() };
    let mut work = store.begin().await;
    work.sessions().record_uses(&[(&earlier).into()]).await.unwrap();
    work.sessions().record_uses(&[]).await.unwrap();
    work.commit().await.unwrap();
    let found =
        async |number| store.sessions.by_token(&token(number)).await.unwrap().unwrap().session;
    assert_eq!(found(1).await, used);
    assert_eq!(found(2).await, other);
}

/// Somebody else's stay, and say nothing.
pub async fn only_own_sessions_are_removed(store: StoreUnderTest) {
    let (ada, bob) = (user("ada@acme.com"), user("bob@acme.com"));
    store.add_users(&[ada.clone(), bob.clone()]).await;
    let (own, foreign) = (session(&ada, at(0)), session(&bob, at(0)));
    store.add_sessions(&[(&own, token(1)), (&foreign, token(2))]).await;
    let mut work = store.begin().await;
    assert!(!work.sessions().remove(ada.id, foreign.id).await.unwrap());
    assert!(work.sessions().remove(ada.id, own.id).await.unwrap());
    assert!(!work.sessions().remove(ada.id, own.id).await.unwrap(), "it is gone already");
    work.commit().await.unwrap();
    assert!(store.sessions.by_token(&token(1)).await.unwrap().is_none());
    assert!(store.sessions.by_token(&token(2)).await.unwrap().is_some());
}

/// Of that user, but the one that is kept.
pub async fn all_other_sessions_are_removed(store: StoreUnderTest) {
    let (ada, bob) = (user("ada@acme.com"), user("bob@acme.com"));
    store.add_users(&[ada.clone(), bob.clone()]).await;
    let [kept, second, third] = [0, 1, 2].map(|micros| session(&ada, at(micros)));
    let foreign = session(&bob, at(3));
    store
        .add_sessions(&[
            (&kept, token(1)),
            (&second, token(2)),
            (&third, token(3)),
            (&foreign, token(4)),
        ])
        .await;
    let mut work = store.begin().await;
    let mut removed = work.sessions().remove_others(ada.id, kept.id).await.unwrap();
    work.commit().await.unwrap();
    removed.sort_unstable();
    let mut expected = [second.id, third.id];
    expected.sort_unstable();
    assert_eq!(removed, expected);
    assert_eq!(store.sessions.live_of(ada.id, at(9)).await.unwrap(), [kept]);
    assert_eq!(store.sessions.live_of(bob.id, at(9)).await.unwrap(), [foreign]);
}

/// Of that user, by when they began and else by id, beyond those that are kept.
pub async fn the_oldest_sessions_are_trimmed(store: StoreUnderTest) {
    let (ada, bob) = (user("ada@acme.com"), user("bob@acme.com"));
    store.add_users(&[ada.clone(), bob.clone()]).await;
    let mut twins = [session(&ada, at(1)), session(&ada, at(1))];
    twins.sort_by_key(|session| session.id);
    let [older_twin, newer_twin] = twins;
    let (newest, oldest, foreign) =
        (session(&ada, at(2)), session(&ada, at(0)), session(&bob, at(-1)));
    store
        .add_sessions(&[
            (&newest, token(1)),
            (&newer_twin, token(2)),
            (&oldest, token(3)),
            (&older_twin, token(4)),
            (&foreign, token(5)),
        ])
        .await;
    let mut work = store.begin().await;
    assert_eq!(work.sessions().trim(ada.id, 4).await.unwrap(), []);
    let mut trimmed = work.sessions().trim(ada.id, 2).await.unwrap();
    assert_eq!(work.sessions().trim(ada.id, 2).await.unwrap(), []);
    work.commit().await.unwrap();
    trimmed.sort_unstable();
    let mut expected = [oldest.id, older_twin.id];
    expected.sort_unstable();
    assert_eq!(trimmed, expected);
    assert_eq!(store.sessions.live_of(ada.id, at(9)).await.unwrap(), [newest, newer_twin]);
    assert_eq!(store.sessions.live_of(bob.id, at(9)).await.unwrap(), [foreign]);

    let mut work = store.begin().await;
    assert_eq!(work.sessions().trim(ada.id, 0).await.unwrap().len(), 2);
    work.commit().await.unwrap();
    assert_eq!(store.sessions.live_of(ada.id, at(9)).await.unwrap(), []);
}
