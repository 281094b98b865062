//! How long the logs reach back.

use std::sync::Arc;

use chrono::{Datelike, Months};
use guildhall_domain::Timestamp;

use super::AuditSigner;
use crate::{
    Error,
    ports::{AuditRetention, Clock},
};

/// Drops the entries of old months, if they are not kept for ever, and states what
/// was dropped so that what stays can still be proven.
pub struct DropOldEntries {
    pub(crate) retention: Arc<dyn AuditRetention>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) signer: Option<AuditSigner>,
    /// How many whole months behind this one stay.
    pub(crate) months: Option<u32>,
}

impl DropOldEntries {
    /// Drops what is older, and says how many entries that were. A node without a
    /// key drops nothing. Makes room for what comes, too.
    ///
    /// # Errors
    ///
    /// Failures of the store; that the entries to be dropped do not fit to those that
    /// stay is one.
    #[tracing::instrument(level = "debug", name = "audit.drop_old_entries", skip_all)]
    pub async fn execute(&self) -> Result<u64, Error> {
        self.retention.make_room().await?;
        let (Some(months), Some(AuditSigner(key))) = (self.months, self.signer.clone()) else {
            return Ok(0);
        };
        let now = self.clock.now();
        let Some(first_kept) = first_kept(now, months) else { return Ok(0) };
        let sign = Arc::new(move |log, head: guildhall_audit_log::Head| {
            key.sign_base(log, head.size, head.hash, now)
        });
        Ok(self.retention.drop_before(first_kept, sign).await?)
    }
}

/// The first moment that is kept: that of the month so many before this one, in UTC.
fn first_kept(now: Timestamp, months: u32) -> Option<Timestamp> {
    let month = now.date_naive().with_day(1)?.checked_sub_months(Months::new(months))?;
    Some(month.and_hms_opt(0, 0, 0)?.and_utc())
}

#[cfg(test)]
mod tests {
    use guildhall_audit_log::{Digest, Head, LogId, SigningKey};

    use super::*;
    use crate::{
        ports::{MockAuditRetention, StoreError},
        testing::FixedClock,
    };

    const NOW: &str = "2026-03-31T23:59:59Z";

    fn drop_old(
        retention: MockAuditRetention,
        months: Option<u32>,
        signer: Option<SigningKey>,
    ) -> DropOldEntries {
        DropOldEntries {
            retention: Arc::new(retention),
            clock: Arc::new(FixedClock(NOW.parse().unwrap())),
            signer: signer.map(AuditSigner),
            months,
        }
    }

    #[test]
    fn whole_months_are_kept() {
        for (now, months, first) in [
            (NOW, 0, "2026-03-01T00:00:00Z"),
            (NOW, 1, "2026-02-01T00:00:00Z"),
            (NOW, 3, "2025-12-01T00:00:00Z"),
            ("2026-03-01T00:00:00Z", 1, "2026-02-01T00:00:00Z"),
            ("2024-02-29T12:00:00Z", 12, "2023-02-01T00:00:00Z"),
        ] {
            let found = first_kept(now.parse().unwrap(), months);
            assert_eq!(found, Some(first.parse().unwrap()), "{now}, {months}");
        }
    }

    #[tokio::test]
    async fn what_is_dropped_is_signed() {
        let key = SigningKey::from_seed([1; 32]);
        let public = key.verifying_key();
        let mut retention = MockAuditRetention::new();
        retention.expect_make_room().times(1).returning(|| Ok(()));
        retention
            .expect_drop_before()
            .times(1)
            .withf(move |moment, sign| {
                let base = sign(LogId::Installation, Head { size: 7, hash: Digest([3; 32]) });
                base.verify(&public).is_ok()
                    && (base.0.size, base.0.at.as_str()) == (7, NOW)
                    && *moment == "2025-03-01T00:00:00Z".parse::<Timestamp>().unwrap()
            })
            .returning(|_, _| Ok(42));
        assert_eq!(drop_old(retention, Some(12), Some(key)).execute().await.unwrap(), 42);
    }

    #[tokio::test]
    async fn nothing_is_dropped_without_a_period_or_a_key() {
        let key = || Some(SigningKey::from_seed([1; 32]));
        for (months, signer) in [(None, key()), (Some(1), None)] {
            let mut retention = MockAuditRetention::new();
            retention.expect_make_room().times(1).returning(|| Ok(()));
            assert_eq!(drop_old(retention, months, signer).execute().await.unwrap(), 0);
        }
    }

    #[tokio::test]
    async fn a_store_that_fails_says_so() {
        let mut retention = MockAuditRetention::new();
        let away = || Err(StoreError::Unavailable("away".to_owned()));
        retention.expect_make_room().times(1).returning(away);
        let failed = drop_old(retention, Some(1), None).execute().await;
        assert!(matches!(failed, Err(Error::StoreUnavailable(_))));
    }
}
