//! The audit log proven: by the command line, against those who can write the
//! database, and through deletions.

use std::{path::Path, process::Output, time::Duration};

use guildhall_persistence::Backend;
use serde_json::json;

use crate::support::{Installation, Server, parts, until};

fn installation(installation: Installation) -> Installation {
    installation
        .with("GUILDHALL_AUDIT_CHECKPOINT_INTERVAL", "1")
        .with("GUILDHALL_RATE_LIMITS", "off")
}

fn text(output: &Output) -> String {
    let (out, error) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(error))
}

/// What `guildhall audit verify` says, and its exit code.
fn verify(installation: &Installation) -> (Option<i32>, String) {
    let output = installation.run(&["audit", "verify"], "");
    (output.status.code(), text(&output))
}

/// Verifies an export as its customer would, without the database.
fn verify_export(
    installation: &Installation,
    export: &Path,
    checkpoints: Option<&Path>,
) -> (Option<i32>, String) {
    let key = installation.run(&["audit", "key"], "");
    let key = String::from_utf8(key.stdout).unwrap();
    let mut arguments =
        vec!["audit", "verify", "--file", export.to_str().unwrap(), "--key", key.trim()];
    if let Some(checkpoints) = checkpoints {
        arguments.extend(["--checkpoints", checkpoints.to_str().unwrap()]);
    }
    let output = installation.run(&arguments, "");
    (output.status.code(), text(&output))
}

fn export(installation: &Installation, name: &str) -> std::path::PathBuf {
    let output = installation.run(&["audit", "export"], "");
    assert!(output.status.success(), "{}", text(&output));
    let path = installation.folder().join(name);
    std::fs::write(&path, output.stdout).unwrap();
    path
}

/// An organization with some events.
async fn busy(server: &Server) -> (String, String) {
    let owner = server.registered("ada@acme.com", Some("Acme")).await;
    let organization = server.first_organization(&owner).await;
    let path = format!("/api/organizations/{organization}/workspaces");
    for number in 0..10 {
        let body = json!({ "name": format!("Desk {number}") });
        assert_eq!(server.post_as(&path, &owner, &body).await.status(), 201);
    }
    (owner, organization)
}

