//! The isolation matrix: every operation on what belongs to an organization,
//! tried by every kind of actor who has no business with that organization.
//!
//! It is generated from the route table. A route without a rule here fails the
//! test, so that nothing new is served before it was thought about.

use guildhall_http_api::routes::{Access, ENDPOINTS, Endpoint};
use serde_json::{Value, json};

use crate::support::{Installation, Server, parts};

/// What a route is about.
enum Rule {
    /// Nothing of any organization.
    NoTenant,
    /// What belongs to the organization whose id is in the path; with a body
    /// that would be taken from somebody who may.
    OfOrganization(Option<Value>),
}

fn rule(endpoint: &Endpoint) -> Option<Rule> {
    use Rule::{NoTenant, OfOrganization};
    let body = match (endpoint.method.as_str(), endpoint.path) {
        (_, path) if path.starts_with("/api/auth/") => return Some(NoTenant),
        (
            _,
            "/api" | "/api/stats" | "/api/workspaces" | "/api/organizations" | "/healthz"
            | "/readyz",
        ) => {
            return Some(NoTenant);
        }
        ("GET" | "DELETE", path) if path.starts_with("/api/organizations/{id}") => None,
        ("PUT" | "PATCH", "/api/organizations/{id}") => Some(json!({ "name": "Stolen" })),
        (
            "POST",
            "/api/organizations/{id}/restore"
            | "/api/organizations/{id}/suspend"
            | "/api/organizations/{id}/activate",
        ) => None,
        ("PUT", "/api/organizations/{id}/quotas") => {
            Some(json!({ "users": { "limit": 0 }, "workspaces": { "limit": 0 } }))
        }
        ("PUT", "/api/organizations/{id}/members/{user}") => Some(json!({ "role": "owner" })),
        ("POST", "/api/organizations/{id}/workspaces") => Some(json!({ "name": "Planted" })),
        ("PATCH", "/api/organizations/{id}/workspaces/{workspace}") => {
            Some(json!({ "name": "Stolen", "status": "error" }))
        }
        _ => return None,
    };
    Some(OfOrganization(body))
}

/// An organization and what belongs to it.
struct Tenant {
    organization: String,
    user: String,
    workspace: String,
    owner: String,
}

impl Tenant {
    async fn found(server: &Server, name: &str) -> Self {
        let owner = server.registered(&format!("owner@{name}.com"), Some(name)).await;
        let organization = server.first_organization(&owner).await;
        let path = format!("/api/organizations/{organization}/workspaces");
        let (status, workspace) =
            parts(server.post_as(&path, &owner, &json!({ "name": name })).await).await;
        assert_eq!(status, 201);
        Self {
            user: server.user_id(&owner).await,
            workspace: workspace["id"].as_str().unwrap().to_owned(),
            organization,
            owner,
        }
    }
}

/// The path with the ids of tenants in the places of its parameters.
fn path(endpoint: &Endpoint, organization: &Tenant, contents: &Tenant) -> String {
    endpoint
        .path
        .replace("{id}", &organization.organization)
        .replace("{user}", &contents.user)
        .replace("{workspace}", &contents.workspace)
}

/// Everything that the victim's rows hold, in one text.
fn rows(installation: &Installation, victim: &Tenant) -> Vec<Option<String>> {
    let id = victim.organization.trim_start_matches("org-").replace('-', "");
    let hex = |column: &str| match installation.backend {
        guildhall_persistence::Backend::Sqlite => format!("lower(hex({column}))"),
        guildhall_persistence::Backend::Postgres => format!("replace({column}::text, '-', '')"),
    };
    let database = &installation.database;
    [
        format!(
            "select name || users_count || workspaces_count || status || version || metadata
             || coalesce(domain, '-') || coalesce(users_limit, -1) || (deleted_at is null)
             from organizations where {} = '{id}'",
            hex("id")
        ),
        format!(
            "select name || status || version || description from workspaces where {} = '{id}'",
            hex("organization_id")
        ),
        format!(
            "select {} || role || version from memberships where {} = '{id}'",
            hex("user_id"),
            hex("organization_id")
        ),
    ]
    .iter()
    .map(|query| database.text(query))
    .collect()
}

#[tokio::test]
async fn nobody_reaches_into_an_organization_that_is_not_theirs() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let server = installation.serve();
        let victim = Tenant::found(&server, "victim").await;
        let other = Tenant::found(&server, "other").await;
        let halted = Tenant::found(&server, "halted").await;
        let root = server.logged_in("root@guildhall.example").await;
        let suspend = format!("/api/organizations/{}/suspend", halted.organization);
        assert_eq!(server.send("POST", &suspend, &root, None).await.status(), 200);
        let member = server.registered("member@other.com", Some("other")).await;
        let admin = server.registered("admin@other.com", Some("other")).await;
        let path_of_admin = format!(
            "/api/organizations/{}/members/{}",
            other.organization,
            server.user_id(&admin).await
        );
        let promoted = server
            .send("PUT", &path_of_admin, &other.owner, Some(&json!({ "role": "admin" })))
            .await;
        assert_eq!(promoted.status(), 200);
        let deactivated = server.registered("gone@other.com", Some("other")).await;
        installation
            .database
            .execute("update users set status = 'deactivated' where email = 'gone@other.com'");

        let before = rows(&installation, &victim);
        let actors = [
            ("anonymous", "", 401),
            ("deactivated", &deactivated, 401),
            ("member of another", &member, 404),
            ("admin of another", &admin, 404),
            ("owner of another", &other.owner, 404),
            ("owner of a suspended", &halted.owner, 404),
        ];
        let mut tried = 0;
        for endpoint in ENDPOINTS {
            let Some(rule) = rule(endpoint) else {
                panic!("{} {} has no rule in the isolation matrix", endpoint.method, endpoint.path);
            };
            let Rule::OfOrganization(body) = rule else { continue };
            assert_eq!(endpoint.access, Access::SignedIn, "{}", endpoint.path);
            for (actor, token, expected) in actors {
                let path = path(endpoint, &victim, &victim);
                let answer =
                    server.send(endpoint.method.as_str(), &path, token, body.as_ref()).await;
                assert_eq!(answer.status(), expected, "{actor}: {} {path}", endpoint.method);
                tried += 1;
            }
            // By one's own organization to what belongs to the victim.
            if endpoint.path.contains("{workspace}")
                || endpoint.method == "DELETE" && endpoint.path.contains("{user}")
            {
                let path = path(endpoint, &other, &victim);
                let answer =
                    server.send(endpoint.method.as_str(), &path, &other.owner, body.as_ref()).await;
                assert_eq!(answer.status(), 404, "{} {path}", endpoint.method);
                tried += 1;
            }
        }
        assert!(before.iter().all(Option::is_some), "{before:?}");
        assert_eq!(rows(&installation, &victim), before, "not a row has changed");
        let refused = "select count(*) from audit_events where action = 'organization.updated'";
        assert_eq!(installation.database.number(refused), 0);
        println!("{}: {tried} combinations of route and actor", installation.backend);
    }
}
