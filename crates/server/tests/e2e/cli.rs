//! The command line: what it prints, and how it ends.

use std::process::Output;

use guildhall_persistence::{Backend, testing::backends};

use crate::support::{Installation, PASSWORD};

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn it_explains_itself() {
    let installation = Installation::new(Backend::Sqlite);
    let help = installation.run(&["--help"], "");
    assert_eq!(help.status.code(), Some(0));
    for command in [
        "serve",
        "admin",
        "migrate",
        "doctor",
        "backup",
        "restore",
        "copy",
        "demo-data",
        "openapi",
        "config",
    ] {
        assert!(stdout(&help).contains(command), "{command}");
    }
    let version = installation.run(&["--version"], "");
    assert!(stdout(&version).contains(env!("CARGO_PKG_VERSION")));
    let unknown = installation.run(&["frobnicate"], "");
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn the_document_is_the_one_in_the_docs() {
    let installation = Installation::new(Backend::Sqlite);
    let printed = stdout(&installation.run(&["openapi"], ""));
    let documented = include_str!("../../../../docs/openapi.json");
    assert!(
        printed == documented,
        "docs/openapi.json is not what the code says; run `just openapi`"
    );
}

#[test]
fn a_configuration_is_shown_without_its_secrets() {
    let installation = Installation::new(Backend::Sqlite)
        .with("DATABASE_URL", "postgres://guild:hush-hush@127.0.0.1:5999/guild")
        .with("GUILDHALL_ADMIN_EMAIL", "root@guildhall.example")
        .with("GUILDHALL_ADMIN_PASSWORD", "even more hush hush");
    let output = installation.run(&["config", "check"], "");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let shown = stdout(&output);
    assert!(shown.contains("root@guildhall.example") && shown.contains("127.0.0.1:5999"));
    assert!(!shown.contains("hush"), "{shown}");
}

#[test]
fn every_fault_of_a_configuration_is_told_at_once() {
    let installation = Installation::new(Backend::Sqlite)
        .with("GUILDHALL_LISTEN", "nowhere")
        .with("GUILDHALL_MODE", "test")
        .with("GUILDHALL_DEFAULT_ORGANIZATION_WORKSPACES", "-1")
        .with("GUILDHALL_AUTO_JOIM", "off");
    for arguments in [&["config", "check"][..], &["serve"], &["migrate"]] {
        let output = installation.run(arguments, "");
        assert!(matches!(output.status.code(), Some(1 | 2)), "{arguments:?}");
        let told = stderr(&output) + &stdout(&output);
        for name in [
            "GUILDHALL_LISTEN",
            "GUILDHALL_MODE",
            "GUILDHALL_DEFAULT_ORGANIZATION_WORKSPACES",
            "GUILDHALL_AUTO_JOIM",
        ] {
            assert!(told.contains(name), "{name} is missing from: {told}");
        }
    }
}

#[test]
fn development_mode_stays_at_home() {
    let installation = Installation::new(Backend::Sqlite).with("GUILDHALL_LISTEN", "0.0.0.0:0");
    let output = installation.run(&["serve"], "");
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    for name in ["GUILDHALL_MODE", "GUILDHALL_PUBLIC_URL", "GUILDHALL_REGISTRATION"] {
        assert!(stderr(&output).contains(name), "{name}: {}", stderr(&output));
    }
}

#[tokio::test]
async fn production_listens_once_its_choices_are_made() {
    for installation in Installation::on_each_backend() {
        let installation = installation.with("GUILDHALL_MODE", "production");
        let output = installation.run(&["serve"], "");
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        let installation = installation
            .with("GUILDHALL_LISTEN", "0.0.0.0:0")
            .with("GUILDHALL_PUBLIC_URL", "https://guildhall.example")
            .with("GUILDHALL_REGISTRATION", "named")
            .with("GUILDHALL_EMAIL_VERIFICATION", "off");
        let server = installation.serve();
        let port = server.base.rsplit_once(':').unwrap().1;
        let base = format!("http://127.0.0.1:{port}");
        let ready = server.client().get(format!("{base}/readyz")).send().await.unwrap();
        assert_eq!(ready.status(), 200);
        let body = |email: &str| serde_json::json!({ "email": email, "password": PASSWORD, "name": "Ada", "organization": "Acme" });
        let register = format!("{base}/api/auth/register");
        for (email, expected) in [("ada@acme.com", 201), ("bob@acme.com", 409)] {
            let request = server.client().post(&register).json(&body(email));
            assert_eq!(request.send().await.unwrap().status(), expected, "no joining unproven");
        }
    }
}

#[test]
fn admins_are_made_with_good_passwords_alone() {
    for installation in Installation::on_each_backend() {
        let create = ["admin", "create", "--email", "root@guildhall.example"];
        let weak = installation.run(&create, "12345678\n");
        assert_eq!(weak.status.code(), Some(1), "{}", stderr(&weak));
        assert!(stderr(&weak).contains("guess"), "{}", stderr(&weak));
        let good = installation.run(&create, &format!("{PASSWORD}\n"));
        assert_eq!(good.status.code(), Some(0), "{}", stderr(&good));
        let twice = installation.run(&create, PASSWORD);
        assert_eq!(twice.status.code(), Some(1));
        assert!(stderr(&twice).contains("root@guildhall.example"), "{}", stderr(&twice));
        let malformed = installation.run(&["admin", "create", "--email", "root"], PASSWORD);
        assert_eq!(malformed.status.code(), Some(2), "{}", stderr(&malformed));
    }
}

#[tokio::test]
async fn the_doctor_finds_and_mends_what_drifted() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let token = server.registered("ada@acme.com", Some("Acme")).await;
        installation
            .database
            .execute("update organizations set users_count = 7, workspaces_count = 3");
        let sick = installation.run(&["doctor"], "");
        assert_eq!(sick.status.code(), Some(1));
        assert!(stdout(&sick).contains("Acme") && stdout(&sick).contains('7'), "{}", stdout(&sick));
        let mended = installation.run(&["doctor", "--fix"], "");
        assert_eq!(mended.status.code(), Some(0), "{}", stderr(&mended));
        assert_eq!(installation.run(&["doctor"], "").status.code(), Some(0));
        let list = server.json("/api/organizations", &token).await;
        assert_eq!((&list[0]["users_count"], &list[0]["workspaces_count"]), (&1.into(), &0.into()));
        let repaired = "select count(*) from audit_events where action = 'counters.repaired'";
        assert_eq!(installation.database.number(repaired), 1);
    }
}

#[test]
fn migrating_twice_changes_nothing() {
    for installation in backends().into_iter().map(Installation::unmigrated) {
        for _ in 0..2 {
            let output = installation.run(&["migrate"], "");
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        }
    }
}
