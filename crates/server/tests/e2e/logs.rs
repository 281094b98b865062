//! Secrets never reach a log, however much is logged.

use guildhall_persistence::Backend;
use serde_json::{Value, json};

use crate::support::{Installation, PASSWORD};

#[tokio::test]
async fn no_password_token_or_hash_is_logged() {
    for installation in Installation::on_each_backend() {
        let installation = installation.with("GUILDHALL_LOG", "trace").with("RUST_BACKTRACE", "1");
        installation.create_admin("root@guildhall.example");
        let server = installation.serve();
        let mut secrets = vec![PASSWORD.to_owned(), "$argon2".to_owned()];
        let first = server.registered("ada@acme.com", Some("Acme")).await;
        let second = server.logged_in("ada@acme.com").await;
        let wrong = "an utterly wrong password";
        server.log_in("ada@acme.com", wrong).await;
        let body = json!({ "email": "x", "password": wrong, "name": "", "token": &second });
        server.post("/api/auth/register", &body).await;
        server.get("/api/organizations", "gh_unknown-token-of-somebody").await;
        server.get(&format!("/api/organizations?cursor={first}"), &first).await;
        server.get("/api/stats", &first).await;
        let body =
            json!({ "current_password": PASSWORD, "new_password": "another good passphrase" });
        server.post_as("/api/auth/password", &first, &body).await;
        server.post_as("/api/auth/logout", &second, &json!({})).await;
        secrets.extend([first, second, wrong.to_owned()]);
        secrets.extend(["another good passphrase".to_owned(), "unknown-token".to_owned()]);

        let log = server.log();
        assert!(log.contains("/api/auth/register"), "requests are logged");
        for secret in secrets {
            assert!(!log.contains(&secret), "{secret} is in the log");
        }
    }
}

#[tokio::test]
async fn a_request_is_found_by_its_id() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let request = server.client().get(server.url("/api/nowhere"));
        let response = request.header("x-request-id", "my-request.1").send().await.unwrap();
        assert_eq!(response.headers()["x-request-id"], "my-request.1");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["request_id"], "my-request.1");
        let line =
            server.log().lines().find(|line| line.contains("my-request.1")).map(str::to_owned);
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        assert!(line.to_string().contains("404"), "{line}");

        let request = server.client().get(server.url("/healthz"));
        let response = request.header("x-request-id", "no good\"}").send().await.unwrap();
        assert_ne!(response.headers()["x-request-id"], "no good\"}");
    }
}

#[tokio::test]
async fn a_slow_statement_is_logged_under_its_requests_id() {
    for installation in Installation::on_each_backend() {
        // SQLite has no way to sleep; crates/persistence shows the same for both.
        if installation.backend == Backend::Sqlite {
            continue;
        }
        installation.database.execute(
            "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN PERFORM pg_sleep(0.3); RETURN NEW; END';
             CREATE TRIGGER dawdle BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION dawdle()",
        );
        let installation = installation
            .with("GUILDHALL_DATABASE_SLOW_STATEMENT", "300")
            .with("GUILDHALL_LOG", "warn");
        let server = installation.serve();
        let body = json!({ "email": "ada@acme.com", "password": PASSWORD, "name": "Ada Lovelace" });
        let request = server.client().post(server.url("/api/auth/register")).json(&body);
        let response = request.header("x-request-id", "my-request.1").send().await.unwrap();
        assert_eq!(response.status(), 201);

        let log = server.log();
        let is_it = |line: &&str| line.contains("slow") && line.contains("INSERT INTO");
        let line: Value = serde_json::from_str(log.lines().find(is_it).unwrap()).unwrap();
        assert_eq!(line["spans"][0]["request_id"], "my-request.1", "{line}");
        assert!(line["duration_ms"].as_u64().unwrap() >= 300, "{line}");
        assert!(line["statement"].as_str().unwrap().starts_with("INSERT INTO \"users\""), "{line}");
        assert!(!line.to_string().contains("ada@acme.com"), "{line}");
    }
}
