//! `guildhall demo-data`: what it makes can be used, and it goes nowhere else.

use std::{fs, os::unix::fs::PermissionsExt, process::Output};

use guildhall_persistence::testing::backends;

use crate::support::{Installation, PASSWORD};

const SMALL: [&str; 9] =
    ["demo-data", "--organizations", "30", "--users", "300", "--sessions", "310", "--seed", "4"];

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn an_empty_database_is_filled_and_served() {
    for installation in Installation::on_each_backend() {
        let made = installation.run(&[&SMALL[..], &["--tokens", "tokens"]].concat(), "");
        assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
        assert!(stderr(&made).contains("100 %"), "{}", stderr(&made));
        for check in [&["doctor"][..], &["audit", "verify"]] {
            let output = installation.run(check, "");
            assert_eq!(output.status.code(), Some(0), "{check:?}: {}", stderr(&output));
        }

        let file = installation.folder().join("tokens");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&file).unwrap();
        let rows: Vec<Vec<_>> = text.lines().map(|line| line.split('\t').collect()).collect();
        assert_eq!(rows.len(), 310);
        let server = installation.serve();
        for row in [&rows[0], &rows[1], &rows[309]] {
            let [token, user, home, role, organizations] = row[..] else { panic!("{row:?}") };
            assert_eq!(server.user_id(token).await, user);
            let list = server.json("/api/organizations", token).await;
            assert_eq!(list.as_array().unwrap().len().to_string(), organizations);
            let home = server.json(&format!("/api/organizations/{home}"), token).await;
            assert_eq!(home["your_role"], role);
        }
        let me = server.json("/api/auth/me", rows[5][0]).await;
        let email = me["email"].as_str().unwrap();
        assert_eq!(server.log_in(email, PASSWORD).await.status(), 200);
        for (address, code) in [(email, 0), ("nobody@nowhere.example", 1), ("nobody", 2)] {
            let found = installation.run(&["bench-look-up", "--seconds", "1"], address);
            assert_eq!(found.status.code(), Some(code), "{address}: {}", stderr(&found));
        }
        // They may do what such users do.
        let owner = rows.iter().find(|row| row[3] == "owner").unwrap();
        let path = format!("/api/organizations/{}/members/{}", owner[2], rows[309][1]);
        let body = serde_json::json!({ "role": "member" });
        let added = server.send("PUT", &path, owner[0], Some(&body)).await;
        assert!(added.status().is_success(), "{}", added.status());
    }
}

#[test]
fn a_database_in_use_is_refused() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let refused = installation.run(&[&SMALL[..], &["--tokens", "tokens"]].concat(), "");
        assert_eq!(refused.status.code(), Some(1), "{}", stderr(&refused));
        assert!(stderr(&refused).contains("--database-url"), "{}", stderr(&refused));
        assert!(!installation.folder().join("tokens").exists());
        assert_eq!(installation.database.number("select count(*) from organizations"), 0);
    }
}

#[test]
fn a_database_that_was_not_migrated_is_refused() {
    for installation in backends().into_iter().map(Installation::unmigrated) {
        let refused = installation.run(&SMALL, "");
        assert_eq!(refused.status.code(), Some(1), "{}", stderr(&refused));
        assert!(stderr(&refused).contains("guildhall migrate"), "{}", stderr(&refused));
    }
}

#[test]
fn production_takes_it_on_demand_alone() {
    let installation = Installation::on_each_backend()
        .remove(0)
        .with("GUILDHALL_MODE", "production")
        .with("GUILDHALL_PUBLIC_URL", "https://guildhall.example")
        .with("GUILDHALL_REGISTRATION", "invited")
        .with("GUILDHALL_EMAIL_VERIFICATION", "off");
    let refused = installation.run(&SMALL, "");
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("--even-in-production"), "{}", stderr(&refused));
    let made = installation.run(&[&SMALL[..], &["--even-in-production"]].concat(), "");
    assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let installation = Installation::on_each_backend().remove(0);
    let few = installation.run(&["demo-data", "--organizations", "10", "--users", "9"], "");
    assert_eq!(few.status.code(), Some(2), "{}", stderr(&few));
    assert!(stderr(&few).contains("owner"), "{}", stderr(&few));
    fs::write(installation.folder().join("tokens"), "somebody's").unwrap();
    let there = installation.run(&[&SMALL[..], &["--tokens", "tokens"]].concat(), "");
    assert_eq!(there.status.code(), Some(1), "{}", stderr(&there));
    let kept = fs::read_to_string(installation.folder().join("tokens")).unwrap();
    assert_eq!(kept, "somebody's");
}
