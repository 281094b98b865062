//! An installation moves to the other kind of database, and goes on there.

use guildhall_persistence::{Backend, testing::backends};
use serde_json::json;

use crate::support::{Installation, until};

fn said(output: &std::process::Output) -> String {
    let (out, error) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(error))
}

#[tokio::test]
async fn an_installation_moves_and_goes_on() {
    if !backends().contains(&Backend::Postgres) {
        return;
    }
    for (from, to) in [(Backend::Sqlite, Backend::Postgres), (Backend::Postgres, Backend::Sqlite)] {
        let source = Installation::new(from).with("GUILDHALL_AUDIT_CHECKPOINT_INTERVAL", "1");
        let server = source.serve();
        let token = server.registered("ada@acme.com", Some("Acme")).await;
        let organization = server.first_organization(&token).await;
        let workspaces = format!("/api/organizations/{organization}/workspaces");
        let invitations = format!("/api/organizations/{organization}/invitations");
        for number in 0..5 {
            let body = json!({ "name": format!("Desk {number}") });
            assert_eq!(server.post_as(&workspaces, &token, &body).await.status(), 201);
            let body = json!({ "email": format!("u{number}@acme.com"), "role": "member" });
            assert_eq!(server.post_as(&invitations, &token, &body).await.status(), 201);
        }
        let checkpoints = "select count(*) from audit_checkpoints";
        until("both logs are signed", || source.database.number(checkpoints) >= 2).await;
        let before = server.json(&workspaces, &token).await;
        drop(server);

        let target = Installation::new(to);
        let (from_url, to_url) = (source.database.url_text(), target.database.url_text());
        let output = target.run(&["copy", "--from", &from_url, "--to", &to_url], "");
        let text = said(&output);
        assert_eq!(output.status.code(), Some(0), "{text}");
        let line = |table: &str| {
            let line = text.lines().find(|line| line.starts_with(table)).unwrap();
            line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(line("workspaces "), ["workspaces", "5", "5"]);
        assert_eq!(line("installation "), ["installation", "1", "1"]);
        assert!(text.contains("Nothing was changed"), "{text}");
        assert_eq!(target.run(&["doctor"], "").status.code(), Some(0));

        let server = target.serve();
        assert_eq!(server.json(&workspaces, &token).await, before);
        let body = json!({ "name": "There" });
        assert_eq!(server.post_as(&workspaces, &token, &body).await.status(), 201);
        server.logged_in("ada@acme.com").await;
        server.registered("grace@acme.com", Some("Navy")).await;
        drop(server);
        let output = target.run(&["audit", "verify"], "");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));

        let again = target.run(&["copy", "--from", &from_url], "");
        assert_eq!(again.status.code(), Some(1));
        assert!(said(&again).contains("not empty"), "{}", said(&again));
    }
}

/// Rows that arrive do not make a log that was tampered with a good one.
#[tokio::test]
async fn a_log_that_was_changed_is_found_out_on_the_way() {
    if !backends().contains(&Backend::Postgres) {
        return;
    }
    let source = Installation::new(Backend::Sqlite);
    let server = source.serve();
    server.registered("ada@acme.com", Some("Acme")).await;
    drop(server);
    source.database.execute("update audit_events set action = 'a.b' where sequence = 2");
    let target = Installation::new(Backend::Postgres);
    let output = target.run(&["copy", "--from", &source.database.url_text()], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("entry 2"), "{}", said(&output));
}
