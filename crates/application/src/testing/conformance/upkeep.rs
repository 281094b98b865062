//! Heartbeats, sweeping, the audit trail, signs of life.

use std::collections::BTreeMap;

use guildhall_domain::{
    Action, AuditActor, AuditEvent, Invitation,
    InvitationStatus::{Pending, Revoked},
    Origin, Resource, ServingPeriod,
};

use super::{
    StoreUnderTest,
    requests::{first, look},
    support::{EVERYTHING, at, id, invitation, organization, session, token, user},
};
use crate::{
    Scope,
    ports::{Claim, EndedBefore, Purpose},
};

/// A heartbeat begins a period or moves its end; a question looks back so far.
pub async fn serving_periods_grow_by_heartbeats(store: StoreUnderTest) {
    let (installed_at, periods) = store.stats.serving_periods(at(0)).await.unwrap();
    assert!(installed_at.timestamp() > 1_577_836_800, "not before 2020: {installed_at}");
    assert_eq!(periods, []);

    let first = ServingPeriod { id: id(), started_at: at(1), last_seen_at: at(1) };
    let second = ServingPeriod { id: id(), started_at: at(5), last_seen_at: at(20) };
    let grown = ServingPeriod { last_seen_at: at(10), ..first };
    for heartbeat in [first, second, grown] {
        store.maintenance.heartbeat(&heartbeat).await.unwrap();
    }
    for (since, expected) in
        [(10, vec![grown, second]), (11, vec![second]), (20, vec![second]), (21, vec![])]
    {
        let (again, periods) = store.stats.serving_periods(at(since)).await.unwrap();
        assert_eq!((again, periods), (installed_at, expected), "since {since}");
    }
}

/// What ended before the given times, and no more than the given number.
pub async fn what_has_ended_is_swept(store: StoreUnderTest) {
    let ada = user("ada@acme.com");
    store.add_users(std::slice::from_ref(&ada)).await;
    let sessions: Vec<_> = (0..6).map(|micros| session(&ada, at(micros))).collect();
    let tokens = (1..).map(token);
    store.add_sessions(&sessions.iter().zip(tokens).collect::<Vec<_>>()).await;
    for micros in 0..6 {
        let period = ServingPeriod { id: id(), started_at: at(micros), last_seen_at: at(micros) };
        store.maintenance.heartbeat(&period).await.unwrap();
    }
    let hour = 3_600_000_000;
    let ended =
        EndedBefore { sessions: at(hour + 4), periods: at(2), requests: at(0), invitations: at(0) };
    let sweep = async || store.maintenance.sweep(&ended, 3).await.unwrap();
    assert_eq!(sweep().await, 3 + 2);
    assert_eq!(sweep().await, 1);
    assert_eq!(sweep().await, 0);
    let live = store.sessions.live_of(ada.id, at(0)).await.unwrap();
    assert_eq!(live.iter().map(|s| s.created_at).collect::<Vec<_>>(), [at(5), at(4)]);
    assert_eq!(store.stats.serving_periods(at(0)).await.unwrap().1.len(), 4);
}

/// What ended before the given times, and no more than the given number of
/// each; whatever ended later stays.
pub async fn tokens_requests_and_invitations_are_swept(store: StoreUnderTest) {
    let acme = organization("Acme", at(0));
    store.add_organizations(std::slice::from_ref(&acme)).await;
    let scope = Scope::of_entrant(&acme);
    let users: Vec<_> = (0..5).map(|number| user(&format!("user{number}@acme.com"))).collect();
    store.add_users(&users).await;
    for (number, user) in (0_u8..).zip(&users) {
        store.give_token(user, Purpose::PasswordReset, number, number.into()).await;
        first(&store, user.id, "key", number.into(), "").await;
        let status = if number == 1 { Revoked } else { Pending };
        let expires_at = at(number.into());
        let made = invitation(&acme, &format!("guest{number}@acme.com"), at(-9));
        store.add_invitations(&acme, &[Invitation { status, expires_at, ..made }]).await;
    }
    let ended =
        EndedBefore { sessions: at(4), periods: at(4), requests: at(3), invitations: at(2) };
    let sweep = async || store.maintenance.sweep(&ended, 2).await.unwrap();
    assert_eq!(sweep().await, 2 + 2 + 2);
    assert_eq!(sweep().await, 2 + 1);
    assert_eq!(sweep().await, 0);

    for (number, user) in (0_u8..).zip(&users) {
        let taken = store.take(Purpose::PasswordReset, number, -1).await;
        assert_eq!(taken.is_some(), number >= 4, "token {number}");
        let is_answered = look(&store, user.id, "key", 0).await != Claim::First;
        assert_eq!(is_answered, number >= 3, "request {number}");
    }
    let left = store.invitations.list(&scope, None, at(0), EVERYTHING).await.unwrap();
    let mut ends: Vec<_> = left.iter().map(|made| made.expires_at).collect();
    ends.sort_unstable();
    assert_eq!(ends, [at(2), at(3), at(4)]);
}

/// Every action, actor and resource, with and without particulars.
pub async fn every_event_can_be_appended(store: StoreUnderTest) {
    let (ada, acme) = (user("ada@acme.com"), organization("Acme", at(0)));
    let origin = Origin {
        ip_address: Some([192, 0, 2, 1].into()),
        user_agent: Some("Mozilla/5.0 ⚙".to_owned()),
        request_id: Some("req-1".to_owned()),
    };
    let actors = [AuditActor::user(&ada), AuditActor::Anonymous, AuditActor::System];
    let resources = [
        Resource::Organization(acme.id),
        Resource::User(ada.id),
        Resource::Session(id()),
        Resource::Workspace(id()),
        Resource::Invitation(id()),
        Resource::Installation,
    ];
    let mut work = store.begin().await;
    for (action, (actor, resource)) in
        Action::ALL.into_iter().zip(actors.iter().cycle().zip(resources.iter().cycle()))
    {
        let plain =
            AuditEvent::new(id(), actor.clone(), action, *resource, &Origin::default(), at(0));
        assert_eq!(plain.details, BTreeMap::new());
        let full = AuditEvent::new(id(), actor.clone(), action, *resource, &origin, at(1))
            .of(&acme)
            .with("reason", "\"quoted\" \\ 🦀");
        work.audit_log().append(&plain).await.unwrap();
        work.audit_log().append(&full).await.unwrap();
    }
    work.commit().await.unwrap();
}

/// A store that works says so.
pub async fn it_answers(store: StoreUnderTest) {
    store.maintenance.ping().await.unwrap();
}
