//! Removing deleted organizations for good, once nobody can restore them.

use std::sync::Arc;

use guildhall_domain::{Action, AuditActor, AuditEvent, Origin, Resource};

use crate::{
    Error, Settings,
    ports::{Clock, IdGenerator, Maintenance},
};

/// Purges organizations that were deleted longer ago than the restore window.
pub struct PurgeOrganizations {
    pub(crate) maintenance: Arc<dyn Maintenance>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
    pub(crate) settings: Arc<Settings>,
}

impl PurgeOrganizations {
    /// How many are looked for at a time.
    const BATCH: u32 = 100;

    /// Purges them, one after the other, and says how many. One
    /// that cannot be purged is logged and left.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    #[tracing::instrument(level = "debug", name = "organization.purge", skip_all)]
    pub async fn execute(&self) -> Result<usize, Error> {
        let mut purged = 0;
        loop {
            let before = purged;
            let now = self.clock.now();
            let moment = now - self.settings.restore_window;
            let batch = self.maintenance.deleted_before(moment, Self::BATCH).await?;
            for id in &batch {
                let mut event = AuditEvent::new(
                    self.ids.audit_event_id(),
                    AuditActor::System,
                    Action::OrganizationPurged,
                    Resource::Organization(*id),
                    &Origin::default(),
                    now,
                );
                event.organization = Some(*id);
                match self.maintenance.purge(*id, &event).await {
                    Ok(()) => purged += 1,
                    // Must not keep the others; it is tried again the next time.
                    Err(error) => {
                        tracing::warn!(%error, organization = %id, "an organization was not purged");
                    }
                }
            }
            if purged - before < Self::BATCH as usize {
                return Ok(purged);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use guildhall_domain::{OrganizationId, Timestamp};
    use mockall::Sequence;

    use super::*;
    use crate::{
        ports::{MockMaintenance, StoreError},
        testing::{FixedClock, TestPorts, at, organization},
    };

    /// Now: forty days after the epoch.
    fn now() -> Timestamp {
        at(0) + TimeDelta::days(40)
    }

    fn id(number: u32) -> OrganizationId {
        organization(number.into(), "Acme", None).id
    }

    /// The next look, which finds these.
    fn expect_batch(
        maintenance: &mut MockMaintenance,
        order: &mut Sequence,
        batch: std::ops::Range<u32>,
    ) {
        maintenance
            .expect_deleted_before()
            .withf(|moment, limit| (*moment, *limit) == (now() - TimeDelta::days(30), 100))
            .times(1)
            .in_sequence(order)
            .return_once(|_, _| Ok(batch.map(id).collect()));
    }

    /// That this one is purged, and that the event says so.
    fn expect_purge(maintenance: &mut MockMaintenance, order: &mut Sequence, number: u32) {
        maintenance
            .expect_purge()
            .withf(move |organization, event| {
                *organization == id(number)
                    && event.action == Action::OrganizationPurged
                    && event.actor == AuditActor::System
                    && event.organization == Some(id(number))
                    && event.resource == Resource::Organization(id(number))
                    && event.origin == Origin::default()
                    && event.occurred_at == now()
            })
            .times(1)
            .in_sequence(order)
            .return_once(|_, _| Ok(()));
    }

    async fn purge(maintenance: MockMaintenance) -> Result<usize, Error> {
        let clock = FixedClock(now());
        let ports = TestPorts { maintenance, clock, ..TestPorts::default() };
        ports.into_use_cases().purge_organizations.execute().await
    }

    #[tokio::test]
    async fn what_nobody_can_restore_is_purged_batch_by_batch() {
        for count in [0, 1, 99, 100, 101, 250] {
            let (mut maintenance, mut order) = (MockMaintenance::new(), Sequence::new());
            let mut from = 0;
            loop {
                let to = count.min(from + 100);
                expect_batch(&mut maintenance, &mut order, from..to);
                for number in from..to {
                    expect_purge(&mut maintenance, &mut order, number);
                }
                if to - from < 100 {
                    break;
                }
                from = to;
            }
            let purged = purge(maintenance).await;
            assert_eq!(purged.unwrap(), usize::try_from(count).unwrap());
        }
    }

    #[tokio::test]
    async fn one_that_fails_does_not_keep_the_others() {
        let away = || StoreError::Unavailable("away".to_owned());
        let mut looking = MockMaintenance::new();
        looking.expect_deleted_before().times(1).return_once(move |_, _| Err(away()));
        assert!(matches!(purge(looking).await, Err(Error::StoreUnavailable(_))));

        let (mut purging, mut order) = (MockMaintenance::new(), Sequence::new());
        expect_batch(&mut purging, &mut order, 0..100);
        let failing = |organization: &OrganizationId, _: &AuditEvent| *organization == id(0);
        purging.expect_purge().withf(failing).times(1).return_once(move |_, _| Err(away()));
        for number in 1..100 {
            expect_purge(&mut purging, &mut order, number);
        }
        assert_eq!(purge(purging).await.unwrap(), 99);
    }
}
