//! Backups of SQLite: made under load, restored, and refused where something
//! would be lost.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Output,
    sync::atomic::{AtomicI64, AtomicU32, Ordering},
};

use futures_util::future::join_all;
use guildhall_persistence::{Backend, testing::TestDatabase};
use serde_json::json;

use crate::support::{Installation, Server};

fn said(output: &Output) -> String {
    let (out, error) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(error))
}

/// Runs a command that must work.
fn works(installation: &Installation, arguments: &[&str]) -> String {
    let output = installation.run(arguments, "");
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", said(&output));
    said(&output)
}

/// Runs a command that must refuse, saying why.
fn refuses(installation: &Installation, arguments: &[&str], reason: &str) {
    let output = installation.run(arguments, "");
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}");
    assert!(text.contains(reason), "{arguments:?}: {text}");
}

fn is_sound(installation: &Installation) {
    works(installation, &["doctor"]);
    let verified = works(installation, &["audit", "verify"]);
    assert!(verified.contains("Nothing was changed"), "{verified}");
}

fn file(installation: &Installation) -> PathBuf {
    installation.database.url().sqlite_path().unwrap().to_owned()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

/// The names of what lies beside a file.
fn folder_of(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path.parent().unwrap()).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// An installation with one account, and its backup in the same folder.
async fn backed_up() -> (Installation, Server, String) {
    let installation = Installation::new(Backend::Sqlite);
    let server = installation.serve();
    server.registered("ada@acme.com", Some("Acme")).await;
    let backup = installation.folder().join("backup.db").display().to_string();
    works(&installation, &["backup", &backup]);
    (installation, server, backup)
}

#[tokio::test]
async fn a_backup_made_under_load_has_all_that_was_acknowledged() {
    let installation = Installation::new(Backend::Sqlite);
    let server = installation.serve();
    let token = server.registered("ada@acme.com", Some("Acme")).await;
    let organization = server.first_organization(&token).await;
    let path = format!("/api/organizations/{organization}/workspaces");
    let (begun, acknowledged, backups) = (AtomicI64::new(0), AtomicI64::new(0), AtomicU32::new(0));
    let writers = join_all((0..4).map(|_| async {
        while backups.load(Ordering::SeqCst) < 5 {
            let number = begun.fetch_add(1, Ordering::SeqCst);
            let body = json!({ "name": format!("Desk {number}") });
            assert_eq!(server.post_as(&path, &token, &body).await.status(), 201);
            acknowledged.fetch_add(1, Ordering::SeqCst);
        }
    }));
    let made = async {
        let mut made = Vec::new();
        for number in 0..5 {
            let name = installation.folder().join(format!("backup-{number}.db"));
            let before = acknowledged.load(Ordering::SeqCst);
            let mut command = installation.command(&["backup", name.to_str().unwrap()]);
            let output = tokio::task::spawn_blocking(move || command.output().unwrap());
            let output = output.await.unwrap();
            assert_eq!(output.status.code(), Some(0), "{}", said(&output));
            made.push((name, before, begun.load(Ordering::SeqCst)));
            backups.fetch_add(1, Ordering::SeqCst);
        }
        made
    };
    let (_, made) = tokio::join!(writers, made);
    assert!(made.iter().any(|(_, before, after)| before < after), "nobody wrote meanwhile");
    assert!(!folder_of(&made[0].0).iter().any(|name| name.starts_with(".guildhall")));

    for (backup, at_least, at_most) in made {
        assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
        let restored = Installation::unmigrated(Backend::Sqlite);
        let told = works(&restored, &["restore", backup.to_str().unwrap()]);
        assert!(told.contains("users: 1"), "{told}");
        is_sound(&restored);
        let there = restored.database.number("select count(*) from workspaces");
        assert!((at_least..=at_most).contains(&there), "{at_least} {there} {at_most}");
        let metadata = fs::metadata(file(&restored)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        let again = restored.serve();
        let list = again.json("/api/organizations", &token).await;
        assert_eq!(list[0]["workspaces_count"], there);
    }
}

#[tokio::test]
async fn a_database_in_use_is_not_replaced() {
    let (installation, server, backup) = backed_up().await;
    for arguments in [&["restore", &backup][..], &["restore", "--force", &backup]] {
        refuses(&installation, arguments, "held by another process");
    }
    // Those who share it do not mind each other.
    let second = installation.serve();
    works(&installation, &["doctor"]);
    drop((server, second));
    works(&installation, &["restore", "--force", &backup]);
}

#[tokio::test]
async fn nothing_is_written_over() {
    let (installation, mut server, backup) = backed_up().await;
    let before = fs::read(&backup).unwrap();
    refuses(&installation, &["backup", &backup], "exists");
    assert!(fs::read(&backup).unwrap() == before);

    server.registered("grace@acme.com", Some("Navy")).await;
    server.signal("KILL");
    server.wait();
    let database = file(&installation);
    assert!(beside(&database, "-wal").exists(), "a crash leaves it");
    refuses(&installation, &["restore", &backup], "--force");
    assert_eq!(installation.database.number("select count(*) from users"), 2);

    let told = works(&installation, &["restore", "--force", &backup]);
    assert_eq!(installation.database.number("select count(*) from users"), 1);
    is_sound(&installation);
    let kept = told.lines().find_map(|line| line.split_once("kept as ")).unwrap().1;
    let kept = kept.trim_end_matches('.').to_owned();
    let former = installation.with("DATABASE_URL", &format!("sqlite:{kept}"));
    is_sound(&former);
    let server = former.serve();
    server.logged_in("grace@acme.com").await;
}

#[tokio::test]
async fn journals_of_a_former_database_harm_nobody() {
    let (installation, mut server, backup) = backed_up().await;
    server.registered("grace@acme.com", Some("Navy")).await;
    server.signal("KILL");
    server.wait();
    let database = file(&installation);
    // The database was lost, and its journal was not.
    fs::remove_file(&database).unwrap();
    works(&installation, &["restore", &backup]);
    is_sound(&installation);
    assert_eq!(installation.database.number("select count(*) from users"), 1);

    // It is there but cannot be read: that is why one restores.
    let garbage = vec![0x89; 20_000];
    fs::write(&database, &garbage).unwrap();
    fs::write(beside(&database, "-wal"), "what was not written into it yet").unwrap();
    let told = works(&installation, &["restore", "--force", &backup]);
    is_sound(&installation);
    let kept = told.lines().find_map(|line| line.split_once("kept as ")).unwrap().1;
    let kept = PathBuf::from(kept.trim_end_matches('.'));
    assert_eq!(fs::read(&kept).unwrap(), garbage);
    assert!(beside(&kept, "-wal").exists());
}

#[tokio::test]
async fn what_is_no_sound_backup_is_refused() {
    let (installation, server, backup) = backed_up().await;
    drop(server);
    let users = || installation.database.number("select count(*) from users");
    let folder = installation.folder();
    let write = |name: &str, content: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let refused = |file: &str, reason: &str| {
        refuses(&installation, &["restore", "--force", file], reason);
        assert_eq!(users(), 1);
    };

    refused(&folder.join("none.db").display().to_string(), "none.db");
    refused(&write("empty.db", b""), "not a database of Guildhall");
    refused(&write("letter.txt", b"Dear Sir or Madam,"), "not a database of Guildhall");
    let other = TestDatabase::empty(Backend::Sqlite);
    other.execute("create table users (id integer primary key)");
    let other = other.url().sqlite_path().unwrap().display().to_string();
    refused(&other, "not a database of Guildhall");
    let whole = fs::read(&backup).unwrap();
    refused(&write("cut.db", &whole[..whole.len() / 2]), "malformed");

    let changed = |statements: &str| {
        let changed = Installation::unmigrated(Backend::Sqlite);
        works(&changed, &["restore", &backup]);
        changed.database.execute(statements);
        changed
    };
    let cut = changed("delete from audit_events where sequence = 2");
    refused(&file(&cut).display().to_string(), "audit logs whose end is missing");
    let path = folder.join("cut-backup.db").display().to_string();
    refuses(&cut, &["backup", &path], "audit logs whose end is missing");
    assert!(!Path::new(&path).exists());
    let stray = changed("pragma foreign_keys = off; delete from organizations");
    refused(&file(&stray).display().to_string(), "refer to one that is missing");
    let newer =
        changed("insert into __diesel_schema_migrations (version) values ('99991231235959')");
    refused(&file(&newer).display().to_string(), "newer");

    let names = folder_of(&file(&installation));
    assert!(!names.iter().any(|name| name.starts_with(".guildhall")), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("before")), "{names:?}");
}

#[test]
fn a_backup_that_cannot_be_written_is_told() {
    let installation = Installation::new(Backend::Sqlite);
    let nowhere = installation.folder().join("no/such/folder/backup.db");
    refuses(&installation, &["backup", nowhere.to_str().unwrap()], "no/such/folder");
    let missing = Installation::unmigrated(Backend::Sqlite);
    refuses(&missing, &["backup", "backup.db"], "guildhall.db");
    assert!(!file(&missing).exists());
}

#[test]
fn postgres_has_programs_of_its_own() {
    let installation = Installation::new(Backend::Sqlite)
        .with("DATABASE_URL", "postgres://guild:hush-hush@127.0.0.1:5999/guild");
    for (command, program) in [("backup", "pg_basebackup"), ("restore", "pg_restore")] {
        let output = installation.run(&[command, "file"], "");
        let text = said(&output);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(program) && text.contains("127.0.0.1:5999/guild"), "{text}");
        assert!(!text.contains("hush"), "{text}");
    }
}
