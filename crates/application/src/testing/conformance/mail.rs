//! Mail that is to be sent: each by one, until it is sent or given up.

use std::collections::HashSet;

use futures_util::future::join_all;
use guildhall_domain::UserId;
use uuid::Uuid;

use super::{
    StoreUnderTest,
    support::{at, id},
};
use crate::ports::{MailJob, MailSubject};

/// Mail that was queued at that moment.
pub(super) fn mail(subject: MailSubject, micros: i64) -> MailJob {
    let id: UserId = id();
    MailJob { id: id.as_uuid(), subject, attempts: 0, queued_at: at(micros) }
}

/// So many mails, one queued after the other.
fn mails(count: i64) -> Vec<MailJob> {
    (0..count).map(|micros| mail(MailSubject::EmailVerification(id()), micros)).collect()
}

fn ids(jobs: &[MailJob]) -> HashSet<Uuid> {
    jobs.iter().map(|job| job.id).collect()
}

impl StoreUnderTest {
    /// Queues mail, and commits.
    pub(super) async fn enqueue(&self, jobs: &[MailJob]) {
        let mut work = self.begin().await;
        work.mail_queue().enqueue(jobs).await.unwrap();
        work.commit().await.unwrap();
    }

    /// Claims mail, and commits.
    pub(super) async fn claim_mail(&self, now: i64, until: i64, limit: u32) -> Vec<MailJob> {
        let mut work = self.begin().await;
        let claimed = work.mail_queue().claim(at(now), at(until), limit).await.unwrap();
        work.commit().await.unwrap();
        claimed
    }

    async fn mail_is_due(&self, now: i64) -> bool {
        self.maintenance.mail_is_due(at(now)).await.unwrap()
    }
}

/// And the moment at which it was queued, and how often it was tried.
pub async fn every_subject_survives(store: StoreUnderTest) {
    let mut queued = [
        mail(MailSubject::Invitation(id()), 1),
        mail(MailSubject::EmailVerification(id()), 2),
        mail(MailSubject::PasswordReset("Zoë.O'Brien+x@bücher.example".parse().unwrap()), 3),
    ];
    queued[1].attempts = 7;
    store.enqueue(&queued).await;
    let mut claimed = store.claim_mail(3, 9, 9).await;
    claimed.sort_by_key(|job| job.queued_at);
    for job in &mut queued {
        job.attempts += 1;
    }
    assert_eq!(claimed, queued);
    let MailSubject::PasswordReset(email) = &claimed[2].subject else { unreachable!() };
    assert_eq!(email.as_str(), "Zoë.O'Brien+x@xn--bcher-kva.example");
}

/// From the moment at which it was queued; the oldest first, no more than the
/// limit, and again once the claim has ended.
pub async fn a_claim_hides_until_it_ends(store: StoreUnderTest) {
    assert!(!store.mail_is_due(99).await);
    assert_eq!(store.claim_mail(99, 100, 9).await, []);
    let queued = mails(5);
    store.enqueue(&queued).await;
    assert!(!store.mail_is_due(-1).await);
    assert!(store.mail_is_due(0).await);
    assert_eq!(store.claim_mail(-1, 100, 9).await, []);
    assert_eq!(ids(&store.claim_mail(1, 100, 9).await), ids(&queued[..2]));
    assert!(!store.mail_is_due(1).await);
    assert_eq!(ids(&store.claim_mail(50, 100, 2).await), ids(&queued[2..4]));
    assert_eq!(ids(&store.claim_mail(50, 200, 2).await), ids(&queued[4..]));
    assert_eq!(store.claim_mail(99, 300, 9).await, []);
    assert!(!store.mail_is_due(99).await);
    assert!(store.mail_is_due(100).await);
    let again = store.claim_mail(100, 300, 9).await;
    assert_eq!(ids(&again), ids(&queued[..4]));
    assert!(again.iter().all(|job| job.attempts == 2), "{again:?}");
}

/// By ten who come for it at once.
pub async fn each_mail_is_claimed_once(store: StoreUnderTest) {
    let queued = mails(60);
    store.enqueue(&queued).await;
    let tasks = (0..10).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut claimed = Vec::new();
            loop {
                let batch = store.claim_mail(100, 200, 7).await;
                if batch.is_empty() && !store.mail_is_due(100).await {
                    break claimed;
                }
                claimed.extend(batch);
            }
        })
    });
    let claimed: Vec<_> = join_all(tasks).await.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(claimed.len(), queued.len(), "none twice");
    assert_eq!(ids(&claimed), ids(&queued), "and none is left out");
    assert!(claimed.iter().all(|job| job.attempts == 1));
}

/// And the others stay where they are.
pub async fn a_mail_is_put_off_or_removed(store: StoreUnderTest) {
    let queued = mails(3);
    store.enqueue(&queued).await;
    let _ = store.claim_mail(10, 20, 9).await;
    let mut work = store.begin().await;
    work.mail_queue().put_off(queued[0].id, at(50)).await.unwrap();
    for _ in 0..2 {
        work.mail_queue().remove(queued[1].id).await.unwrap();
    }
    work.commit().await.unwrap();
    assert_eq!(ids(&store.claim_mail(49, 99, 9).await), ids(&queued[2..]));
    let put_off = store.claim_mail(50, 99, 9).await;
    assert_eq!(put_off, [MailJob { attempts: 2, ..queued[0].clone() }]);
    assert_eq!(
        ids(&store.claim_mail(99, 100, 9).await),
        HashSet::from([queued[0].id, queued[2].id])
    );
}

/// Nor seen by anybody before it is committed.
pub async fn mail_of_a_dropped_unit_of_work_is_never_sent(store: StoreUnderTest) {
    let mut work = store.begin().await;
    work.mail_queue().enqueue(&mails(1)).await.unwrap();
    assert!(!store.mail_is_due(9).await);
    drop(work);
    assert!(!store.mail_is_due(9).await);
    assert_eq!(store.claim_mail(9, 10, 9).await, []);
}
