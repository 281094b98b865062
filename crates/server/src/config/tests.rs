//! The configuration as a whole.

use super::*;

fn load(variables: &[(&str, &str)]) -> Result<Configuration, String> {
    let at_home = [("GUILDHALL_DATA_DIR", "/var/lib/guildhall")];
    let variables = [&at_home, variables].concat();
    let sources = Sources::of_variables(&variables);
    Configuration::from_sources(&sources).map_err(|failure| failure.to_string())
}

const PRODUCTION: [(&str, &str); 4] = [
    ("GUILDHALL_MODE", "production"),
    ("GUILDHALL_PUBLIC_URL", "https://guildhall.acme.com"),
    ("GUILDHALL_REGISTRATION", "invited"),
    ("GUILDHALL_EMAIL_VERIFICATION", "off"),
];

#[test]
fn nothing_need_be_set() {
    let configuration = load(&[]).unwrap();
    assert_eq!(configuration.mode, Mode::Development);
    assert_eq!(configuration.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(configuration.settings.auto_join, AutoJoin::EmailDomain);
    assert_eq!(configuration.settings.registration, RegistrationMode::Open);
    let file = configuration.database.sqlite_path().unwrap();
    assert_eq!(file.to_str(), Some("/var/lib/guildhall/guildhall.db"));
    assert!(configuration.rate_limits.are_on && configuration.first_admin.is_none());
    assert_eq!(configuration.rate_limits.requests_per_minute.get(), 1200);
    assert!(!configuration.settings.email_verification && configuration.settings.sends_mail);
    let Some(MailSettings::Folder { path, .. }) = configuration.mail else { panic!() };
    assert_eq!(path.to_str(), Some("/var/lib/guildhall/mail"));
}

#[test]
fn every_fault_is_told_with_its_source() {
    let told = load(&[
        ("GUILDHALL_LISTEN", "localhost"),
        ("GUILDHALL_MODE", "prod"),
        ("GUILDHALL_DEFAULT_ORGANIZATION_DOMAIN", "not a domain"),
        ("GUILDHALL_DEFAULT_ORGANIZATION_WORKSPACES", "1001"),
        ("GUILDHALL_HTTP_TRUSTED_PROXIES", "10.0.0.0/8, x"),
        ("GUILDHALL_LOG", "a=b=c"),
        ("GUILDHALL_ADMIN_EMAIL", "root@acme.com"),
        ("DATABASE_URL", "mysql://root:hush@localhost"),
        ("GUILDHALL_REGISTRATIONS", "open"),
    ])
    .unwrap_err();
    for name in [
        "GUILDHALL_LISTEN",
        "GUILDHALL_MODE",
        "GUILDHALL_DEFAULT_ORGANIZATION_DOMAIN",
        "GUILDHALL_DEFAULT_ORGANIZATION_WORKSPACES",
        "GUILDHALL_HTTP_TRUSTED_PROXIES",
        "GUILDHALL_LOG",
        "GUILDHALL_ADMIN_PASSWORD",
        "DATABASE_URL",
        "GUILDHALL_REGISTRATIONS",
    ] {
        assert!(told.contains(name), "{name} in {told}");
    }
    assert!(!told.contains("hush"), "{told}");
}

#[test]
fn development_stays_on_this_machine() {
    for (address, taken) in [
        ("127.0.0.1:0", true),
        ("127.0.0.2:80", true),
        ("[::1]:8080", true),
        ("0.0.0.0:8080", false),
        ("192.0.2.1:8080", false),
        ("[::]:8080", false),
    ] {
        assert_eq!(load(&[("GUILDHALL_LISTEN", address)]).is_ok(), taken, "{address}");
    }
}

#[test]
fn statements_are_slow_after_half_a_second_or_never() {
    let slow = |value| load(&[("GUILDHALL_DATABASE_SLOW_STATEMENT", value)]);
    assert_eq!(load(&[]).unwrap().store.slow_statement, Some(Duration::from_millis(500)));
    assert_eq!(slow("20").unwrap().store.slow_statement, Some(Duration::from_millis(20)));
    assert_eq!(slow("0").unwrap().store.slow_statement, None);
    assert!(slow("-1").is_err() && slow("60001").is_err());
}

#[test]
fn traces_go_nowhere_unless_asked_for() {
    assert!(load(&[("GUILDHALL_TRACES_SAMPLE_PERCENT", "5")]).unwrap().traces.is_none());
    let collector = ("GUILDHALL_TRACES_OTLP_ENDPOINT", "http://127.0.0.1:4318/");
    let traces = load(&[collector]).unwrap().traces.unwrap();
    assert_eq!(
        (traces.otlp_endpoint.as_str(), traces.sample_percent),
        ("http://127.0.0.1:4318", 100)
    );
    for (name, value) in [
        ("GUILDHALL_TRACES_OTLP_ENDPOINT", "https://collector.acme.com"),
        ("GUILDHALL_TRACES_OTLP_ENDPOINT", "127.0.0.1:4318"),
        ("GUILDHALL_TRACES_SAMPLE_PERCENT", "101"),
    ] {
        assert!(load(&[(name, value)]).unwrap_err().contains(name), "{value}");
    }
}

#[test]
fn metrics_are_for_nobody_unless_asked_for() {
    assert_eq!(load(&[]).unwrap().metrics_listen, None);
    let here = ("GUILDHALL_METRICS_LISTEN", "127.0.0.1:9464");
    assert!(load(&[here]).unwrap().metrics_listen.is_some());
    let everywhere = [("GUILDHALL_METRICS_LISTEN", "0.0.0.0:9464")];
    assert!(load(&everywhere).unwrap_err().contains("0.0.0.0:9464"));
    assert!(load(&[&PRODUCTION[..], &everywhere].concat()).is_ok());
    let wrong = [("GUILDHALL_METRICS_LISTEN", "9464")];
    assert!(load(&wrong).unwrap_err().contains("GUILDHALL_METRICS_LISTEN"));
}

#[test]
fn production_wants_its_choices_made() {
    let configuration = load(&PRODUCTION).unwrap();
    assert_eq!(configuration.settings.auto_join, AutoJoin::VerifiedDomain);
    assert!(configuration.settings.transport_is_encrypted);
    for (missing, _) in &PRODUCTION[1..] {
        let rest: Vec<_> = PRODUCTION.iter().copied().filter(|(name, _)| name != missing).collect();
        assert!(load(&rest).unwrap_err().contains(missing), "{missing}");
    }
    let unproven = [&PRODUCTION[..], &[("GUILDHALL_AUTO_JOIN", "email-domain")]].concat();
    assert!(load(&unproven).unwrap_err().contains("GUILDHALL_AUTO_JOIN"));
}

#[test]
fn addresses_are_verified_where_mail_goes_somewhere() {
    let required = [("GUILDHALL_EMAIL_VERIFICATION", "required")];
    assert!(load(&required).unwrap().settings.email_verification);
    let mute = [&PRODUCTION[..], &required].concat();
    assert!(load(&mute).unwrap_err().contains("takes a mail server"));
    let mails = [&mute[..], &SMTP].concat();
    assert!(load(&mails).unwrap().settings.email_verification);
    assert!(load(&[("GUILDHALL_EMAIL_VERIFICATION", "on")]).is_err());
}

const SMTP: [(&str, &str); 2] = [
    ("GUILDHALL_MAIL_SMTP_URL", "smtps://user:hush@mail.acme.com"),
    ("GUILDHALL_MAIL_FROM", "Acme <no-reply@acme.com>"),
];

#[test]
fn mail_goes_to_a_mail_server_or_into_a_folder_or_nowhere() {
    let of_production = load(&PRODUCTION).unwrap();
    assert!(of_production.mail.is_none() && !of_production.settings.sends_mail);
    for mode in [&[][..], &PRODUCTION[..]] {
        let configuration = load(&[mode, &SMTP].concat()).unwrap();
        assert!(matches!(configuration.mail, Some(MailSettings::Smtp { .. })));
        assert!(configuration.settings.sends_mail);
    }
    let told = load(&SMTP[..1]).unwrap_err();
    assert!(told.contains("GUILDHALL_MAIL_FROM") && !told.contains("hush"), "{told}");
    for (name, value) in [
        ("GUILDHALL_MAIL_SMTP_URL", "https://user:hush@mail.acme.com"),
        ("GUILDHALL_MAIL_FROM", "Acme"),
        ("GUILDHALL_MAIL_INVITATION_LINK", "https://app.acme.com/join"),
        ("GUILDHALL_HTTP_REQUESTS_PER_MINUTE", "0"),
    ] {
        let told = load(&[&SMTP[..], &[(name, value)]].concat()).unwrap_err();
        assert!(told.contains(name) && !told.contains("hush"), "{told}");
    }
    let link = ("GUILDHALL_MAIL_PASSWORD_LINK", "https://app.acme.com/reset?t={token}");
    assert!(load(&[link]).unwrap().settings.mail_links.password_reset.is_some());
}

#[test]
fn a_password_is_taken_as_it_was_typed() {
    let password = " correct horse battery staple ";
    let admin =
        [("GUILDHALL_ADMIN_EMAIL", "root@acme.com"), ("GUILDHALL_ADMIN_PASSWORD", password)];
    let command = load(&admin).unwrap().first_admin.unwrap();
    assert_eq!(command.password.as_password().expose(), password);
    let email = "correct-horse-battery-staple@acme.com";
    let same = [("GUILDHALL_ADMIN_EMAIL", email), ("GUILDHALL_ADMIN_PASSWORD", email)];
    assert!(load(&same).unwrap_err().contains("GUILDHALL_ADMIN_PASSWORD"));
}

#[test]
fn what_is_in_force_is_shown_with_its_source() {
    let variables = [
        ("GUILDHALL_DATA_DIR", "/var/lib/guildhall"),
        ("GUILDHALL_ADMIN_EMAIL", "root@acme.com"),
        ("GUILDHALL_ADMIN_PASSWORD", "correct horse battery staple"),
    ];
    let sources = Sources::of_variables(&[&variables[..], &PRODUCTION[..]].concat());
    let configuration = Configuration::from_sources(&sources).unwrap();
    let shown: Vec<_> = configuration.in_force(&sources).collect();
    for line in [
        "mode = production (GUILDHALL_MODE)",
        "data_dir = /var/lib/guildhall (GUILDHALL_DATA_DIR)",
        "database_url = sqlite:/var/lib/guildhall/guildhall.db (default)",
        "auto_join = verified-domain (default)",
        "admin.password = *** (GUILDHALL_ADMIN_PASSWORD)",
        "passwords.queue = 512 (default)",
    ] {
        assert!(shown.iter().any(|shown| shown == line), "{line} in {shown:#?}");
    }
    assert!(!shown.concat().contains("battery"));
}

#[test]
fn the_table_of_settings_tells_the_defaults() {
    let configuration = load(&[]).unwrap();
    for key in keys::KEYS {
        // Set to its default, a setting is as it is without being set.
        if key.default.contains(' ') || key.default == "none" || key.path == "data_dir" {
            continue;
        }
        let set = load(&[(key.variable, key.default)]).unwrap();
        let masked = |configuration| format!("{configuration:?}");
        assert_eq!(masked(set), masked(configuration.clone()), "{}", key.path);
    }
}
