//! What waits, what is written down, and what is lost.

use std::sync::Arc;

use guildhall_domain::{Session, SessionId, Timestamp, UserRole};
use uuid::Uuid;

use super::*;
use crate::testing::{Failure, FakeStore, Repositories, account_with_session, at, user};

fn used(number: u128, last_used_at: Timestamp) -> Session {
    let session = account_with_session(user(1, "ada@acme.com", UserRole::User)).session;
    Session { id: SessionId::new(Uuid::from_u128(number)), last_used_at, ..session }
}

/// A unit of work that writes down so many uses.
fn recording(count: usize) -> Repositories {
    let mut repositories = Repositories::default();
    let sessions = &mut repositories.sessions;
    sessions.expect_record_uses().withf(move |uses| uses.len() == count).return_once(|_| Ok(()));
    repositories
}

#[tokio::test]
async fn where_nothing_waits_no_transaction_begins() {
    let store = Arc::new(FakeStore::default());
    assert_eq!(SessionUses::new(store.clone()).write().await.unwrap(), 0);
    assert_eq!(store.begun(), 0);
}

#[tokio::test]
async fn the_last_use_of_each_session_is_written_down_once() {
    let uses = SessionUses::new(Arc::new(FakeStore::with(recording(2))));
    for (number, seconds) in [(1, 100), (2, 101), (1, 102)] {
        uses.note(&used(number, at(seconds)));
    }
    assert_eq!(uses.latest(used(1, at(0))).last_used_at, at(102));
    assert_eq!(uses.latest(used(1, at(103))).last_used_at, at(103), "another node wrote that");
    assert_eq!(uses.write().await.unwrap(), 2);
    assert_eq!(uses.latest(used(1, at(0))).last_used_at, at(0), "it can be read by now");
    assert_eq!(uses.write().await.unwrap(), 0);
}

#[tokio::test]
async fn many_are_written_down_in_several_transactions() {
    let store = Arc::new(FakeStore::with_each([recording(BATCH), recording(BATCH), recording(1)]));
    let uses = SessionUses::new(store.clone());
    for number in 0..=2 * BATCH {
        uses.note(&used(u128::try_from(number).unwrap(), at(100)));
    }
    assert_eq!(uses.write().await.unwrap(), 2 * BATCH + 1);
    assert_eq!(store.committed().len(), 3);
}

#[tokio::test]
async fn what_cannot_be_written_waits_on() {
    let failing = FakeStore::with(recording(1)).failing_at(Failure::Commit);
    let uses = SessionUses::new(Arc::new(failing));
    uses.note(&used(1, at(100)));
    assert!(uses.write().await.is_err());
    assert_eq!(uses.latest(used(1, at(0))).last_used_at, at(100));
}

#[tokio::test]
async fn so_many_wait_and_no_more() {
    let uses = SessionUses::new(Arc::new(FakeStore::default()));
    for number in 0..=MOST {
        uses.note(&used(u128::try_from(number).unwrap(), at(100)));
    }
    uses.note(&used(0, at(101)));
    let latest = |number| uses.latest(used(number, at(0))).last_used_at;
    let last = u128::try_from(MOST).unwrap();
    assert_eq!((latest(0), latest(last - 1), latest(last)), (at(101), at(100), at(0)));
}
