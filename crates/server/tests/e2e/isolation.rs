//! What belongs to one organization is nobody else's to see.

use serde_json::Value;

use crate::support::{Installation, parts};

fn without_request_id(mut body: Value) -> Value {
    body.as_object_mut().unwrap().remove("request_id").unwrap();
    body
}

#[tokio::test]
async fn a_foreign_organization_looks_like_one_that_never_existed() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let server = installation.serve();
        let ada = server.registered("ada@acme.com", Some("Acme")).await;
        let bob = server.registered("bob@bolts.com", Some("Bolts")).await;
        let bolts = server.json("/api/organizations", &bob).await[0]["id"].clone();
        let bolts = bolts.as_str().unwrap();

        let list = server.json("/api/organizations", &ada).await;
        assert_eq!(list.as_array().unwrap().len(), 1);
        assert_eq!(list[0]["name"], "Acme");

        let absent = "org-123e4567-e89b-42d3-a456-426614174000";
        let bare = bolts.strip_prefix("org-").unwrap();
        let wrong_kind = format!("user-{bare}");
        let mut bodies = Vec::new();
        for id in [bolts, bare, absent, &wrong_kind, "nonsense", "%00", "org-", "org-1%20or%201=1"]
        {
            let response = server.get(&format!("/api/organizations/{id}"), &ada).await;
            assert_eq!(response.headers()["content-type"], "application/problem+json");
            let (status, body) = parts(response).await;
            assert_eq!(status, 404, "{id}");
            bodies.push(without_request_id(body));
        }
        assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:?}");

        let root = server.logged_in("root@guildhall.example").await;
        let all = server.json("/api/organizations", &root).await;
        assert_eq!(all.as_array().unwrap().len(), 2, "a platform admin sees every one");
        let seen = server.json(&format!("/api/organizations/{bolts}"), &root).await;
        assert_eq!(seen["your_role"], Value::Null);
    }
}

#[tokio::test]
async fn another_users_session_is_not_there() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let ada = server.registered("ada@acme.com", Some("Acme")).await;
        let bob = server.registered("bob@bolts.com", Some("Bolts")).await;
        let sessions = server.json("/api/auth/sessions", &bob).await;
        let id = sessions[0]["id"].as_str().unwrap();
        let path = format!("/api/auth/sessions/{id}");
        assert_eq!(server.delete(&path, &ada).await.status(), 404);
        assert_eq!(server.get("/api/auth/me", &bob).await.status(), 200);
    }
}

#[tokio::test]
async fn stats_cover_the_callers_organizations_alone() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let server = installation.serve();
        let ada = server.registered("ada@acme.com", Some("Acme")).await;
        server.registered("bob@bolts.com", Some("Bolts")).await;
        server.registered("ben@bolts.com", Some("Bolts")).await;
        let mine = server.json("/api/stats", &ada).await;
        assert_eq!((&mine["total_users"], &mine["active_sessions"]), (&1.into(), &1.into()));
        let root = server.logged_in("root@guildhall.example").await;
        let all = server.json("/api/stats", &root).await;
        assert_eq!((&all["total_users"], &all["active_sessions"]), (&3.into(), &3.into()));
    }
}
