//! The isolation matrix: every operation on what belongs to an organization,
//! tried by every kind of actor who has no business with that organization.
//!
//! It is generated from the route table. A route without a rule here fails the
//! test, so that nothing new is served before it was thought about.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use guildhall_http_api::routes::{Access, ENDPOINTS, Endpoint};
use guildhall_persistence::Backend;
use serde_json::{Value, json};

use crate::support::{Installation, Server, parts};

/// What a route is about.
enum Rule {
    /// Nothing that is named in its address. With a `GET`, a list over all that
    /// the caller may know of.
    Own,
    /// What belongs to the organization, the user or the invitation whose id is
    /// in the path; with a body that would be taken from somebody who may.
    Named(Option<Value>),
}

fn rule(endpoint: &Endpoint) -> Option<Rule> {
    use Rule::{Named, Own};
    const ORGANIZATION: &str = "/api/organizations/{id}";
    let (method, path) = (endpoint.method.as_str(), endpoint.path);
    let rest = path.strip_prefix(ORGANIZATION);
    Some(match (method, path, rest) {
        (_, path, _) if path.starts_with("/api/auth/") => Own,
        (
            _,
            "/api"
            | "/api/stats"
            | "/api/workspaces"
            | "/api/organizations"
            | "/api/users"
            | "/api/audit-logs"
            | "/api/audit-logs/checkpoints"
            | "/api/audit-logs/checkpoints/latest"
            | "/api/audit-logs/keys"
            | "/healthz"
            | "/readyz",
            _,
        ) => Own,
        ("GET" | "DELETE", _, Some(_))
        | (
            "POST",
            _,
            Some("/restore" | "/suspend" | "/activate" | "/invitations/{invitation}/resend"),
        )
        | ("GET" | "DELETE", "/api/users/{id}", _)
        | ("POST", "/api/users/{id}/deactivate" | "/api/users/{id}/activate", _) => Named(None),
        ("PUT" | "PATCH", ORGANIZATION, _) => Named(Some(json!({ "name": "Stolen" }))),
        ("POST", _, Some("/invitations")) => {
            Named(Some(json!({ "email": "eve@evil.com", "role": "owner" })))
        }
        ("PUT", _, Some("/quotas")) => {
            let none = json!({ "limit": 0 });
            Named(Some(json!({ "users": none, "workspaces": none, "invitations": none })))
        }
        ("PUT", _, Some("/members/{user}")) => Named(Some(json!({ "role": "owner" }))),
        ("POST", _, Some("/workspaces")) => Named(Some(json!({ "name": "Planted" }))),
        ("PATCH", _, Some("/workspaces/{workspace}")) => {
            Named(Some(json!({ "name": "Stolen", "status": "error" })))
        }
        ("PATCH", "/api/users/{id}", _) => Named(Some(json!({ "name": "Stolen" }))),
        (_, path, _) if path.starts_with("/api/invitations/{token}") => Named(None),
        _ => return None,
    })
}

/// An organization and what belongs to it.
struct Tenant {
    organization: String,
    user: String,
    workspace: String,
    invitation: String,
    owner: String,
}

impl Tenant {
    async fn found(server: &Server, name: &str) -> Self {
        let owner = server.registered(&format!("owner@{name}.com"), Some(name)).await;
        let organization = server.first_organization(&owner).await;
        let made = async |what: &str, body: Value| {
            let path = format!("/api/organizations/{organization}/{what}");
            let (status, made) = parts(server.post_as(&path, &owner, &body).await).await;
            assert_eq!(status, 201, "{made}");
            made["id"].as_str().unwrap().to_owned()
        };
        let workspace = made("workspaces", json!({ "name": name })).await;
        let email = format!("invited@{name}.com");
        let invitation = made("invitations", json!({ "email": email, "role": "member" })).await;
        let user = server.user_id(&owner).await;
        Self { organization, user, workspace, invitation, owner }
    }
}

/// The path with the ids of tenants in the places of its parameters.
fn path(endpoint: &Endpoint, organization: &Tenant, contents: &Tenant) -> String {
    let id = if endpoint.path.starts_with("/api/users/") {
        &contents.user
    } else {
        &organization.organization
    };
    endpoint
        .path
        .replace("{id}", id)
        .replace("{user}", &contents.user)
        .replace("{workspace}", &contents.workspace)
        .replace("{invitation}", &contents.invitation)
        // Who knows the id of an invitation has no token of it.
        .replace("{token}", &contents.invitation)
}

