//! Every way not to be signed in is one answer, byte for byte.

use reqwest::{
    Response,
    header::{AUTHORIZATION, HeaderValue},
};

use crate::support::{Installation, Server};

const BODY: &str = r#"{"detail":"Not authenticated"}"#;

async fn assert_refused(response: Response, challenge: &str, what: &str) {
    assert_eq!(response.status(), 401, "{what}");
    assert_eq!(response.headers()["www-authenticate"], challenge, "{what}");
    assert_eq!(response.headers()["content-type"], "application/problem+json", "{what}");
    assert_eq!(response.text().await.unwrap(), BODY, "{what}");
}

async fn list_with(server: &Server, header: &[u8]) -> Response {
    let value = HeaderValue::from_bytes(header).unwrap();
    let request = server.client().get(server.url("/api/organizations"));
    request.header(AUTHORIZATION, value).send().await.unwrap()
}

#[tokio::test]
async fn nothing_that_is_no_live_token_is_let_in() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let token = server.registered("ada@acme.com", None).await;
        let none = server.client().get(server.url("/api/organizations")).send().await.unwrap();
        assert_refused(none, "Bearer", "no header").await;

        let huge = format!("Bearer {}", "x".repeat(10_000));
        let twisted = format!("Bearer {}", token.to_uppercase());
        let twice = format!("Bearer {token} {token}");
        let no_token = "Bearer";
        let invalid = "Bearer error=\"invalid_token\"";
        for (header, challenge) in [
            (&b""[..], no_token),
            (b"Basic YWRhOmFkYQ==", no_token),
            (b"Bearer", no_token),
            (b"Bearer ", no_token),
            (b"garbage", no_token),
            (b"Bearer garbage", invalid),
            (b"Bearer \xff\xfe", invalid),
            (huge.as_bytes(), invalid),
            (twisted.as_bytes(), invalid),
            (twice.as_bytes(), invalid),
        ] {
            let response = list_with(&server, header).await;
            assert_refused(response, challenge, &String::from_utf8_lossy(header)).await;
        }
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let response = list_with(&server, format!("{scheme} {token}").as_bytes()).await;
            assert_eq!(response.status(), 200, "{scheme}");
        }
        for path in ["/api/auth/me", "/api/auth/sessions", "/api/stats", "/api/organizations/x"] {
            let response = server.client().get(server.url(path)).send().await.unwrap();
            assert_refused(response, "Bearer", path).await;
        }
    }
}

#[tokio::test]
async fn a_refusal_comes_before_any_look_at_the_body() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let post = server.client().post(server.url("/api/auth/password"));
        let response = post.body("not json").send().await.unwrap();
        assert_refused(response, "Bearer", "bad body").await;
    }
}

#[tokio::test]
async fn a_token_dies_with_its_session_and_its_account() {
    let changes = [
        ("expired", "update sessions set expires_at = created_at"),
        ("deactivated", "update users set status = 'deactivated'"),
    ];
    let invalid = "Bearer error=\"invalid_token\"";
    for (what, change) in changes {
        for installation in Installation::on_each_backend() {
            // Of what is changed by hand, copies would know in a minute.
            let installation = installation.with("GUILDHALL_CACHE_MEGABYTES", "0");
            let server = installation.serve();
            let token = server.registered("ada@acme.com", None).await;
            assert_eq!(server.get("/api/organizations", &token).await.status(), 200);
            installation.database.execute(change);
            let response = server.get("/api/organizations", &token).await;
            assert_refused(response, invalid, what).await;
        }
    }
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let token = server.registered("ada@acme.com", None).await;
        let logout = server.post_as("/api/auth/logout", &token, &serde_json::json!({})).await;
        assert_eq!(logout.status(), 200);
        let response = server.get("/api/organizations", &token).await;
        assert_refused(response, invalid, "revoked").await;
    }
}

#[tokio::test]
async fn a_deactivated_account_cannot_sign_in() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        server.registered("ada@acme.com", None).await;
        installation.database.execute("update users set status = 'deactivated'");
        let response = server.log_in("ada@acme.com", crate::support::PASSWORD).await;
        assert_eq!(response.status(), 401);
        assert_eq!(response.text().await.unwrap(), r#"{"detail":"Invalid credentials"}"#);
    }
}
