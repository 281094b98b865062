//! Requests that were answered, so that a repetition is answered alike.

use std::time::Duration;

use futures_util::future::join_all;
use guildhall_domain::UserId;
use tokio::time;

use super::{
    StoreUnderTest,
    support::{at, id},
};
use crate::{
    idempotency::{Answer, IdempotencyKey, RequestFingerprint},
    ports::{Claim, UnitOfWork},
};

fn key(text: &str) -> IdempotencyKey {
    text.parse().unwrap()
}

fn answer(body: &str) -> Answer {
    let headers = [("location", "/organizations/1"), ("etag", "\"1\""), ("x-note", "\\ é")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Answer { status: 201, headers: headers.into(), body: body.to_owned() }
}

/// Claims a key of an actor for what the number stands for, as of a moment in
/// which what is older than ten microseconds is forgotten.
async fn claim(work: &mut dyn UnitOfWork, actor: UserId, text: &str, what: u8, now: i64) -> Claim {
    let fingerprint = RequestFingerprint([what; 32]);
    let (now, since) = (at(now), at(now - 10));
    work.answered_requests().claim(actor, &key(text), &fingerprint, now, since).await.unwrap()
}

/// Answers a request that is the first of its key, and commits.
pub(super) async fn first(store: &StoreUnderTest, actor: UserId, text: &str, now: i64, body: &str) {
    let mut work = store.begin().await;
    assert_eq!(claim(&mut *work, actor, text, 1, now).await, Claim::First);
    work.answered_requests().keep(actor, &key(text), &answer(body)).await.unwrap();
    work.commit().await.unwrap();
}

/// What a request with that key comes to, without answering it.
pub(super) async fn look(store: &StoreUnderTest, actor: UserId, text: &str, now: i64) -> Claim {
    let mut work = store.begin().await;
    claim(&mut *work, actor, text, 1, now).await
}

fn answered(body: &str) -> Claim {
    Claim::Answered(RequestFingerprint([1; 32]), answer(body))
}

/// With every part of the answer; and another request is told by what it asks.
pub async fn a_repetition_is_answered_alike(store: StoreUnderTest) {
    let ada = id();
    let body = "{\"name\":\"\u{1F980} \\u0000 \\\"quoted\\\"\"}\n";
    first(&store, ada, "key", 0, body).await;
    for what in [1, 2] {
        let mut work = store.begin().await;
        assert_eq!(claim(&mut *work, ada, "key", what, 5).await, answered(body), "{what}");
        work.commit().await.unwrap();
    }
    let longest = "~".repeat(IdempotencyKey::MAX_CHARACTERS);
    let plain = Answer { status: 204, headers: Vec::new(), body: String::new() };
    let mut work = store.begin().await;
    assert_eq!(claim(&mut *work, ada, &longest, 1, 0).await, Claim::First);
    work.answered_requests().keep(ada, &key(&longest), &plain).await.unwrap();
    let claimed = claim(&mut *work, ada, &longest, 1, 0).await;
    assert_eq!(claimed, Claim::Answered(RequestFingerprint([1; 32]), plain));
}

/// Of each actor, and of each spelling of a key.
pub async fn actors_and_keys_are_apart(store: StoreUnderTest) {
    let (ada, bob) = (id(), id());
    for (actor, text, body) in
        [(ada, "key", "ada's"), (bob, "key", "bob's"), (ada, "KEY", "loud"), (ada, "key2", "2")]
    {
        first(&store, actor, text, 0, body).await;
    }
    assert_eq!(look(&store, ada, "key", 1).await, answered("ada's"));
    assert_eq!(look(&store, bob, "key", 1).await, answered("bob's"));
    assert_eq!(look(&store, ada, "KEY", 1).await, answered("loud"));
    assert_eq!(look(&store, bob, "key2", 1).await, Claim::First);
}

/// Of twenty at once; the others wait for it and see its answer.
pub async fn of_twins_one_is_first(store: StoreUnderTest) {
    let ada = id();
    let tasks = (0..20).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut work = store.begin().await;
            let claimed = claim(&mut *work, ada, "key", 1, 0).await;
            let Claim::Answered(_, answer) = claimed else {
                time::sleep(Duration::from_millis(50)).await;
                let answer = answer(&format!("of number {number}"));
                work.answered_requests().keep(ada, &key("key"), &answer).await.unwrap();
                work.commit().await.unwrap();
                return (true, answer);
            };
            (false, answer)
        })
    });
    let outcomes: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    let firsts: Vec<_> = outcomes.iter().filter(|(is_first, _)| *is_first).collect();
    let [(_, answer)] = firsts[..] else { unreachable!("{} were first", firsts.len()) };
    assert!(outcomes.iter().all(|(_, seen)| seen == answer));
}

/// Who waited for it is the first then.
pub async fn a_key_that_was_rolled_back_is_free(store: StoreUnderTest) {
    let ada = id();
    let mut work = store.begin().await;
    assert_eq!(claim(&mut *work, ada, "key", 1, 0).await, Claim::First);
    let second = tokio::spawn({
        let store = store.clone();
        async move { look(&store, ada, "key", 0).await }
    });
    time::sleep(Duration::from_millis(100)).await;
    assert!(!second.is_finished(), "it must wait for the first");
    drop(work);
    assert_eq!(second.await.unwrap(), Claim::First);
    first(&store, ada, "key", 0, "at last").await;
    assert_eq!(look(&store, ada, "key", 0).await, answered("at last"));
}

/// What was answered before a moment; of others' keys, nothing.
pub async fn what_is_old_is_forgotten(store: StoreUnderTest) {
    let (ada, bob) = (id(), id());
    first(&store, ada, "key", 0, "old").await;
    first(&store, bob, "key", 0, "bob's").await;
    assert_eq!(look(&store, ada, "key", 10).await, answered("old"));
    assert_eq!(look(&store, ada, "key", 11).await, Claim::First);
    assert_eq!(look(&store, ada, "key", 10).await, answered("old"), "that was not committed");
    first(&store, ada, "key", 11, "new").await;
    assert_eq!(look(&store, ada, "key", 12).await, answered("new"));
    assert_eq!(look(&store, bob, "key", 10).await, answered("bob's"));
}
