//! Forgetting a user, as far as the ports can tell. What remains of them on the
//! audit trail is for the tests of each adapter.

use guildhall_domain::{Invitation, Organization, OrganizationRole::Owner, User};

use super::{
    StoreUnderTest,
    mail::mail,
    requests::{first, look},
    support::{EVERYTHING, at, id, invitation, organization, session, token, user, viewer},
};
use crate::{
    Scope,
    ports::{
        Claim, MailSubject,
        Purpose::{EmailVerification, PasswordReset},
    },
};

/// Ada and Bob, of whom there is the same; only that Bob is a member.
struct Scene {
    acme: Organization,
    ada: User,
    bob: User,
    invited: [Invitation; 2],
    made: [Invitation; 2],
}

impl Scene {
    async fn set(store: &StoreUnderTest) -> Self {
        let acme = organization("Acme", at(0));
        store.add_organizations(std::slice::from_ref(&acme)).await;
        let [ada, bob] = ["Ada@acme.com", "Bob@acme.com"]
            .map(|email| User { home: Some(acme.id), ..user(email) });
        store.add_users(&[ada.clone(), bob.clone()]).await;
        store.add_members(&acme, &[(&bob, Owner)]).await;
        let sessions = [session(&ada, at(0)), session(&bob, at(0))];
        store.add_sessions(&[(&sessions[0], token(1)), (&sessions[1], token(2))]).await;
        for (user, number) in [(&ada, 10), (&bob, 20)] {
            store.give_token(user, EmailVerification, number, 99).await;
            store.give_token(user, PasswordReset, number + 1, 99).await;
            first(store, user.id, "key", 0, user.email.as_str()).await;
            let subjects = [
                MailSubject::EmailVerification(user.id),
                MailSubject::PasswordReset(user.email.clone()),
            ];
            store.enqueue(&subjects.map(|subject| mail(subject, 0))).await;
        }
        let invited = ["ADA@acme.com", "BOB@acme.com"].map(|email| invitation(&acme, email, at(0)));
        let made = [&ada, &bob].map(|by| {
            let email = format!("friend.of.{}", by.email.as_str().to_lowercase());
            Invitation { invited_by: Some(by.id), ..invitation(&acme, &email, at(1)) }
        });
        store.add_invitations(&acme, &invited).await;
        store.add_invitations(&acme, &made).await;
        Self { acme, ada, bob, invited, made }
    }

    async fn erase_ada(&self, store: &StoreUnderTest) {
        let mut work = store.begin().await;
        work.users().erase(&self.ada).await.unwrap();
        work.commit().await.unwrap();
    }
}

/// With their sessions, tokens and answers, and the address is free.
pub async fn an_erased_user_is_gone(store: StoreUnderTest) {
    let scene = Scene::set(&store).await;
    scene.erase_ada(&store).await;
    let ada = &scene.ada;
    assert!(store.users.by_email(&ada.email).await.unwrap().is_none());
    assert!(store.users.password_of(ada.id).await.unwrap().is_none());
    assert_eq!(store.users.get(viewer(ada), ada.id).await.unwrap(), None);
    assert!(store.sessions.by_token(&token(1)).await.unwrap().is_none());
    assert_eq!(store.take(EmailVerification, 10, 0).await, None);
    assert_eq!(store.take(PasswordReset, 11, 0).await, None);
    assert_eq!(look(&store, ada.id, "key", 0).await, Claim::First);
    let scope = Scope::of_entrant(&scene.acme);
    let [to_ada, _] = scene.invited;
    let [by_ada, _] = scene.made;
    assert_eq!(store.invitations.get(&scope, to_ada.id).await.unwrap(), None);
    let found = store.invitations.get(&scope, by_ada.id).await.unwrap();
    assert_eq!(found, Some(Invitation { invited_by: None, ..by_ada }));
    store.add_users(&[User { id: id(), ..user("ada@acme.com") }]).await;
}

/// Nor anything of theirs.
pub async fn nobody_else_is_erased(store: StoreUnderTest) {
    let scene = Scene::set(&store).await;
    scene.erase_ada(&store).await;
    let bob = &scene.bob;
    let found = store.users.by_email(&bob.email).await.unwrap().unwrap();
    assert_eq!(found.account.user, *bob);
    assert!(store.sessions.by_token(&token(2)).await.unwrap().is_some());
    assert!(matches!(look(&store, bob.id, "key", 0).await, Claim::Answered(..)));
    let scope = Scope::of_entrant(&scene.acme);
    for kept in [&scene.invited[1], &scene.made[1]] {
        assert_eq!(store.invitations.get(&scope, kept.id).await.unwrap().as_ref(), Some(kept));
    }
    assert_eq!(store.invitations.list(&scope, None, at(0), EVERYTHING).await.unwrap().len(), 3);
    let mut subjects: Vec<_> =
        store.claim_mail(9, 10, 9).await.into_iter().map(|job| job.subject).collect();
    subjects.sort_by_key(|subject| matches!(subject, MailSubject::PasswordReset(_)));
    let expected =
        [MailSubject::EmailVerification(bob.id), MailSubject::PasswordReset(bob.email.clone())];
    assert_eq!(subjects, expected);
    assert_eq!(store.take(EmailVerification, 20, 0).await, Some(bob.id));
    assert_eq!(store.take(PasswordReset, 21, 0).await, Some(bob.id));
}

/// What waits to be sent to the address, in whatever spelling it was asked for.
pub async fn what_was_sent_to_the_address_goes(store: StoreUnderTest) {
    let zoe = user("Zoë@acme.com");
    store.add_users(std::slice::from_ref(&zoe)).await;
    let jobs = ["Zoë@acme.com", "zoë@acme.com", "ZOË@ACME.com", "zoe@acme.com"]
        .map(|email| mail(MailSubject::PasswordReset(email.parse().unwrap()), 0));
    store.enqueue(&jobs).await;
    let mut work = store.begin().await;
    work.users().erase(&zoe).await.unwrap();
    work.commit().await.unwrap();
    let left: Vec<_> = store.claim_mail(9, 10, 9).await.into_iter().map(|job| job.id).collect();
    assert_eq!(left, [jobs[3].id]);
}

/// Of those of others, who invited it, and only of those; however many there are.
pub async fn answers_in_which_the_address_stands_go(store: StoreUnderTest) {
    let [ada, bob] = ["Ada@acme.com", "Bob@acme.com"].map(user);
    store.add_users(&[ada.clone(), bob.clone()]).await;
    let others = [("bada@acme.com", true), ("ada@acme.com.example", true), ("ADA@acme.com", false)];
    let keys: Vec<_> = (0..75).map(|number| format!("key-{number:02}")).collect();
    for (key, (address, _)) in keys.iter().zip(others.iter().cycle()) {
        let body = format!("{{\"items\":[{{\"email\":\"{address}\"}}]}}");
        first(&store, bob.id, key, 0, &body).await;
    }
    let mut work = store.begin().await;
    work.users().erase(&ada).await.unwrap();
    work.commit().await.unwrap();
    for (key, (address, stays)) in keys.iter().zip(others.iter().cycle()) {
        let found = look(&store, bob.id, key, 0).await;
        assert_eq!(matches!(found, Claim::Answered(..)), *stays, "{key}: {address}");
    }
}
