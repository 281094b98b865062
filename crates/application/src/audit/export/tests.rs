use std::collections::BTreeMap;

use guildhall_audit_log::{Actor, Base, Digest, Entry, Reference, SigningKey};
use mockall::predicate::eq;

use super::*;
use crate::{
    ports::{MockAuditLogs, MockAuditQueries},
    testing::at,
};

const LOG: LogId = LogId::Installation;

fn record(sequence: u64) -> Record {
    let entry = Entry {
        action: "login.failed".to_owned(),
        actor: Actor { id: None, kind: "anonymous".to_owned() },
        details: BTreeMap::new(),
        id: format!("event-{sequence}"),
        log: LOG,
        occurred_at: at(0),
        previous: Digest([0; 32]),
        request_id: None,
        resource: Reference { id: None, kind: "installation".to_owned() },
        sealed: Vec::new(),
        sequence,
        success: false,
        version: Entry::VERSION,
    };
    Record { hash: entry.hash(), entry, opened: BTreeMap::new() }
}

fn base(size: u64) -> Base {
    SigningKey::from_seed([1; 32]).sign_base(LOG, size, Digest([1; 32]), at(0))
}

/// What an export writes of one log: `b` and `c` for a base and a checkpoint with
/// their sizes, else the numbers of the entries.
async fn export(audit: MockAuditQueries, logs: MockAuditLogs) -> Result<Vec<String>, Error> {
    let export = ExportAuditLogs { audit: Arc::new(audit), logs: Arc::new(logs) };
    let mut lines = Vec::new();
    let take = |line: Line| {
        lines.push(match line {
            Line::Base { base } => format!("b{}", base.0.size),
            Line::Checkpoint { checkpoint } => format!("c{}", checkpoint.size),
            Line::Record(record) => record.entry.sequence.to_string(),
        });
        Ok::<_, Error>(())
    };
    export.execute(Some(LOG), take).await.map(|()| lines)
}

fn queries(bases: Vec<Option<u64>>) -> MockAuditQueries {
    let mut audit = MockAuditQueries::new();
    let mut bases = bases.into_iter();
    audit.expect_base().with(eq(LOG)).returning(move |_| Ok(bases.next().unwrap().map(base)));
    audit
}

fn entries(logs: &mut MockAuditLogs, after: u64, found: &'static [u64]) {
    logs.expect_entries()
        .with(eq(LOG), eq(after), eq(BATCH))
        .times(1)
        .returning(|_, _, _| Ok(found.iter().copied().map(record).collect()));
}

#[tokio::test]
async fn a_log_is_its_base_its_checkpoints_and_its_entries() {
    let mut audit = queries(vec![Some(4)]);
    let pages: [(u64, &[u64]); 3] = [(0, &[4, 5]), (5, &[7]), (7, &[])];
    for (after, sizes) in pages {
        audit.expect_checkpoints().with(eq(LOG), eq(after), eq(BATCH)).times(1).returning(
            move |_, _, _| {
                let key = SigningKey::from_seed([1; 32]);
                let made = |size: &u64| key.sign(LOG, *size, Digest([1; 32]), at(0));
                Ok(sizes.iter().map(made).collect())
            },
        );
    }
    let mut logs = MockAuditLogs::new();
    entries(&mut logs, 4, &[5, 6]);
    entries(&mut logs, 6, &[7]);
    entries(&mut logs, 7, &[]);
    let lines = export(audit, logs).await.unwrap();
    assert_eq!(lines, ["b4", "c4", "c5", "c7", "5", "6", "7"]);
}

fn without_checkpoints(bases: Vec<Option<u64>>) -> MockAuditQueries {
    let mut audit = queries(bases);
    audit.expect_checkpoints().returning(|_, _, _| Ok(Vec::new()));
    audit
}

#[tokio::test]
async fn a_gap_is_exported_as_it_is() {
    let audit = without_checkpoints(vec![None, None]);
    let mut logs = MockAuditLogs::new();
    entries(&mut logs, 0, &[1, 2]);
    entries(&mut logs, 2, &[4]);
    entries(&mut logs, 4, &[]);
    assert_eq!(export(audit, logs).await.unwrap(), ["1", "2", "4"]);
}

#[tokio::test]
async fn what_is_dropped_meanwhile_breaks_an_export_off() {
    let audit = without_checkpoints(vec![None, Some(3)]);
    let mut logs = MockAuditLogs::new();
    entries(&mut logs, 0, &[1, 2]);
    entries(&mut logs, 2, &[4]);
    let Err(Error::StoreUnavailable(why)) = export(audit, logs).await else { panic!("no error") };
    assert!(why.to_string().contains("export it again"), "{why}");
}

/// It stands at number 0 and must not bring the reader back to the start.
#[tokio::test]
async fn entries_without_a_number_do_not_go_round_in_circles() {
    let audit = without_checkpoints(vec![None]);
    let mut logs = MockAuditLogs::new();
    entries(&mut logs, 0, &[0, 0]);
    entries(&mut logs, 1, &[]);
    assert_eq!(export(audit, logs).await.unwrap(), ["0", "0"]);
}

#[tokio::test]
async fn who_takes_the_lines_can_end_it() {
    let audit = without_checkpoints(vec![None]);
    let mut logs = MockAuditLogs::new();
    entries(&mut logs, 0, &[1, 2]);
    let export = ExportAuditLogs { audit: Arc::new(audit), logs: Arc::new(logs) };
    let mut taken = 0;
    let take = |_| {
        taken += 1;
        Err::<(), _>(Error::NotFound)
    };
    assert!(matches!(export.execute(Some(LOG), take).await, Err(Error::NotFound)));
    assert_eq!(taken, 1);
}

#[tokio::test]
async fn all_logs_are_exported_one_after_the_other() {
    let mut audit = MockAuditQueries::new();
    audit.expect_base().times(2).returning(|_| Ok(None));
    audit.expect_checkpoints().returning(|_, _, _| Ok(Vec::new()));
    let mut logs = MockAuditLogs::new();
    let other = LogId::Organization(uuid::Uuid::from_u128(7));
    logs.expect_logs()
        .with(eq(None), eq(BATCH))
        .times(1)
        .returning(move |_, _| Ok(vec![LOG, other]));
    entries(&mut logs, 0, &[]);
    logs.expect_entries()
        .with(eq(other), eq(0), eq(BATCH))
        .times(1)
        .returning(|_, _, _| Ok(Vec::new()));
    let export = ExportAuditLogs { audit: Arc::new(audit), logs: Arc::new(logs) };
    export.execute(None, |_| Ok::<_, Error>(())).await.unwrap();
}
