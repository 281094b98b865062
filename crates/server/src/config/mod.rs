//! The configuration: read, checked as a whole, and in types that cannot hold
//! what makes no sense. Every fault is told at once, with its source.

mod in_force;
mod keys;
mod mail;
mod reader;
mod sources;
mod traces;

use std::{fmt, net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

use chrono::TimeDelta;
use etcetera::BaseStrategy;
use guildhall_application::{Settings, auth::NewPassword, operations::CreateAdminCommand};
use guildhall_audit_log::SigningKey;
use guildhall_domain::{AutoJoin, DefaultOrganizationPolicy, RegistrationMode, SessionLifetimes};
use guildhall_http_api::HttpSettings;
use guildhall_persistence::{DatabaseUrl, SqliteSynchronous, StoreOptions};

use self::reader::Reader;
pub(crate) use self::{
    mail::MailSettings,
    sources::{Overrides, Sources},
    traces::TraceSettings,
};
use crate::{output::Failure, signing_key};

/// Whom the program runs for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// For its developer, on their own machine.
    Development,
    /// For everybody.
    Production,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Development => "development",
            Self::Production => "production",
        })
    }
}

/// What logs look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    Text,
    Json,
}

/// What is logged and how.
#[derive(Debug, Clone)]
pub(crate) struct LogSettings {
    /// Directives of `tracing_subscriber`'s filter.
    pub(crate) filter: String,
    pub(crate) format: LogFormat,
}

/// Bounds on what callers ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RateLimits {
    /// Whether there are any.
    pub(crate) are_on: bool,
    /// How many requests an actor may make.
    pub(crate) requests_per_minute: NonZeroU32,
}

/// How the audit logs are proven.
#[derive(Debug, Clone)]
pub(crate) struct AuditSettings {
    /// What signs checkpoints, if it is named; a key of the data folder else.
    pub(crate) signing_key: Option<SigningKey>,
    /// How often they are made.
    pub(crate) checkpoint_interval: Duration,
}

/// Bounds on hashing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HashingSettings {
    pub(crate) queue: usize,
    pub(crate) wait: Duration,
}

/// Bounds on the HTTP server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServerSettings {
    pub(crate) workers: usize,
    pub(crate) max_connections: usize,
    pub(crate) keep_alive: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) send_timeout: Duration,
    pub(crate) disconnect_timeout: Duration,
}

/// How the server ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShutdownSettings {
    /// How long it says that it is not ready before it stops listening.
    pub(crate) notice: Duration,
    /// How long what is under way may take after that.
    pub(crate) grace: Duration,
}

/// What is in force.
#[derive(Debug, Clone)]
pub(crate) struct Configuration {
    pub(crate) mode: Mode,
    pub(crate) listen: SocketAddr,
    /// Where files go; none on a machine without a home folder.
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) database: DatabaseUrl,
    pub(crate) store: StoreOptions,
    /// The memory that copies of what was read may take, in bytes; none are made without.
    pub(crate) cache_bytes: Option<u64>,
    pub(crate) settings: Settings,
    pub(crate) first_admin: Option<CreateAdminCommand>,
    pub(crate) rate_limits: RateLimits,
    pub(crate) audit: AuditSettings,
    /// Where mail goes; nowhere without it.
    pub(crate) mail: Option<MailSettings>,
    pub(crate) hashing: HashingSettings,
    pub(crate) http: HttpSettings,
    pub(crate) server: ServerSettings,
    pub(crate) shutdown: ShutdownSettings,
    /// Where metrics are read; nowhere without it.
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// Where traces go; nowhere without it.
    pub(crate) traces: Option<TraceSettings>,
    pub(crate) log: LogSettings,
}

impl Configuration {
    /// Reads and checks the configuration of this process.
    ///
    /// # Errors
    ///
    /// A failure that lists every fault.
    pub(crate) fn load(overrides: &Overrides) -> Result<Self, Failure> {
        Self::from_sources(&Sources::read(overrides)?)
    }

