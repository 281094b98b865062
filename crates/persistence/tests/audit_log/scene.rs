//! Three logs of 20 entries each, with checkpoints.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use guildhall_application::{
    Error,
    audit::VerifyReport,
    ports::Store,
    testing::{at, export_audit_logs, make_checkpoints, organization, user, verify_audit_logs},
};
use guildhall_audit_log::{Checkpoint, ExportVerifier, Finding, Line, LogId, Record, SigningKey};
use guildhall_domain::{
    Action, AuditActor, AuditEvent, AuditEventId, Organization, Origin, Resource, Timestamp,
    UserRole,
};
use guildhall_persistence::{Backend, DieselStore, StoreOptions, testing::TestDatabase};
use uuid::Uuid;

/// How many entries each log has.
pub(crate) const SIZE: u64 = 20;

/// The organizations whose logs there are besides the installation's.
pub(crate) const ORGANIZATIONS: [u128; 2] = [7, 8];

pub(crate) fn acme(number: u128) -> Organization {
    organization(number, &format!("Acme {number}"), None)
}

pub(crate) fn log_of(number: u128) -> LogId {
    LogId::Organization(Uuid::from_u128(number))
}

pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed([1; 32])
}

/// An event with an id of its own that Ada made, in the log of an organization or the
/// installation's.
pub(crate) fn event(organization: Option<u128>, now: Timestamp) -> AuditEvent {
    static MADE: AtomicU64 = AtomicU64::new(1000);
    let ada = user(1, "ada@acme.com", UserRole::User);
    let origin = Origin {
        ip_address: Some([192, 0, 2, 1].into()),
        user_agent: Some("curl/8".to_owned()),
        request_id: Some("request".to_owned()),
    };
    let id = AuditEventId::new(Uuid::from_u128(MADE.fetch_add(1, Ordering::Relaxed).into()));
    let (actor, about) = (AuditActor::user(&ada), Resource::User(ada.id));
    let event = AuditEvent::new(id, actor, Action::MemberAdded, about, &origin, now)
        .with("role", "member")
        .with("email", "bob@acme.com");
    match organization {
        Some(number) => event.of(&acme(number)),
        None => event,
    }
}

/// A database whose logs are whole.
pub(crate) struct Scene {
    pub(crate) database: TestDatabase,
    pub(crate) backend: Backend,
    pub(crate) store: DieselStore,
}

impl Scene {
    /// Without any entry.
    pub(crate) fn empty(backend: Backend) -> Self {
        let database = TestDatabase::new(backend);
        let store = DieselStore::open(database.url(), StoreOptions::default()).unwrap();
        Self { database, backend, store }
    }

    /// Three logs with checkpoints over 10 and over all 20 entries.
    pub(crate) async fn new(backend: Backend) -> Self {
        let scene = Self::empty(backend);
        let logs = [None, Some(ORGANIZATIONS[0]), Some(ORGANIZATIONS[1])];
        for number in 1..=SIZE {
            let now = at(i64::try_from(number).unwrap());
            scene.write(&logs.map(|log| event(log, now))).await;
            if number % (SIZE / 2) == 0 {
                let store = Arc::new(scene.store.clone());
                let checkpoints = make_checkpoints(store, key(), now);
                checkpoints.introduce().await.unwrap();
                assert_eq!(checkpoints.execute().await.unwrap(), logs.len());
            }
        }
        scene
    }

    /// Writes events in one transaction.
    pub(crate) async fn write(&self, events: &[AuditEvent]) {
        let mut work = self.store.begin().await.unwrap();
        work.audit_log().append_all(events).await.unwrap();
        work.commit().await.unwrap();
    }

    pub(crate) async fn verify(&self) -> VerifyReport {
        verify_audit_logs(Arc::new(self.store.clone())).execute(&[]).await.unwrap()
    }

    /// What is wrong first with the database as it is.
    pub(crate) async fn finding(&self) -> Finding {
        self.verify().await.findings.into_iter().next().unwrap()
    }

    pub(crate) async fn exported(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let export = export_audit_logs(Arc::new(self.store.clone()));
        let exported: Result<(), Error> = export
            .execute(None, |line| {
                lines.push(line);
                Ok(())
            })
            .await;
        exported.unwrap();
        lines
    }

    /// The entries of a log, by number from 1.
    pub(crate) async fn records(&self, log: LogId) -> Vec<Record> {
        let record = |line| match line {
            Line::Record(record) if record.entry.log == log => Some(*record),
            _ => None,
        };
        self.exported().await.into_iter().filter_map(record).collect()
    }

    /// The checkpoints that a customer would have kept.
    pub(crate) async fn checkpoints(&self) -> Vec<Checkpoint> {
        let checkpoint = |line| match line {
            Line::Checkpoint { checkpoint } => Some(checkpoint),
            Line::Record(_) | Line::Base { .. } => None,
        };
        self.exported().await.into_iter().filter_map(checkpoint).collect()
    }

    /// What is wrong with a new export, to whom has kept those checkpoints.
    pub(crate) async fn findings_by(&self, kept: Vec<Checkpoint>) -> Vec<Finding> {
        let mut verifier = ExportVerifier::new(vec![key().verifying_key()], kept);
        self.exported().await.iter().for_each(|line| verifier.push(line));
        verifier.finish().findings
    }

    /// Bytes as this database writes them.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> String {
        let digits = bytes.iter().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"));
        match self.backend {
            Backend::Sqlite => format!("x'{digits}'"),
            Backend::Postgres => format!("'\\x{digits}'::bytea"),
        }
    }

    /// An id as this database writes it.
    pub(crate) fn id(&self, id: Uuid) -> String {
        match self.backend {
            Backend::Sqlite => format!("x'{}'", id.simple()),
            Backend::Postgres => format!("'{id}'::uuid"),
        }
    }

    /// The condition that a row is an entry of that log.
    pub(crate) fn of(&self, log: LogId) -> String {
        match log {
            LogId::Installation => "organization_id IS NULL".to_owned(),
            LogId::Organization(id) => format!("organization_id = {}", self.id(id)),
        }
    }

    /// The id of a log as the tables about logs have it.
    pub(crate) fn log_id(&self, log: LogId) -> String {
        match log {
            LogId::Installation => self.id(Uuid::nil()),
            LogId::Organization(id) => self.id(id),
        }
    }
}
