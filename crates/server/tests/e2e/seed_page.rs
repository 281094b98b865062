//! Everything that the seed page shows, to the letter.

use serde_json::{Value, json};

use crate::support::{Installation, PASSWORD, parts};

fn is_timestamp(value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00T00:00:00.000Z"
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn the_list_is_a_bare_array_of_the_six_fields() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let token = server.registered("john@acme.com", Some("Acme Corporation")).await;
        let response = server.get("/api/organizations", &token).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json");
        let text = response.text().await.unwrap();
        let list: Value = serde_json::from_str(&text).unwrap();
        let acme = &list.as_array().unwrap()[0];
        assert_eq!(list.as_array().unwrap().len(), 1);
        let positions: Vec<_> = [
            "\"id\"",
            "\"name\"",
            "\"domain\"",
            "\"users_count\"",
            "\"workspaces_count\"",
            "\"created_at\"",
        ]
        .iter()
        .map(|field| text.find(field).unwrap())
        .collect();
        assert!(positions.is_sorted(), "fields in the order of the page: {text}");
        assert_eq!(keys(acme).len(), 6);
        let id = acme["id"].as_str().unwrap();
        assert_eq!(
            uuid::Uuid::parse_str(id.strip_prefix("org-").unwrap()).unwrap().get_version_num(),
            4
        );
        assert_eq!(acme["name"], "Acme Corporation");
        assert_eq!(acme["domain"], "acme.com");
        assert_eq!(acme["users_count"], 1);
        assert_eq!(acme["workspaces_count"], 0);
        assert!(is_timestamp(&acme["created_at"]));

        let single = server.json(&format!("/api/organizations/{id}"), &token).await;
        let without_prefix =
            server.json(&format!("/api/organizations/{}", &id["org-".len()..]), &token).await;
        assert_eq!(single, without_prefix);
        for field in keys(acme) {
            assert_eq!(single[field], acme[field]);
        }
        assert_eq!(single["your_role"], "owner");
    }
}

#[tokio::test]
async fn the_user_model_is_the_pages() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let response = server.register("john@acme.com", Some("Acme Corporation")).await;
        let (status, body) = parts(response).await;
        assert_eq!(status, 201);
        assert_eq!(body["token_type"], "bearer");
        assert!(body["expires_in"].as_u64().unwrap() > 0);
        let user = &body["user"];
        assert!(user["id"].as_str().unwrap().starts_with("user-"));
        assert_eq!(user["email"], "john@acme.com");
        assert_eq!(user["name"], "Ada Lovelace");
        assert_eq!(user["organization"], "Acme Corporation");
        assert_eq!(user["role"], "user");
        assert_eq!(user["mfa_enabled"], false);
        assert!(is_timestamp(&user["created_at"]));

        let (status, login) = parts(server.log_in("JOHN@Acme.com", PASSWORD).await).await;
        assert_eq!(status, 200);
        assert_eq!(&login["user"], user);
        let token = login["access_token"].as_str().unwrap();
        assert_eq!(&server.json("/api/auth/me", token).await, user);
    }
}

#[tokio::test]
async fn wrong_address_and_wrong_password_are_one_answer() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        server.registered("john@acme.com", None).await;
        for (email, password) in [
            ("john@acme.com", "wrong horse battery staple"),
            ("jane@acme.com", PASSWORD),
            ("john@acme.com", "short"),
            ("jane@acme.com", ""),
            ("jane@acme.com", &"long".repeat(1000)),
        ] {
            let response = server.log_in(email, password).await;
            assert_eq!(response.status(), 401, "{email}");
            assert_eq!(response.text().await.unwrap(), r#"{"detail":"Invalid credentials"}"#);
        }
    }
}

#[tokio::test]
async fn the_default_organization_is_the_pages() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let token = server.registered("first@acme.com", None).await;
        let list = server.json("/api/organizations", &token).await;
        let default = &list[0];
        assert_eq!(default["name"], "Default Organization");
        assert_eq!(default["domain"], "neogenesys.com");
        assert_eq!(default["users_count"], 1);
        assert_eq!(default["workspaces_count"], 5);

        let token = server.registered("second@other.com", None).await;
        let list = server.json("/api/organizations", &token).await;
        assert_eq!(list[0]["id"], default["id"]);
        assert_eq!(list[0]["users_count"], 2);
        let me = server.json("/api/auth/me", &token).await;
        assert_eq!(me["organization"], "Default Organization");
    }
}

#[tokio::test]
async fn the_stats_are_the_pages_five_fields() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let token = server.registered("john@acme.com", None).await;
        let stats = server.json("/api/stats", &token).await;
        assert_eq!(
            keys(&stats).len(),
            5,
            "active_sessions, total_workspaces, total_users, security_score, uptime"
        );
        assert_eq!(stats["active_sessions"], 1);
        assert_eq!(stats["total_workspaces"], 5);
        assert_eq!(stats["total_users"], 1);
        assert!(stats["security_score"].as_u64().unwrap() <= 100);
        let uptime = stats["uptime"].as_str().unwrap().strip_suffix('%').unwrap();
        assert!((0.0..=100.0).contains(&uptime.parse::<f64>().unwrap()));
    }
}

#[tokio::test]
async fn the_service_describes_itself() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let client = server.client();
        for path in ["/api", "/healthz", "/readyz", "/api/openapi.json", "/docs/", "/problems"] {
            let response = client.get(server.url(path)).send().await.unwrap();
            assert_eq!(response.status(), 200, "{path}");
        }
        let api: Value = client.get(server.url("/api")).send().await.unwrap().json().await.unwrap();
        assert_eq!(api["version"], env!("CARGO_PKG_VERSION"));
        assert!(api["message"].is_string());
        let logout = server.registered("john@acme.com", None).await;
        let (status, body) =
            parts(server.post_as("/api/auth/logout", &logout, &json!({})).await).await;
        assert_eq!((status, body), (200, json!({ "message": "Logged out successfully" })));
    }
}
