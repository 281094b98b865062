//! Secrets never reach a log, however much is logged.

use serde_json::json;

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
        let problem: serde_json::Value = response.json().await.unwrap();
        assert_eq!(problem["request_id"], "my-request.1");
        let line =
            server.log().lines().find(|line| line.contains("my-request.1")).map(str::to_owned);
        let line: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        assert!(line.to_string().contains("404"), "{line}");

        let request = server.client().get(server.url("/healthz"));
        let response = request.header("x-request-id", "no good\"}").send().await.unwrap();
        assert_ne!(response.headers()["x-request-id"], "no good\"}");
    }
}