/// Everything that the victim's rows hold, in one text.
fn rows(installation: &Installation, victim: &Tenant) -> Vec<Option<String>> {
    let id = victim.organization.trim_start_matches("org-").replace('-', "");
    let hex = |column: &str| match installation.backend {
        Backend::Sqlite => format!("lower(hex({column}))"),
        Backend::Postgres => format!("replace({column}::text, '-', '')"),
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
        format!(
            "select email || role || status || version from invitations where {} = '{id}'",
            hex("organization_id")
        ),
        "select name || email || role || status || version from users \
         where email = 'owner@victim.com'"
            .to_owned(),
    ]
    .iter()
    .map(|query| database.text(query))
    .collect()
}

/// The organizations of the matrix, and those who try.
struct Scene {
    victim: Tenant,
    other: Tenant,
    halted: Tenant,
    member: String,
    admin: String,
    stranger: String,
    deactivated: String,
    root: String,
}

impl Scene {
    async fn set(installation: &Installation, server: &Server) -> Self {
        let victim = Tenant::found(server, "victim").await;
        let other = Tenant::found(server, "other").await;
        let halted = Tenant::found(server, "halted").await;
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
        let stranger = server.registered("stranger@nowhere.com", None).await;
        let deactivated = server.registered("gone@other.com", Some("other")).await;
        installation
            .database
            .execute("update users set status = 'deactivated' where email = 'gone@other.com'");
        Self { victim, other, halted, member, admin, stranger, deactivated, root }
    }

