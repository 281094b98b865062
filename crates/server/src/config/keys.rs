//! Every setting there is, once: where it is set and what it defaults to. What
//! it means stands in `docs/configuration.md`, in a row for each, held by a test.

/// One setting.
#[derive(Debug)]
pub(crate) struct Key {
    /// Its path in the file: `section.name`, or a plain name.
    pub(crate) path: &'static str,
    /// The environment variable that sets it.
    pub(crate) variable: &'static str,
    /// What it is without being set, for people; see also [`in_force`](super::in_force).
    pub(crate) default: &'static str,
    /// Whether its value is never shown.
    pub(crate) is_secret: bool,
}

const fn key(path: &'static str, variable: &'static str, default: &'static str) -> Key {
    Key { path, variable, default, is_secret: false }
}

const fn secret(path: &'static str, variable: &'static str, default: &'static str) -> Key {
    Key { path, variable, default, is_secret: true }
}

/// Names the configuration file; no setting itself.
pub(crate) const FILE_VARIABLE: &str = "GUILDHALL_CONFIG";

/// Every setting, in the order in which they are shown.
#[rustfmt::skip]
pub(crate) static KEYS: &[Key] = &[
    key("mode",                            "GUILDHALL_MODE",                            "development"),
    key("listen",                          "GUILDHALL_LISTEN",                          "127.0.0.1:8080"),
    key("public_url",                      "GUILDHALL_PUBLIC_URL",                      "none"),
    key("data_dir",                        "GUILDHALL_DATA_DIR",                        "the data folder of the user"),
    key("database_url",                    "DATABASE_URL",                              "sqlite:guildhall.db in data_dir"),
    key("database.max_connections",        "GUILDHALL_DATABASE_MAX_CONNECTIONS",        "8"),
    key("database.acquire_timeout",        "GUILDHALL_DATABASE_ACQUIRE_TIMEOUT",        "5"),
    key("database.queue",                  "GUILDHALL_DATABASE_QUEUE",                  "1024"),
    key("database.sqlite_synchronous",     "GUILDHALL_DATABASE_SQLITE_SYNCHRONOUS",     "full"),
    key("database.slow_statement",         "GUILDHALL_DATABASE_SLOW_STATEMENT",         "500"),
    key("cache.megabytes",                 "GUILDHALL_CACHE_MEGABYTES",                 "32"),
    key("registration",                    "GUILDHALL_REGISTRATION",                    "open in development"),
    key("auto_join",                       "GUILDHALL_AUTO_JOIN",                       "email-domain in development, verified-domain in production"),
    key("email_verification",              "GUILDHALL_EMAIL_VERIFICATION",              "off in development"),
    secret("mail.smtp_url",                "GUILDHALL_MAIL_SMTP_URL",                   "none"),
    key("mail.from",                       "GUILDHALL_MAIL_FROM",                       "none"),
    key("mail.invitation_link",            "GUILDHALL_MAIL_INVITATION_LINK",            "none"),
    key("mail.verification_link",          "GUILDHALL_MAIL_VERIFICATION_LINK",          "none"),
    key("mail.password_link",              "GUILDHALL_MAIL_PASSWORD_LINK",              "none"),
    key("default_organization.domain",     "GUILDHALL_DEFAULT_ORGANIZATION_DOMAIN",     "neogenesys.com"),
    key("default_organization.workspaces", "GUILDHALL_DEFAULT_ORGANIZATION_WORKSPACES", "5"),
    key("organizations.self_service",      "GUILDHALL_ORGANIZATIONS_SELF_SERVICE",      "off"),
    key("organizations.restore_days",      "GUILDHALL_ORGANIZATIONS_RESTORE_DAYS",      "30"),
    key("admin.email",                     "GUILDHALL_ADMIN_EMAIL",                     "none"),
    secret("admin.password",               "GUILDHALL_ADMIN_PASSWORD",                  "none"),
    secret("audit.signing_key",            "GUILDHALL_AUDIT_SIGNING_KEY",               "a file in data_dir"),
    key("audit.retention_months",          "GUILDHALL_AUDIT_RETENTION_MONTHS",          "none"),
    key("audit.checkpoint_interval",       "GUILDHALL_AUDIT_CHECKPOINT_INTERVAL",       "300"),
    key("sessions.idle_hours",             "GUILDHALL_SESSIONS_IDLE_HOURS",             "168"),
    key("sessions.absolute_hours",         "GUILDHALL_SESSIONS_ABSOLUTE_HOURS",         "720"),
    key("rate_limits",                     "GUILDHALL_RATE_LIMITS",                     "on"),
    key("http.requests_per_minute",        "GUILDHALL_HTTP_REQUESTS_PER_MINUTE",        "1200"),
    key("passwords.queue",                 "GUILDHALL_PASSWORDS_QUEUE",                 "512"),
    key("passwords.wait",                  "GUILDHALL_PASSWORDS_WAIT",                  "30"),
    key("http.cors_origins",               "GUILDHALL_HTTP_CORS_ORIGINS",               "none"),
    key("http.trusted_proxies",            "GUILDHALL_HTTP_TRUSTED_PROXIES",            "none"),
    key("http.workers",                    "GUILDHALL_HTTP_WORKERS",                    "the number of cores, at least 2"),
    key("http.max_connections",            "GUILDHALL_HTTP_MAX_CONNECTIONS",            "10000"),
    key("http.keep_alive",                 "GUILDHALL_HTTP_KEEP_ALIVE",                 "15"),
    key("http.request_timeout",            "GUILDHALL_HTTP_REQUEST_TIMEOUT",            "10"),
    key("http.body_timeout",               "GUILDHALL_HTTP_BODY_TIMEOUT",               "30"),
    key("http.send_timeout",               "GUILDHALL_HTTP_SEND_TIMEOUT",               "30"),
    key("http.disconnect_timeout",         "GUILDHALL_HTTP_DISCONNECT_TIMEOUT",         "5"),
    key("http.bench_route",                "GUILDHALL_HTTP_BENCH_ROUTE",                "off"),
    key("shutdown.notice",                 "GUILDHALL_SHUTDOWN_NOTICE",                 "0"),
    key("shutdown.grace",                  "GUILDHALL_SHUTDOWN_GRACE",                  "25"),
    key("metrics.listen",                  "GUILDHALL_METRICS_LISTEN",                  "none"),
    key("traces.otlp_endpoint",            "GUILDHALL_TRACES_OTLP_ENDPOINT",            "none"),
    key("traces.sample_percent",           "GUILDHALL_TRACES_SAMPLE_PERCENT",           "100"),
    key("log.filter",                      "GUILDHALL_LOG",                             "info"),
    key("log.format",                      "GUILDHALL_LOG_FORMAT",                      "auto"),
];

/// The setting at this path of the file.
pub(crate) fn by_path(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// The setting of this environment variable.
pub(crate) fn by_variable(variable: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.variable == variable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_documented() {
        let page = include_str!("../../../../docs/configuration.md");
        for key in KEYS {
            let row = format!("| `{}` | `{}` |", key.path, key.variable);
            assert!(page.contains(&row), "no row begins with: {row}");
        }
        let rows = page.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows, KEYS.len(), "a row for a setting that does not exist");
    }

    #[test]
    fn every_setting_is_named_once() {
        for key in KEYS {
            assert_eq!(by_path(key.path).map(|k| k.variable), Some(key.variable));
            assert_eq!(by_variable(key.variable).map(|k| k.path), Some(key.path));
        }
    }
}
