//! Checking that what is counted is what is there.

use std::sync::Arc;

use guildhall_domain::{Action, AuditActor, AuditEvent, Origin, Resource};

use crate::{
    Error,
    ports::{Clock, CounterDrift, IdGenerator, Maintenance},
};

/// Recomputes the counters of every organization.
pub struct Doctor {
    pub(crate) maintenance: Arc<dyn Maintenance>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
}

impl Doctor {
    /// The counters that have drifted from the rows they count.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    pub async fn examine(&self) -> Result<Vec<CounterDrift>, Error> {
        Ok(self.maintenance.counter_drift().await?)
    }

    /// Sets a drifted counter right and records it.
    ///
    /// # Errors
    ///
    /// Failures of the store.
    pub async fn repair(&self, drift: &CounterDrift) -> Result<(), Error> {
        let mut event = AuditEvent::new(
            self.ids.audit_event_id(),
            AuditActor::System,
            Action::CountersRepaired,
            Resource::Organization(drift.organization),
            &Origin::default(),
            self.clock.now(),
        )
        .with("users_count_was", drift.stored.users)
        .with("workspaces_count_was", drift.stored.workspaces);
        event.organization = Some(drift.organization);
        Ok(self.maintenance.repair_counters(drift.organization, &event).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ports::{Counters, StoreError},
        testing::{FixedClock, TestPorts, at, organization},
    };

    fn drift() -> CounterDrift {
        let acme = organization(9, "Acme", None);
        CounterDrift {
            organization: acme.id,
            name: acme.name.to_string(),
            stored: Counters { users: 7, workspaces: 5 },
            actual: Counters { users: 2, workspaces: 4 },
        }
    }

    fn failed() -> StoreError {
        StoreError::Failed("disk full".to_owned())
    }

    #[tokio::test]
    async fn examining_changes_nothing() {
        let mut ports = TestPorts::default();
        ports.maintenance.expect_counter_drift().times(1).return_once(|| Ok(vec![drift()]));
        assert_eq!(ports.into_use_cases().doctor.examine().await.unwrap(), [drift()]);

        let mut ports = TestPorts::default();
        ports.maintenance.expect_counter_drift().return_once(|| Err(failed()));
        assert!(matches!(ports.into_use_cases().doctor.examine().await, Err(Error::Internal(_))));
    }

    #[tokio::test]
    async fn a_repair_is_recorded_with_what_the_counters_were() {
        let mut ports = TestPorts { clock: FixedClock(at(60)), ..TestPorts::default() };
        ports
            .maintenance
            .expect_repair_counters()
            .withf(|organization, event| {
                *organization == drift().organization
                    && event.action == Action::CountersRepaired
                    && event.actor == AuditActor::System
                    && event.resource == Resource::Organization(*organization)
                    && event.organization == Some(*organization)
                    && event.details["users_count_was"] == "7"
                    && event.details["workspaces_count_was"] == "5"
                    && event.occurred_at == at(60)
            })
            .times(1)
            .return_once(|_, _| Ok(()));
        assert!(ports.into_use_cases().doctor.repair(&drift()).await.is_ok());
    }

    #[tokio::test]
    async fn a_repair_that_fails_says_so() {
        let mut ports = TestPorts::default();
        ports.maintenance.expect_repair_counters().return_once(|_, _| Err(failed()));
        let result = ports.into_use_cases().doctor.repair(&drift()).await;
        assert!(matches!(result, Err(Error::Internal(_))));
    }
}
