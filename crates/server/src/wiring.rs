//! Which adapter stands behind which port.

use std::{num::NonZeroUsize, path::Path, sync::Arc, thread::available_parallelism};

use async_trait::async_trait;

use guildhall_application::{
    Ports, UseCases,
    audit::AuditSigner,
    ports::{IdGenerator, Letter, MailError, Mailer},
};
use guildhall_cache::Cache;
use guildhall_identity::{
    Argon2Hasher, HasherOptions, RandomIds, RandomTokens, RequestLimits, SignInLimits, SignInQuota,
};
use guildhall_mail::{FolderMailer, SmtpMailer};
use guildhall_persistence::DieselStore;

use crate::{
    clock::SystemClock,
    config::{Configuration, MailSettings, RateLimits},
    metrics::{CountingMailer, MailCounters, Metrics, TaskMetrics},
    output::{self, Failure},
    signing_key,
};

/// The parts of a running program.
pub(crate) struct Service {
    pub(crate) use_cases: Arc<UseCases>,
    pub(crate) ids: Arc<dyn IdGenerator>,
    pub(crate) sign_in_limits: Arc<SignInLimits>,
    pub(crate) request_limits: Arc<RequestLimits>,
    pub(crate) store: DieselStore,
    pub(crate) cache: Option<Cache>,
    hasher: Arc<Argon2Hasher>,
    mail: MailCounters,
}

impl Service {
    /// Opens the store and puts the use cases on it. Blocks.
    pub(crate) fn new(configuration: &Configuration) -> Result<Self, Failure> {
        let store = DieselStore::open(&configuration.database, configuration.store)
            .map_err(Failure::failed)?;
        let cores = available_parallelism().map_or(1, NonZeroUsize::get);
        let hasher = Argon2Hasher::new(HasherOptions {
            parallelism: cores,
            queue: configuration.hashing.queue,
            wait: configuration.hashing.wait,
        });
        let hasher = Arc::new(hasher.map_err(Failure::failed)?);
        let mail = MailCounters::default();
        let mailer = mailer(configuration.mail.as_ref())?;
        let RateLimits { are_on, requests_per_minute } = configuration.rate_limits;
        let (sign_in_limits, request_limits) = if are_on {
            let sign_in_limits = SignInLimits::new(SignInQuota::default());
            (sign_in_limits, RequestLimits::per_minute(requests_per_minute))
        } else {
            (SignInLimits::unlimited(), RequestLimits::unlimited())
        };
        let sign_in_limits = Arc::new(sign_in_limits);
        let signer = signing_key::of(configuration)?.map(AuditSigner);
        if signer.is_none() && configuration.settings.audit_retention_months.is_some() {
            return Err(Failure::usage(
                "`audit.retention_months` needs a key, by which what is dropped is stated: set \
                 `audit.signing_key` (GUILDHALL_AUDIT_SIGNING_KEY) or `data_dir`.",
            ));
        }
        let ids = Arc::new(RandomIds);
        let ports = Ports {
            store: Arc::new(store.clone()),
            organizations: Arc::new(store.clone()),
            members: Arc::new(store.clone()),
            workspaces: Arc::new(store.clone()),
            invitations: Arc::new(store.clone()),
            users: Arc::new(store.clone()),
            sessions: Arc::new(store.clone()),
            stats: Arc::new(store.clone()),
            audit: Arc::new(store.clone()),
            audit_logs: Arc::new(store.clone()),
            audit_retention: Arc::new(store.clone()),
            audit_signer: signer,
            maintenance: Arc::new(store.clone()),
            bulk: Arc::new(store.clone()),
            hasher: hasher.clone(),
            tokens: Arc::new(RandomTokens),
            throttle: sign_in_limits.clone(),
            mailer: Arc::new(CountingMailer { mailer, counters: mail.clone() }),
            clock: Arc::new(SystemClock),
            ids: ids.clone(),
        };
        let cache = configuration.cache_bytes.map(Cache::new);
        let ports = match &cache {
            None => ports,
            Some(cache) => {
                store.announce_to(cache.observer());
                cache.before(ports)
            }
        };
        let use_cases = Arc::new(UseCases::new(ports, configuration.settings.clone()));
        let request_limits = Arc::new(request_limits);
        Ok(Self { use_cases, ids, sign_in_limits, request_limits, store, cache, hasher, mail })
    }

    /// What can be measured of these parts, and of what is done at intervals.
    pub(crate) fn metrics(&self, tasks: &TaskMetrics) -> Metrics {
        let cache = self.cache.clone();
        Metrics::of(self.store.clone(), cache, self.hasher.clone(), &self.mail, tasks)
    }
}

fn mailer(settings: Option<&MailSettings>) -> Result<Arc<dyn Mailer>, Failure> {
    Ok(match settings.cloned() {
        None => Arc::new(NoMailer),
        Some(MailSettings::Folder { path, sender }) => {
            Arc::new(FolderMailer::new(path, sender, show))
        }
        Some(MailSettings::Smtp { url, sender }) => {
            Arc::new(SmtpMailer::new(&url, sender).map_err(Failure::failed)?)
        }
    })
}

/// Shows a mail to whoever develops: nobody else gets it.
fn show(letter: &Letter, path: &Path) {
    output::line(format!("Mail to {} ({}):", letter.to, path.display()));
    for line in letter.text.lines() {
        output::line(format!("  {line}"));
    }
}

/// Sends nothing. No use case asks it to where no mail is configured; what was
/// queued before waits.
struct NoMailer;

#[async_trait]
impl Mailer for NoMailer {
    async fn send(&self, _: &Letter) -> Result<(), MailError> {
        Err(MailError::Unavailable("no mail server is configured".to_owned()))
    }
}