/// The newest checkpoint, once it is over that many entries or more.
async fn checkpoint(server: &Server, token: &str, organization: &str, size: u64) -> String {
    let path = format!("/api/organizations/{organization}/audit-logs/checkpoints/latest");
    for _ in 0..100 {
        let answer = server.get(&path, token).await;
        if answer.status() == 200 {
            let text = answer.text().await.unwrap();
            let checkpoint: serde_json::Value = serde_json::from_str(&text).unwrap();
            if checkpoint["size"].as_u64().unwrap() >= size {
                return text;
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no checkpoint over {size} entries");
}

#[tokio::test]
async fn whoever_writes_the_database_is_found_out() {
    for backend in Installation::on_each_backend().into_iter().map(|i| i.backend) {
        for (tampering, named) in [
            ("update audit_events set details = '{\"count\":\"9\"}' where sequence = 5", "entry 5"),
            ("update audit_events set action = 'member.removed' where sequence = 3", "entry 3"),
            ("update audit_events set sealed = '[]' where sequence = 4", "entry 4"),
            ("delete from audit_events where sequence = 6", "entry 7"),
            ("delete from audit_events where sequence >= 11", "entry 11"),
            (
                "update audit_events set sequence = 100 where sequence = 7; \
                 update audit_events set sequence = 7 where sequence = 8; \
                 update audit_events set sequence = 8 where sequence = 100",
                "entry 7",
            ),
        ] {
            // An export with a checkpoint tells that its end was cut off: none is due.
            let installation = Installation::new(backend)
                .with("GUILDHALL_AUDIT_CHECKPOINT_INTERVAL", "86400")
                .with("GUILDHALL_RATE_LIMITS", "off");
            let server = installation.serve();
            busy(&server).await;
            drop(server);
            let (code, said) = verify(&installation);
            assert_eq!(code, Some(0), "{backend}: {said}");
            let of_acme = tampering.replace(" where ", " where organization_id is not null and ");
            installation.database.execute(&of_acme);
            let (code, said) = verify(&installation);
            assert_eq!(code, Some(1), "{backend}: {tampering}: {said}");
            assert!(said.contains(named), "{backend}: {tampering}: {said}");
            let path = export(&installation, "tampered.ndjson");
            let (code, said) = verify_export(&installation, &path, None);
            // Without a checkpoint, nobody misses an end that was cut off.
            let expected = i32::from(!tampering.contains(">="));
            assert_eq!(code, Some(expected), "{backend}: {tampering}: {said}");
        }
    }
}

/// Who cuts the end off and sets the head right as well, and throws the
/// checkpoints away, is found out by one that was kept.
#[tokio::test]
async fn a_kept_checkpoint_convicts_whoever_cuts_off_the_end() {
    for installation in Installation::on_each_backend().into_iter().map(installation) {
        let server = installation.serve();
        let (owner, organization) = busy(&server).await;
        let kept = installation.folder().join("kept.json");
        std::fs::write(&kept, checkpoint(&server, &owner, &organization, 12).await).unwrap();
        drop(server);
        let path = export(&installation, "whole.ndjson");
        let (code, said) = verify_export(&installation, &path, Some(&kept));
        assert_eq!(code, Some(0), "{said}");

        installation.database.execute(
            "delete from audit_checkpoints;
             delete from audit_events where organization_id is not null and sequence > 8;
             update audit_logs set size = 8, head = (
                 select hash from audit_events where organization_id is not null and sequence = 8
             ) where size = 12",
        );
        let (code, said) = verify(&installation);
        assert_eq!(code, Some(0), "the database alone does not tell: {said}");
        let path = export(&installation, "cut.ndjson");
        let (code, said) = verify_export(&installation, &path, Some(&kept));
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("entry 9") && said.contains("12 entries"), "{said}");
    }
}

#[tokio::test]
async fn who_is_deleted_is_in_no_log_and_the_proof_holds() {
    for installation in Installation::on_each_backend().into_iter().map(installation) {
        installation.create_admin("root@guildhall.example");
        let server = installation.serve();
        let (owner, organization) = busy(&server).await;
        let gone = "zwiebelkuchen@acme.com";
        let token = server.registered(gone, Some("Acme")).await;
        let user = server.user_id(&token).await;
        let member = format!("/api/organizations/{organization}/members/{user}");
        let body = json!({ "role": "admin" });
        assert_eq!(server.send("PUT", &member, &owner, Some(&body)).await.status(), 200);
        let path = format!("/api/organizations/{organization}/workspaces");
        for number in 0..100 {
            let body = json!({ "name": format!("Room {number}") });
            assert_eq!(server.post_as(&path, &token, &body).await.status(), 201);
        }
        server.log_in(gone, "a wrong password").await;
        let before = export(&installation, "before.ndjson");
        assert!(std::fs::read_to_string(&before).unwrap().contains(gone));
        checkpoint(&server, &owner, &organization, 113).await;

        let root = server.logged_in("root@guildhall.example").await;
        let answer = server.delete(&format!("/api/users/{user}"), &root).await;
        assert_eq!(answer.status(), 204);
        let filter = format!("/api/organizations/{organization}/audit-logs?actor={user}&limit=100");
        let (status, events) = parts(server.get(&filter, &owner).await).await;
        assert_eq!((status, events.as_array().unwrap().len()), (200, 100), "by id they are there");
        for event in events.as_array().unwrap() {
            assert!(event["actor"]["email"].is_null() && event["ip_address"].is_null(), "{event}");
        }
        drop(server);

        let after = export(&installation, "after.ndjson");
        let after_text = std::fs::read_to_string(&after).unwrap();
        assert!(!after_text.contains("zwiebelkuchen"), "the address is in a new export");
        assert_eq!(verify(&installation).0, Some(0));
        for path in [before, after] {
            let (code, said) = verify_export(&installation, &path, None);
            assert_eq!(code, Some(0), "{said}");
        }
        if installation.backend == Backend::Sqlite {
            let url = installation.database.url_text();
            let file = url.trim_start_matches("sqlite:");
            for suffix in ["", "-wal"] {
                let bytes = std::fs::read(format!("{file}{suffix}")).unwrap_or_default();
                let found = bytes.windows(13).any(|window| window == b"zwiebelkuchen");
                assert!(!found, "the address is in {file}{suffix}");
            }
        }
    }
}

#[tokio::test]
async fn a_rotated_key_leaves_the_checkpoints_of_the_old_one() {
    let installation = installation(Installation::new(Backend::Sqlite));
    let key = |arguments: &[&str]| {
        let output = installation.run(arguments, "");
        assert!(output.status.success(), "{}", text(&output));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let old = key(&["audit", "key"]);
    let signers =
        || installation.database.number("select count(distinct key_id) from audit_checkpoints");
    let sign = async |email, number| {
        let server = installation.serve();
        server.registered(email, None).await;
        until("what it did is signed", || signers() == number).await;
    };
    sign("ada@acme.com", 1).await;
    let new = key(&["audit", "rotate-key"]);
    assert_ne!(old, new);
    assert_eq!(key(&["audit", "key"]), new);
    sign("grace@acme.com", 2).await;
    assert_eq!(verify(&installation).0, Some(0), "by both keys");
    let one = installation.run(&["audit", "verify", "--key", &new], "");
    assert_eq!(one.status.code(), Some(1), "{}", text(&one));
}
