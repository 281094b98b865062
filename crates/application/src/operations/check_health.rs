//! Readiness.

use std::sync::Arc;

use crate::{Error, ports::Maintenance};

/// Finds out whether the store answers.
pub struct CheckHealth(pub(crate) Arc<dyn Maintenance>);

impl CheckHealth {
    /// Asks the store.
    ///
    /// # Errors
    ///
    /// [`Error::StoreUnavailable`] or [`Error::Internal`] when it does not answer.
    pub async fn execute(&self) -> Result<(), Error> {
        Ok(self.0.ping().await?)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Error, ports::StoreError, testing::TestPorts};

    async fn check(ping: Result<(), StoreError>) -> Result<(), Error> {
        let mut ports = TestPorts::default();
        ports.maintenance.expect_ping().times(1).return_once(move || ping);
        ports.into_use_cases().check_health.execute().await
    }

    #[tokio::test]
    async fn the_service_is_ready_when_its_store_answers() {
        assert!(check(Ok(())).await.is_ok());
        let away = StoreError::Unavailable("away".to_owned());
        assert!(matches!(check(Err(away)).await, Err(Error::StoreUnavailable(_))));
        let failed = StoreError::Failed("disk full".to_owned());
        assert!(matches!(check(Err(failed)).await, Err(Error::Internal(_))));
    }
}