    /// Checks what was read.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub(crate) fn from_sources(sources: &Sources) -> Result<Self, Failure> {
        let mut reader = Reader::new(sources);
        let mode = reader.choice("mode", &MODES).unwrap_or(Mode::Development);
        let listen = reader.value("listen", reader::socket_address);
        let listen = listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080)));
        let public_url = reader.value("public_url", reader::web_address);
        let rate_limits = rate_limits(&mut reader);
        let data_dir = data_dir(&mut reader);
        let mail = mail::settings(&mut reader, mode, data_dir.as_deref());
        let is_encrypted = public_url.as_deref().is_some_and(|url| url.starts_with("https:"));
        let configuration = Self {
            mode,
            listen,
            database: database(&mut reader, data_dir.as_ref()),
            data_dir,
            store: store(&mut reader),
            cache_bytes: cache_bytes(&mut reader),
            settings: Settings {
                registration: registration(&mut reader, mode),
                auto_join: auto_join(&mut reader, mode),
                default_organization: default_organization(&mut reader),
                self_service: reader.choice("organizations.self_service", &SWITCH).unwrap_or(false),
                restore_window: TimeDelta::days(
                    reader.number("organizations.restore_days", 0..=3650).unwrap_or(30),
                ),
                audit_retention_months: reader.number("audit.retention_months", 0..=1200),
                session_lifetimes: session_lifetimes(&mut reader),
                email_verification: reader
                    .choice("email_verification", &VERIFICATIONS)
                    .unwrap_or(false),
                sends_mail: mail.is_some(),
                mail_links: mail::links(&mut reader),
                sign_in_is_throttled: rate_limits.are_on,
                transport_is_encrypted: is_encrypted,
            },
            first_admin: first_admin(&mut reader),
            rate_limits,
            audit: AuditSettings {
                signing_key: reader.secret("audit.signing_key", signing_key::parse),
                checkpoint_interval: reader
                    .seconds("audit.checkpoint_interval", 1..=86_400)
                    .unwrap_or(Duration::from_mins(5)),
            },
            mail,
            hashing: HashingSettings {
                queue: reader.number("passwords.queue", 1..=100_000).unwrap_or(512),
                wait: reader.seconds("passwords.wait", 1..=600).unwrap_or(Duration::from_secs(30)),
            },
            http: HttpSettings {
                public_url,
                cors_origins: reader.list("http.cors_origins", reader::web_address),
                trusted_proxies: reader.list("http.trusted_proxies", reader::network),
                body_timeout: reader
                    .seconds("http.body_timeout", 1..=600)
                    .unwrap_or(HttpSettings::default().body_timeout),
                bench_route: reader.choice("http.bench_route", &SWITCH).unwrap_or(false),
            },
            server: server(&mut reader),
            shutdown: ShutdownSettings {
                notice: reader.seconds("shutdown.notice", 0..=600).unwrap_or_default(),
                grace: reader.seconds("shutdown.grace", 0..=600).unwrap_or(Duration::from_secs(25)),
            },
            metrics_listen: reader.value("metrics.listen", reader::socket_address),
            traces: traces::settings(&mut reader),
            log: LogSettings {
                filter: reader.value("log.filter", reader::log_filter).unwrap_or("info".to_owned()),
                format: reader.choice("log.format", &LOG_FORMATS).unwrap_or(LogFormat::Auto),
            },
        };
        check_mail(&mut reader, &configuration);
        match mode {
            Mode::Development => check_development(&mut reader, &configuration),
            Mode::Production => check_production(&mut reader),
        }
        reader.finish(configuration)
    }
}

const MODES: [(&str, Mode); 2] =
    [("development", Mode::Development), ("production", Mode::Production)];
