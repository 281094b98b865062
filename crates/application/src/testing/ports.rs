//! Every port as a mock or a fake, for tests of use cases and of the HTTP API.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use chrono::TimeDelta;
use guildhall_audit_log::SigningKey;
use guildhall_domain::{
    AutoJoin, DefaultOrganizationPolicy, RegistrationMode, SessionLifetimes, Timestamp,
};
use uuid::Uuid;

use super::FakeStore;
use crate::{
    Ports, Settings, UseCases,
    audit::AuditSigner,
    mail::MailLinks,
    ports::{
        Clock, IdGenerator, MockAuditLogs, MockAuditQueries, MockAuditRetention, MockBulkLoader,
        MockInvitationQueries, MockMailer, MockMaintenance, MockMemberQueries,
        MockOrganizationQueries, MockPasswordHasher, MockSessionQueries, MockSignInThrottle,
        MockStatsQueries, MockTokenService, MockUserQueries, MockWorkspaceQueries,
    },
};

/// A clock that stands still.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Ids that count up from a thousand, so that none is one of a builder's.
#[derive(Debug)]
pub struct SequentialIds(AtomicU64);

impl Default for SequentialIds {
    fn default() -> Self {
        Self(AtomicU64::new(1000))
    }
}

impl IdGenerator for SequentialIds {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(self.0.fetch_add(1, Ordering::Relaxed).into())
    }
}

/// Development rules: open registration, auto-join by e-mail domain.
///
/// # Panics
///
/// Never.
#[must_use]
#[expect(clippy::expect_used, reason = "for tests")]
pub fn settings() -> Settings {
    Settings {
        registration: RegistrationMode::Open,
        auto_join: AutoJoin::EmailDomain,
        default_organization: DefaultOrganizationPolicy {
            domain: "neogenesys.com".parse().expect("a domain"),
            workspaces: 5,
        },
        self_service: false,
        restore_window: TimeDelta::days(30),
        audit_retention_months: None,
        session_lifetimes: SessionLifetimes {
            idle: TimeDelta::days(7),
            absolute: TimeDelta::days(30),
        },
        email_verification: false,
        sends_mail: true,
        mail_links: MailLinks::default(),
        sign_in_is_throttled: true,
        transport_is_encrypted: false,
    }
}

/// Every port, each a mock without expectations but for the clock, which stands
/// at the epoch, the ids, which count up, and the throttle, which admits
/// everybody unless an expectation was put on it.
#[expect(missing_docs, reason = "each field is documented by its trait")]
pub struct TestPorts {
    pub store: Arc<FakeStore>,
    pub organizations: MockOrganizationQueries,
    pub members: MockMemberQueries,
    pub workspaces: MockWorkspaceQueries,
    pub invitations: MockInvitationQueries,
    pub users: MockUserQueries,
    pub sessions: MockSessionQueries,
    pub stats: MockStatsQueries,
    pub audit: MockAuditQueries,
    pub audit_logs: MockAuditLogs,
    pub audit_retention: MockAuditRetention,
    pub maintenance: MockMaintenance,
    pub bulk: MockBulkLoader,
    pub hasher: MockPasswordHasher,
    pub tokens: MockTokenService,
    pub throttle: MockSignInThrottle,
    pub mailer: MockMailer,
    pub clock: FixedClock,
    pub settings: Settings,
}

impl Default for TestPorts {
    fn default() -> Self {
        Self {
            store: Arc::default(),
            organizations: MockOrganizationQueries::new(),
            members: MockMemberQueries::new(),
            workspaces: MockWorkspaceQueries::new(),
            invitations: MockInvitationQueries::new(),
            users: MockUserQueries::new(),
            sessions: MockSessionQueries::new(),
            stats: MockStatsQueries::new(),
            audit: MockAuditQueries::new(),
            audit_logs: MockAuditLogs::new(),
            audit_retention: MockAuditRetention::new(),
            maintenance: MockMaintenance::new(),
            bulk: MockBulkLoader::new(),
            hasher: MockPasswordHasher::new(),
            tokens: MockTokenService::new(),
            throttle: MockSignInThrottle::new(),
            mailer: MockMailer::new(),
            clock: FixedClock(Timestamp::UNIX_EPOCH),
            settings: settings(),
        }
    }
}

impl TestPorts {
    /// The use cases over these ports.
    #[must_use]
    pub fn into_use_cases(mut self) -> UseCases {
        self.throttle.expect_admit().returning(|_, _| Ok(()));
        let ports = Ports {
            store: self.store,
            organizations: Arc::new(self.organizations),
            members: Arc::new(self.members),
            workspaces: Arc::new(self.workspaces),
            invitations: Arc::new(self.invitations),
            users: Arc::new(self.users),
            sessions: Arc::new(self.sessions),
            stats: Arc::new(self.stats),
            audit: Arc::new(self.audit),
            audit_logs: Arc::new(self.audit_logs),
            audit_retention: Arc::new(self.audit_retention),
            audit_signer: Some(AuditSigner(SigningKey::from_seed([1; 32]))),
            maintenance: Arc::new(self.maintenance),
            bulk: Arc::new(self.bulk),
            hasher: Arc::new(self.hasher),
            tokens: Arc::new(self.tokens),
            throttle: Arc::new(self.throttle),
            mailer: Arc::new(self.mailer),
            clock: Arc::new(self.clock),
            ids: Arc::new(SequentialIds::default()),
        };
        UseCases::new(ports, self.settings)
    }
}
