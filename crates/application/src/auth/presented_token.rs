//! For the tests of what takes a token that was sent by mail.

use std::sync::Arc;

use guildhall_domain::User;

use crate::{
    ports::Purpose,
    testing::{FakeStore, FixedClock, Repositories, TestPorts, at, password_hash, token_hash},
};

/// A minute after the epoch; what is presented is a token.
pub(super) fn ports(store: FakeStore) -> (TestPorts, Arc<FakeStore>) {
    let store = Arc::new(store);
    let clock = FixedClock(at(60));
    let mut ports = TestPorts { store: store.clone(), clock, ..TestPorts::default() };
    ports.tokens.expect_hash().returning(|token| (token == "token").then(|| token_hash(7)));
    (ports, store)
}

/// A unit of work in which the token is that user's, for that purpose.
pub(super) fn taking(wanted: Purpose, taken: Option<User>) -> Repositories {
    let mut repositories = Repositories::default();
    let id = taken.as_ref().map(|user| user.id);
    repositories
        .one_time_tokens
        .expect_take()
        .withf(move |purpose, token, now| {
            (*purpose, *token, *now) == (wanted, token_hash(7), at(60))
        })
        .times(1)
        .return_once(move |_, _, _| Ok(id));
    repositories
        .users
        .expect_lock()
        .return_once(|_| Ok(taken.map(|user| (user, password_hash("stored")))));
    repositories
}