const SWITCH: [(&str, bool); 2] = [("on", true), ("off", false)];
const LOG_FORMATS: [(&str, LogFormat); 3] =
    [("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json)];
const SYNCHRONOUS: [(&str, SqliteSynchronous); 2] =
    [("full", SqliteSynchronous::Full), ("normal", SqliteSynchronous::Normal)];
const REGISTRATIONS: [(&str, RegistrationMode); 3] = [
    ("open", RegistrationMode::Open),
    ("named", RegistrationMode::Named),
    ("invited", RegistrationMode::Invited),
];
const VERIFICATIONS: [(&str, bool); 2] = [("required", true), ("off", false)];
const AUTO_JOINS: [(&str, AutoJoin); 3] = [
    ("off", AutoJoin::Off),
    ("email-domain", AutoJoin::EmailDomain),
    ("verified-domain", AutoJoin::VerifiedDomain),
];

fn rate_limits(reader: &mut Reader<'_>) -> RateLimits {
    let default = NonZeroU32::new(1200).unwrap_or(NonZeroU32::MAX);
    let requests = reader.number("http.requests_per_minute", NonZeroU32::MIN..=NonZeroU32::MAX);
    RateLimits {
        are_on: reader.choice("rate_limits", &SWITCH).unwrap_or(true),
        requests_per_minute: requests.unwrap_or(default),
    }
}

fn data_dir(reader: &mut Reader<'_>) -> Option<PathBuf> {
    let chosen = reader.value("data_dir", reader::folder);
    chosen.or_else(|| {
        let folders = etcetera::choose_base_strategy().ok()?;
        Some(folders.data_dir().join("guildhall"))
    })
}

fn database(reader: &mut Reader<'_>, data_dir: Option<&PathBuf>) -> DatabaseUrl {
    if let Some(url) = reader.secret("database_url", str::parse::<DatabaseUrl>) {
        return url;
    }
    if data_dir.is_none() {
        reader.fault("There is no home folder to keep data in: set GUILDHALL_DATA_DIR.");
    }
    DatabaseUrl::sqlite(&data_dir.cloned().unwrap_or_default().join("guildhall.db"))
}

fn store(reader: &mut Reader<'_>) -> StoreOptions {
    let default = StoreOptions::default();
    StoreOptions {
        max_connections: reader
            .number("database.max_connections", 1..=1000)
            .unwrap_or(default.max_connections),
        acquire_timeout: reader
            .seconds("database.acquire_timeout", 1..=600)
            .unwrap_or(default.acquire_timeout),
        queue: reader.number("database.queue", 1..=100_000).unwrap_or(default.queue),
        sqlite_synchronous: reader
            .choice("database.sqlite_synchronous", &SYNCHRONOUS)
            .unwrap_or(default.sqlite_synchronous),
        slow_statement: match reader.number("database.slow_statement", 0..=60_000) {
            None => default.slow_statement,
            Some(0) => None,
            Some(milliseconds) => Some(Duration::from_millis(milliseconds)),
        },
    }
}

fn cache_bytes(reader: &mut Reader<'_>) -> Option<u64> {
    const MEGABYTE: u64 = 1_000_000;
    let megabytes = reader.number("cache.megabytes", 0..=100_000).unwrap_or(32);
    (megabytes > 0).then_some(megabytes * MEGABYTE)
}

fn registration(reader: &mut Reader<'_>, mode: Mode) -> RegistrationMode {
    let chosen = reader.choice("registration", &REGISTRATIONS);
    chosen.unwrap_or(match mode {
        Mode::Development => RegistrationMode::Open,
        Mode::Production => RegistrationMode::Invited,
    })
}

fn auto_join(reader: &mut Reader<'_>, mode: Mode) -> AutoJoin {
    let chosen = reader.choice("auto_join", &AUTO_JOINS);
    if mode == Mode::Production && chosen == Some(AutoJoin::EmailDomain) {
        reader.fault(
            "GUILDHALL_AUTO_JOIN must not be `email-domain` in production: nobody has proven that \
             the addresses are theirs. Choose `verified-domain` or `off`.",
        );
    }
    chosen.unwrap_or(match mode {
        Mode::Development => AutoJoin::EmailDomain,
        Mode::Production => AutoJoin::VerifiedDomain,
    })
}

fn default_organization(reader: &mut Reader<'_>) -> DefaultOrganizationPolicy {
    let default = DefaultOrganizationPolicy::default();
    let domain = reader.value("default_organization.domain", str::parse);
    let workspaces = reader.number("default_organization.workspaces", 0..=1000);
    DefaultOrganizationPolicy {
        domain: domain.unwrap_or(default.domain),
        workspaces: workspaces.unwrap_or(default.workspaces),
    }
}

fn session_lifetimes(reader: &mut Reader<'_>) -> SessionLifetimes {
    let idle = reader.number("sessions.idle_hours", 1..=8760).unwrap_or(168);
    let absolute = reader.number("sessions.absolute_hours", 1..=8760).unwrap_or(720);
    SessionLifetimes { idle: TimeDelta::hours(idle), absolute: TimeDelta::hours(absolute) }
}

fn first_admin(reader: &mut Reader<'_>) -> Option<CreateAdminCommand> {
    let email = reader.value("admin.email", str::parse);
    let password = reader.secret("admin.password", |text| NewPassword::parse(text.to_owned()));
    if reader.is_set("admin.email") != reader.is_set("admin.password") {
        reader.fault("GUILDHALL_ADMIN_EMAIL and GUILDHALL_ADMIN_PASSWORD go together.");
    }
    let (email, password) = (email?, password?);
    if let Err(error) = password.check_against(&email) {
        reader.fault(format!("GUILDHALL_ADMIN_PASSWORD {error}."));
    }
    let name = "Administrator".parse().ok()?;
    Some(CreateAdminCommand { email, password, name, organization: None })
}

fn server(reader: &mut Reader<'_>) -> ServerSettings {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    ServerSettings {
        workers: reader.number("http.workers", 1..=256).unwrap_or(cores.max(2)),
        max_connections: reader.number("http.max_connections", 1..=1_000_000).unwrap_or(10_000),
        keep_alive: reader.seconds("http.keep_alive", 1..=3600).unwrap_or(Duration::from_secs(15)),
        request_timeout: reader
            .seconds("http.request_timeout", 1..=600)
            .unwrap_or(Duration::from_secs(10)),
        send_timeout: reader
            .seconds("http.send_timeout", 1..=600)
            .unwrap_or(Duration::from_secs(30)),
        disconnect_timeout: reader
            .seconds("http.disconnect_timeout", 1..=600)
            .unwrap_or(Duration::from_secs(5)),
    }
}

/// Development mode lets strangers in, so it stays on this machine.
fn check_development(reader: &mut Reader<'_>, configuration: &Configuration) {
    let Configuration { listen, metrics_listen, .. } = configuration;
    let addresses = [Some(*listen), *metrics_listen];
    let is_of_others = |address: &SocketAddr| !address.ip().is_loopback();
    let Some(address) = addresses.into_iter().flatten().find(is_of_others) else { return };
    reader.fault(format!(
        "Development mode listens on this machine alone, not on {address}: it trusts addresses that \
         nobody has proven. To be reached by others, set GUILDHALL_MODE=production and what it needs."
    ));
    check_production(reader);
}

/// Production has no default for what protects tenants.
fn check_production(reader: &mut Reader<'_>) {
    for (path, advice) in [
        (
            "public_url",
            "GUILDHALL_PUBLIC_URL: where clients reach the service, such as https://guildhall.acme.com",
        ),
        (
            "registration",
            "GUILDHALL_REGISTRATION: who may register: `open`, `named` (who names an organization) \
             or `invited`",
        ),
        (
            "email_verification",
            "GUILDHALL_EMAIL_VERIFICATION: `required`, or `off`, by which you accept that nobody \
             proves that an e-mail address is theirs",
        ),
    ] {
        if !reader.is_set(path) {
            reader.fault(format!("Production needs {advice}."));
        }
    }
}

/// Where addresses are to be verified, mail must go somewhere.
fn check_mail(reader: &mut Reader<'_>, configuration: &Configuration) {
    if configuration.settings.email_verification && configuration.mail.is_none() {
        reader.fault(
            "GUILDHALL_EMAIL_VERIFICATION=required takes a mail server: set \
             GUILDHALL_MAIL_SMTP_URL and GUILDHALL_MAIL_FROM.",
        );
    }
}

#[cfg(test)]
mod tests;