    /// Who they are, the token that they send, and how they are answered.
    fn actors(&self) -> [(&'static str, &str, u16); 7] {
        [
            ("anonymous", "", 401),
            ("deactivated", &self.deactivated, 401),
            ("stranger", &self.stranger, 404),
            ("member of another", &self.member, 404),
            ("admin of another", &self.admin, 404),
            ("owner of another", &self.other.owner, 404),
            ("owner of a suspended", &self.halted.owner, 404),
        ]
    }
}

/// Sets the scene, tries every route as every actor, and says how many
/// combinations that were.
async fn try_everything(installation: &Installation) -> usize {
    installation.create_admin("root@guildhall.example");
    let server = installation.serve();
    let scene = Scene::set(installation, &server).await;
    let before = rows(installation, &scene.victim);
    let mut tried = 0;
    for endpoint in ENDPOINTS {
        let Some(rule) = rule(endpoint) else {
            panic!("{} {} has no rule in the isolation matrix", endpoint.method, endpoint.path);
        };
        tried += match rule {
            Rule::Own if endpoint.method == "GET" => by_query(&server, &scene, endpoint).await,
            Rule::Own => 0,
            Rule::Named(body) => {
                by_path(&server, &scene, endpoint, body.as_ref()).await
                    + by_own_path(&server, &scene, endpoint, body.as_ref()).await
                    + by_body(&server, &scene, endpoint, body).await
            }
        };
    }
    assert!(before.iter().all(Option::is_some), "{before:?}");
    assert_eq!(rows(installation, &scene.victim), before, "not a row has changed");
    let refused = "select count(*) from audit_events where action = 'organization.updated'";
    assert_eq!(installation.database.number(refused), 0);
    tried
}

/// The victim's ids in the path.
async fn by_path(
    server: &Server,
    scene: &Scene,
    endpoint: &Endpoint,
    body: Option<&Value>,
) -> usize {
    let path = path(endpoint, &scene.victim, &scene.victim);
    let method = endpoint.method.as_str();
    for (actor, token, expected) in scene.actors() {
        let answer = server.send(method, &path, token, body).await;
        // What a token opens, it opens for everybody.
        let expected = if endpoint.access == Access::Public { 404 } else { expected };
        assert_eq!(answer.status(), expected, "{actor}: {method} {path}");
    }
    if method == "GET" && endpoint.access != Access::Public {
        let answer = server.send(method, &path, &scene.root, None).await;
        // There may be no checkpoint yet.
        let is_there = answer.status() == 200 || path.ends_with("/latest");
        assert!(is_there, "platform admin: {method} {path}: {}", answer.status());
        return scene.actors().len() + 1;
    }
    scene.actors().len()
}

/// By one's own organization to what belongs to the victim.
async fn by_own_path(
    server: &Server,
    scene: &Scene,
    endpoint: &Endpoint,
    body: Option<&Value>,
) -> usize {
    let names_contents = ["{workspace}", "{invitation}"].iter().any(|p| endpoint.path.contains(p));
    let names_member = endpoint.path.contains("{user}") && endpoint.method != "PUT";
    if !names_contents && !names_member {
        return 0;
    }
    let path = path(endpoint, &scene.other, &scene.victim);
    let method = endpoint.method.as_str();
    let answer = server.send(method, &path, &scene.other.owner, body).await;
    assert_eq!(answer.status(), 404, "{method} {path}");
    1
}

/// The victim's id in the body of a change of one's own.
async fn by_body(
    server: &Server,
    scene: &Scene,
    endpoint: &Endpoint,
    body: Option<Value>,
) -> usize {
    let Some(Value::Object(mut fields)) = body else { return 0 };
    let path = path(endpoint, &scene.other, &scene.other);
    let method = endpoint.method.as_str();
    for name in ["id", "organization", "organization_id"] {
        fields.insert(name.to_owned(), scene.victim.organization.clone().into());
    }
    let answer = server.send(method, &path, &scene.other.owner, Some(&fields.into())).await;
    assert_eq!(answer.status(), 422, "{method} {path}");
    1
}

/// The victim's ids in the query of a list, and a cursor that points at it.
async fn by_query(server: &Server, scene: &Scene, endpoint: &Endpoint) -> usize {
    let Tenant { organization, user, workspace, invitation, .. } = &scene.victim;
    let queries = [
        "q=victim".to_owned(),
        format!("organization={organization}&organization_id={organization}&id={organization}"),
        format!("user={user}&q={user}"),
        format!("limit=100&cursor={}", cursor(organization)),
        format!("limit=100&cursor={}", cursor(workspace)),
    ];
    for (actor, token, _) in scene.actors() {
        for query in &queries {
            let path = format!("{}?{query}", endpoint.path);
            let answer = server.get(&path, token).await;
            assert!(answer.status().as_u16() < 500, "{actor}: {path}");
            let text = answer.text().await.unwrap();
            for secret in [organization, user, workspace, invitation, "owner@victim.com"] {
                assert!(!text.contains(secret), "{actor}: {path}: {text}");
            }
        }
    }
    scene.actors().len() * queries.len()
}

/// A cursor that was made up: before everything, or behind a row of the victim's.
fn cursor(id: &str) -> String {
    let (_, uuid) = id.split_once('-').unwrap();
    let uuid: uuid::Uuid = uuid.parse().unwrap();
    let time = 9_999_999_999_999_999_i64.to_be_bytes();
    BASE64_URL_SAFE_NO_PAD.encode([&time[..], uuid.as_bytes()].concat())
}

#[tokio::test]
async fn nobody_reaches_into_an_organization_that_is_not_theirs() {
    for installation in Installation::on_each_backend() {
        let tried = try_everything(&installation).await;
        println!("{}: {tried} combinations of route and actor", installation.backend);
    }
}

/// The same where the application takes everybody for a platform admin: what is
/// left is row-level security.
#[tokio::test]
async fn row_level_security_alone_keeps_everybody_out() {
    for installation in Installation::on_each_backend() {
        if installation.backend == Backend::Postgres {
            let installation = installation.with("TEST_ACCESS_CHECKS", "off");
            let tried = try_everything(&installation).await;
            println!("row-level security alone: {tried} combinations of route and actor");
        }
    }
}

/// That the application decides nothing there: on SQLite, which has no second
/// wall, the owner of another organization reads and changes the victim's.
#[tokio::test]
async fn without_either_wall_anybody_gets_in() {
    let installation = Installation::new(Backend::Sqlite).with("TEST_ACCESS_CHECKS", "off");
    installation.create_admin("root@guildhall.example");
    let server = installation.serve();
    let scene = Scene::set(&installation, &server).await;
    let before = rows(&installation, &scene.victim);
    let path = format!("/api/organizations/{}", scene.victim.organization);
    let stolen = json!({ "name": "Stolen" });
    for (method, body) in [("GET", None), ("PATCH", Some(&stolen))] {
        let answer = server.send(method, &path, &scene.other.owner, body).await;
        assert_eq!(answer.status(), 200, "{method}");
    }
    assert_ne!(rows(&installation, &scene.victim), before);
}
