//! Tokens that are good for one thing, once.

use futures_util::future::join_all;
use guildhall_domain::{User, UserId};

use super::{
    StoreUnderTest,
    support::{at, token, user},
};
use crate::ports::Purpose::{self, EmailVerification, PasswordReset};

impl StoreUnderTest {
    /// Gives a user a token that is good before `expires_at`, and commits.
    pub(super) async fn give_token(
        &self,
        user: &User,
        purpose: Purpose,
        number: u8,
        expires_at: i64,
    ) {
        let mut work = self.begin().await;
        let (token, expires_at) = (token(number), at(expires_at));
        work.one_time_tokens().replace(user.id, purpose, &token, expires_at).await.unwrap();
        work.commit().await.unwrap();
    }

    /// Takes a token, and commits.
    pub(super) async fn take(&self, purpose: Purpose, number: u8, now: i64) -> Option<UserId> {
        let mut work = self.begin().await;
        let taken = work.one_time_tokens().take(purpose, &token(number), at(now)).await.unwrap();
        work.commit().await.unwrap();
        taken
    }
}

/// Two users, committed.
async fn users(store: &StoreUnderTest) -> (User, User) {
    let (ada, bob) = (user("ada@acme.com"), user("bob@acme.com"));
    store.add_users(&[ada.clone(), bob.clone()]).await;
    (ada, bob)
}

/// For its own purpose alone; and one that was taken in vain stays good.
pub async fn a_token_is_taken_once(store: StoreUnderTest) {
    let (ada, bob) = users(&store).await;
    store.give_token(&ada, EmailVerification, 1, 10).await;
    store.give_token(&ada, PasswordReset, 2, 10).await;
    store.give_token(&bob, PasswordReset, 3, 10).await;
    assert_eq!(store.take(PasswordReset, 1, 0).await, None, "it is for something else");
    assert_eq!(store.take(EmailVerification, 9, 0).await, None, "nobody has it");
    let mut work = store.begin().await;
    let taken = work.one_time_tokens().take(EmailVerification, &token(1), at(0)).await.unwrap();
    assert_eq!(taken, Some(ada.id));
    drop(work);
    for (purpose, number, whose) in
        [(EmailVerification, 1, &ada), (PasswordReset, 2, &ada), (PasswordReset, 3, &bob)]
    {
        assert_eq!(store.take(purpose, number, 0).await, Some(whose.id));
        assert_eq!(store.take(purpose, number, 0).await, None, "it was used");
    }
}

/// And the other nine find nothing.
pub async fn of_ten_at_once_one_takes_it(store: StoreUnderTest) {
    let (ada, _) = users(&store).await;
    for round in 1..=5 {
        store.give_token(&ada, PasswordReset, round, 10).await;
        let tasks = (0..10).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.take(PasswordReset, round, 0).await })
        });
        let outcomes = join_all(tasks).await.into_iter().map(Result::unwrap);
        assert_eq!(outcomes.flatten().collect::<Vec<_>>(), [ada.id], "round {round}");
    }
}

/// Of the same user and for the same purpose.
pub async fn a_new_token_kills_the_former(store: StoreUnderTest) {
    let (ada, bob) = users(&store).await;
    store.give_token(&ada, PasswordReset, 1, 99).await;
    store.give_token(&ada, EmailVerification, 2, 99).await;
    store.give_token(&bob, PasswordReset, 3, 99).await;
    store.give_token(&ada, PasswordReset, 4, 50).await;
    assert_eq!(store.take(PasswordReset, 1, 0).await, None);
    assert_eq!(store.take(PasswordReset, 4, 50).await, None, "it has an end of its own");
    assert_eq!(store.take(PasswordReset, 4, 49).await, Some(ada.id));
    assert_eq!(store.take(EmailVerification, 2, 0).await, Some(ada.id));
    assert_eq!(store.take(PasswordReset, 3, 0).await, Some(bob.id));
}

/// At its end it is good no more.
pub async fn a_token_expires(store: StoreUnderTest) {
    let (ada, _) = users(&store).await;
    store.give_token(&ada, PasswordReset, 1, 10).await;
    assert_eq!(store.take(PasswordReset, 1, 11).await, None);
    assert_eq!(store.take(PasswordReset, 1, 10).await, None);
    assert_eq!(store.take(PasswordReset, 1, 9).await, Some(ada.id));
}

/// Of that user and for that purpose alone, and if they have one.
pub async fn a_revoked_token_is_dead(store: StoreUnderTest) {
    let (ada, bob) = users(&store).await;
    store.give_token(&ada, PasswordReset, 1, 10).await;
    store.give_token(&ada, EmailVerification, 2, 10).await;
    store.give_token(&bob, PasswordReset, 3, 10).await;
    for _ in 0..2 {
        let mut work = store.begin().await;
        work.one_time_tokens().revoke(ada.id, PasswordReset).await.unwrap();
        work.commit().await.unwrap();
    }
    assert_eq!(store.take(PasswordReset, 1, 0).await, None);
    assert_eq!(store.take(EmailVerification, 2, 0).await, Some(ada.id));
    assert_eq!(store.take(PasswordReset, 3, 0).await, Some(bob.id));
}
