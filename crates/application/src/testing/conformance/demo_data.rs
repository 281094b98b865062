//! Demo data in a store: complete, consistent, and only where nothing is.

use std::{collections::HashSet, sync::Arc};

use chrono::TimeDelta;
use guildhall_domain::{SessionLifetimes, Timestamp};

use super::{
    StoreUnderTest,
    support::{at, organization, password},
};
use crate::{
    Error,
    audit::VerifyAuditLogs,
    demo::{DemoSession, DemoSize, FillWithDemoData, Filling},
    ports::{AccessToken, MockPasswordHasher, MockTokenService, TokenHash},
    testing::FixedClock,
};

fn now() -> Timestamp {
    at(100 * 86_400_000_000)
}

/// Tokens whose hash is the bits that they are made of.
fn tokens() -> MockTokenService {
    let mut tokens = MockTokenService::new();
    tokens.expect_encode().returning(|bits| {
        let half = |half: &[u8]| u128::from_be_bytes(half.try_into().unwrap());
        let text = format!("{:032x}{:032x}", half(&bits[..16]), half(&bits[16..]));
        (AccessToken::new(text), TokenHash::new(bits))
    });
    tokens
}

fn hash_of(token: &AccessToken) -> TokenHash {
    let half = |digits: &str| u128::from_str_radix(digits, 16).unwrap().to_be_bytes();
    let mut bits = [0; 32];
    bits[..16].copy_from_slice(&half(&token.expose()[..32]));
    bits[16..].copy_from_slice(&half(&token.expose()[32..]));
    TokenHash::new(bits)
}

async fn fill(store: &StoreUnderTest, seed: u64) -> (Filling, Vec<DemoSession>) {
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_hash().returning(|_| Ok(password()));
    let fill = FillWithDemoData {
        bulk: store.bulk.clone(),
        hasher: Arc::new(hasher),
        tokens: Arc::new(tokens()),
        clock: Arc::new(FixedClock(now())),
        lifetimes: SessionLifetimes { idle: TimeDelta::days(7), absolute: TimeDelta::days(30) },
    };
    let mut handed_out = Vec::new();
    // More than one batch, organizations of one user, and users with two sessions.
    let size = DemoSize::new(400, 6000, 6100).unwrap();
    let filling = fill.execute(
        size,
        seed,
        |_| (),
        |session| {
            handed_out.push(session.clone());
            Ok::<_, Error>(())
        },
    );
    (filling.await.unwrap(), handed_out)
}

/// Everything is there, counted and reachable by the tokens, and no check of the
/// store finds anything.
pub async fn it_fills_an_empty_store(store: StoreUnderTest) {
    let (filling, sessions) = fill(&store, 1).await;
    assert_eq!((filling, sessions.len()), (Filling::Filled, 6100));
    assert_eq!(store.maintenance.counter_drift().await.unwrap(), []);
    let verify = VerifyAuditLogs { audit: store.audit.clone(), logs: store.audit_logs.clone() };
    let report = verify.execute(&[]).await.unwrap();
    assert_eq!((report.findings.len(), report.entries), (0, 0));

    let root = store.add_admin().await;
    let all = store.list(&root).await;
    assert_eq!(all.len(), 400);
    // Each member's home, and guests.
    let members: u32 = all.iter().map(|organization| organization.users_count).sum();
    assert!(members > 6000 + 399, "{members}");
    assert!(all.iter().all(|organization| organization.users_count > 0));

    // The first is the one in many organizations, here in all.
    assert_eq!(sessions[0].organizations, 400);
    for session in [&sessions[0], &sessions[1], &sessions[4711], &sessions[6099]] {
        let found = store.sessions.by_token(&hash_of(&session.token)).await.unwrap().unwrap();
        assert_eq!(found.account.user.id, session.user);
        assert_eq!(found.account.user.home, Some(session.home));
        assert!(found.session.is_live(now()));
        let own = store.list(&found.account.user).await;
        assert_eq!(own.len(), session.organizations as usize);
        let home = own.iter().find(|organization| organization.id == session.home).unwrap();
        assert_eq!(found.account.organization.as_deref(), Some(&*home.name));
    }
    let different: HashSet<_> = sessions.iter().map(|session| session.token.expose()).collect();
    assert_eq!(different.len(), sessions.len());
}

/// The same tokens, users and homes by the same seed, and others by another.
pub async fn it_follows_from_the_seed(store: StoreUnderTest) {
    let (_, sessions) = fill(&store, 7).await;
    // A store in use is refused before any session is made.
    let (again, none) = fill(&store, 7).await;
    assert_eq!((again, none.len()), (Filling::NotEmpty, 0));
    assert_eq!(store.maintenance.counter_drift().await.unwrap(), []);
    let found = store.sessions.by_token(&hash_of(&sessions[17].token)).await.unwrap();
    assert_eq!(found.unwrap().account.user.id, sessions[17].user);
}

/// A store with anything in it is not touched.
pub async fn what_is_in_use_is_left_alone(store: StoreUnderTest) {
    store.add_organizations(&[organization("Acme", at(0))]).await;
    let (filling, sessions) = fill(&store, 1).await;
    assert_eq!((filling, sessions.len()), (Filling::NotEmpty, 0));
    assert_eq!(store.all_names().await, ["Acme"]);
}

/// Two who fill at once do not mix.
pub async fn of_two_at_once_one_fills(store: StoreUnderTest) {
    let (one, two) = tokio::join!(fill(&store, 1), fill(&store, 2));
    let mut outcomes = [one.0, two.0];
    outcomes.sort_by_key(|filling| *filling == Filling::NotEmpty);
    assert_eq!(outcomes, [Filling::Filled, Filling::NotEmpty]);
    let root = store.add_admin().await;
    assert_eq!(store.list(&root).await.len(), 400);
    assert_eq!(store.maintenance.counter_drift().await.unwrap(), []);
}
