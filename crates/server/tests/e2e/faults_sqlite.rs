//! An SQLite file on a full disk, locked by another process, on a disk that fails,
//! or write-protected. The node is never restarted.

use std::{
    fs::{self, File},
    io::Write,
    path::PathBuf,
    process::{Command, Output},
};

use guildhall_persistence::{Backend, DatabaseUrl, testing::TestDatabase};
use reqwest::Response;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Installation, Server};

/// A file system with little room on it, which only root can make.
struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    const KIBIBYTES: u64 = 4096;

    /// Makes one where that is allowed, and says so where it is not.
    fn make() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={}k", Self::KIBIBYTES);
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self { folder });
        }
        // Unlike `println!`, this is not held back by the test harness.
        let _ = writeln!(std::io::stderr(), "No disk can be mounted here: none is filled up.");
        None
    }

    fn installation(&self) -> Installation {
        let url = DatabaseUrl::sqlite(&self.folder.path().join("guildhall.db"));
        Installation::at(TestDatabase::at(url))
    }

    fn ballast(&self) -> PathBuf {
        self.folder.path().join("ballast")
    }

    /// Leaves no room on it.
    fn fill(&self) {
        let mut ballast = File::create(self.ballast()).unwrap();
        while ballast.write_all(&[0; 1024]).is_ok() {}
    }

    fn make_room(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}

/// A write that takes some room.
async fn write(server: &Server, token: &str, organization: &str) -> Response {
    let path = format!("/api/organizations/{organization}/workspaces");
    server.post_as(&path, token, &json!({ "name": "w".repeat(200) })).await
}

/// That an answer says no more than that the store is away, and the log why.
fn assert_is_explained(server: &Server, answer: &Response, cause: &str) {
    assert_eq!(answer.status(), 503, "{}", server.log());
    let header = |name: &str| answer.headers()[name].to_str().unwrap();
    assert_eq!(header("content-type"), "application/problem+json");
    assert!(header("retry-after").parse::<u32>().is_ok());
    let id = header("x-request-id");
    let log = server.log();
    let explained = log.lines().any(|line| line.contains(id) && line.contains(cause));
    assert!(explained, "{id} is not explained by {cause:?}: {log}");
}

/// Writes until it fails for that cause, and reads all the same.
async fn assert_writes_fail(server: &Server, token: &str, organization: &str, cause: &str) {
    for _ in 0..3 {
        // What room there is in the file is used up first.
        let refused = loop {
            let answer = write(server, token, organization).await;
            if answer.status() != 201 {
                break answer;
            }
        };
        assert_is_explained(server, &refused, cause);
        for path in ["/api/organizations", "/api/auth/me", "/readyz"] {
            assert_eq!(server.get(path, token).await.status(), 200, "{path}: {}", server.log());
        }
        let login = server.log_in("ada@acme.com", crate::support::PASSWORD).await;
        assert_is_explained(server, &login, cause);
    }
}

/// Writes as on a good day, and what was acknowledged is there.
async fn assert_is_mended(
    installation: &Installation,
    server: &Server,
    token: &str,
    organization: &str,
) {
    for _ in 0..3 {
        assert_eq!(write(server, token, organization).await.status(), 201, "{}", server.log());
    }
    for arguments in [&["doctor"][..], &["audit", "verify"]] {
        let output = installation.run(arguments, "");
        assert!(output.status.success(), "{}", said(&output));
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// That a server does not start, and says what is wrong and what to do.
fn assert_does_not_start(installation: &Installation, phrases: &[&str]) {
    let output = installation.run(&["serve"], "");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let message = said(&output);
    assert!(message.contains("guildhall.db"), "{message}");
    for phrase in phrases {
        assert!(message.contains(phrase), "{phrase:?} is missing: {message}");
    }
}

#[tokio::test]
async fn a_full_disk_ends_writes_but_not_reads() {
    let Some(disk) = SmallDisk::make() else { return };
    let installation = disk.installation();
    let server = installation.serve();
    let token = server.registered("ada@acme.com", Some("Acme")).await;
    let organization = server.first_organization(&token).await;
    for _ in 0..2 {
        disk.fill();
        assert_writes_fail(&server, &token, &organization, "disk is full").await;
        disk.make_room();
        assert_is_mended(&installation, &server, &token, &organization).await;
    }
}

#[test]
fn a_server_does_not_start_on_a_full_disk() {
    let Some(disk) = SmallDisk::make() else { return };
    let installation = disk.installation();
    for _ in 0..2 {
        // First there is no file yet, and then there is nothing to migrate.
        disk.fill();
        assert_does_not_start(&installation, &["room on"]);
        disk.make_room();
        drop(installation.serve());
    }
}

#[tokio::test]
async fn a_locked_file_keeps_writes_waiting_but_not_reads() {
    let installation = Installation::new(Backend::Sqlite);
    let server = installation.serve();
    let token = server.registered("ada@acme.com", Some("Acme")).await;
    let organization = server.first_organization(&token).await;
    let lock = installation.database.write_lock();
    let (refused, read) = tokio::join!(write(&server, &token, &organization), async {
        server.get("/api/organizations", &token).await
    });
    assert_is_explained(&server, &refused, "database is locked");
    assert_eq!(read.status(), 200);
    assert_does_not_start(&installation, &["locked by another process", "End that process"]);
    drop(lock);
    assert_is_mended(&installation, &server, &token, &organization).await;
}

/// Lets files of a process be that long and no longer, as if the disk failed behind
/// that.
fn limit_files(server: &Server, bytes: &str) {
    let limited = Command::new("prlimit")
        .args(["--pid", &server.pid().to_string(), &format!("--fsize={bytes}:")])
        .status();
    assert!(limited.unwrap().success());
}

#[tokio::test]
async fn a_disk_that_fails_is_used_again_when_it_works() {
    let installation = Installation::new(Backend::Sqlite);
    let server = installation.serve_deaf_to("XFSZ");
    let token = server.registered("ada@acme.com", Some("Acme")).await;
    let organization = server.first_organization(&token).await;
    for _ in 0..2 {
        // The log is shorter, and what SQLite writes is not.
        limit_files(&server, "65536");
        assert_writes_fail(&server, &token, &organization, "disk I/O error").await;
        limit_files(&server, "unlimited");
        assert_is_mended(&installation, &server, &token, &organization).await;
    }
}

#[test]
fn a_server_does_not_start_on_a_write_protected_file() {
    let installation = Installation::new(Backend::Sqlite);
    let Some(protection) = installation.database.write_protection() else { return };
    assert_does_not_start(&installation, &["readonly", "must be able to write"]);
    drop(protection);
    drop(installation.serve());
}
