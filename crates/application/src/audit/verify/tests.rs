use std::sync::atomic::{AtomicU64, Ordering};

use guildhall_audit_log::{Base, Digest, SigningKey, Wrong};

use super::*;
use crate::{
    ports::{MockAuditLogs, MockAuditQueries},
    testing::at,
};

const LOG: LogId = LogId::Installation;

fn base(size: u64) -> Base {
    SigningKey::from_seed([1; 32]).sign_base(LOG, size, Digest([1; 32]), at(0))
}

/// Verifies one log without entries, whose base is that at each look, and which says
/// that it is as long as its last base.
async fn verify(bases: Vec<Option<u64>>, keys: &[VerifyingKey]) -> Result<VerifyReport, Error> {
    let mut audit = MockAuditQueries::new();
    audit
        .expect_signing_keys()
        .returning(|| Ok(vec![SigningKey::from_seed([1; 32]).verifying_key()]));
    audit.expect_checkpoints().returning(|_, _, _| Ok(Vec::new()));
    let end = bases.last().copied().flatten().map(base);
    let looks = AtomicU64::new(0);
    audit.expect_base().returning(move |_| {
        let look = usize::try_from(looks.fetch_add(1, Ordering::Relaxed)).unwrap();
        Ok(bases[look.min(bases.len() - 1)].map(base))
    });
    let mut logs = MockAuditLogs::new();
    logs.expect_logs().returning(|_, _| Ok(vec![LOG]));
    logs.expect_entries().returning(|_, _, _| Ok(Vec::new()));
    logs.expect_head().returning(move |_| {
        Ok(end.as_ref().map(|Base(base)| Head { size: base.size, hash: base.head }))
    });
    VerifyAuditLogs { audit: Arc::new(audit), logs: Arc::new(logs) }.execute(keys).await
}

#[tokio::test]
async fn a_log_is_checked_from_its_base() {
    let report = verify(vec![Some(7)], &[]).await.unwrap();
    assert_eq!((report.findings, report.dropped, report.logs), (Vec::new(), 7, 1));
    let report = verify(vec![None], &[]).await.unwrap();
    assert_eq!((report.findings, report.dropped), (Vec::new(), 0));
}

#[tokio::test]
async fn what_is_dropped_meanwhile_is_not_missing() {
    // At the first look nothing was dropped, and the log seems to be cut off.
    let report = verify(vec![None, Some(7)], &[]).await.unwrap();
    assert_eq!((report.findings, report.dropped), (Vec::new(), 7));
}

#[tokio::test]
async fn keys_that_are_named_count_instead_of_those_that_are_known() {
    let other = SigningKey::from_seed([2; 32]).verifying_key();
    let report = verify(vec![Some(7)], &[other]).await.unwrap();
    assert!(matches!(report.findings[0].wrong, Wrong::UnsignedBase(_)));
    assert_eq!(report.dropped, 0);
}

#[tokio::test]
async fn a_store_that_fails_is_no_finding() {
    let mut audit = MockAuditQueries::new();
    audit.expect_signing_keys().returning(|| Err(StoreError::Unavailable("away".to_owned())));
    let verify = VerifyAuditLogs { audit: Arc::new(audit), logs: Arc::new(MockAuditLogs::new()) };
    assert!(matches!(verify.execute(&[]).await, Err(Error::StoreUnavailable(_))));
}
