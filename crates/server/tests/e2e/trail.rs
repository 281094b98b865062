//! Every change leaves its events on the trail, and what is refused leaves none
//! but its refusal.
//!
//! Every route that changes something has to be gone through here: one that is
//! not fails the test.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_http_api::routes::{Access, ENDPOINTS};
use serde_json::{Value, json};

use crate::{
    mailbox::token_to,
    support::{Installation, PASSWORD, Server, parts},
};

/// How many events there are of each action.
type Counts = BTreeMap<String, usize>;

/// A server, and the routes that were gone through.
struct Tour<'a> {
    installation: &'a Installation,
    server: Server,
    seen: BTreeSet<(String, String)>,
}

impl Tour<'_> {
    fn counts(&self) -> Counts {
        let aggregate = match self.installation.backend {
            guildhall_persistence::Backend::Sqlite => "group_concat(action)",
            guildhall_persistence::Backend::Postgres => "string_agg(action, ',')",
        };
        let query = format!("select {aggregate} from audit_events");
        let actions = self.installation.database.text(&query).unwrap_or_default();
        let mut counts = Counts::new();
        for action in actions.split(',') {
            *counts.entry(action.to_owned()).or_default() += 1;
        }
        counts
    }

    /// The actions of the events since then.
    fn since(&self, before: &Counts) -> Vec<String> {
        let mut new = Vec::new();
        for (action, count) in self.counts() {
            let more = count - before.get(&action).copied().unwrap_or_default();
            new.extend(std::iter::repeat_n(action, more));
        }
        new
    }

    /// Goes through a route, whose path is given with ids after its parameters,
    /// such as `/api/users/{id}=user-1/activate`. It must succeed and leave
    /// these events.
    async fn go(
        &mut self,
        (method, path): (&str, &str),
        token: &str,
        body: Value,
        actions: &[&str],
    ) -> Value {
        let (template, concrete): (Vec<_>, Vec<_>) = path
            .split('/')
            .map(|segment| segment.split_once('=').unwrap_or((segment, segment)))
            .unzip();
        let (template, concrete) = (template.join("/"), concrete.join("/"));
        self.seen.insert((method.to_owned(), template));
        let before = self.counts();
        let answer = self.server.send(method, &concrete, token, Some(&body)).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{method} {concrete}: {status} {text}");
        assert_eq!(self.since(&before), actions, "{method} {concrete}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn token_to(&self, email: &str, number: usize) -> String {
        token_to(self.installation, email, number).await
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Accounts: registering, signing in and out, passwords, verification.
async fn accounts(tour: &mut Tour<'_>) {
    let ada = json!({ "email": "ada@acme.com", "password": PASSWORD, "name": "Ada",
        "organization": "Acme" });
    let founding = ["member.added", "organization.created", "user.registered"];
    let token = tour.go(("POST", "/api/auth/register"), "", ada, &founding).await;
    let token = text(&token["access_token"]);
    let log_in = json!({ "email": "ada@acme.com", "password": PASSWORD });
    let path = ("POST", "/api/auth/login");
    let second = tour.go(path, "", log_in.clone(), &["login.succeeded"]).await;
    let second = text(&second["access_token"]);
    tour.go(("POST", "/api/auth/logout"), &second, json!({}), &["session.ended"]).await;
    tour.go(path, "", log_in.clone(), &["login.succeeded"]).await;
    let sessions = tour.server.json("/api/auth/sessions", &token).await;
    let other = sessions.as_array().unwrap().iter().find(|session| session["current"] == false);
    let path_of_session = format!("/api/auth/sessions/{{id}}={}", text(&other.unwrap()["id"]));
    tour.go(("DELETE", &path_of_session), &token, json!({}), &["session.ended"]).await;
    for _ in 0..2 {
        tour.go(path, "", log_in.clone(), &["login.succeeded"]).await;
    }
    let both = ["session.ended", "session.ended"];
    tour.go(("DELETE", "/api/auth/sessions"), &token, json!({}), &both).await;

    // To ask for a mail changes nothing of an account; a stranger who asks is noted.
    tour.go(("POST", "/api/auth/email/verification"), &token, json!({}), &[]).await;
    let proof = json!({ "token": tour.token_to("ada@acme.com", 1).await });
    tour.go(("POST", "/api/auth/email/verify"), "", proof, &["email.verified"]).await;
    let email = json!({ "email": "ada@acme.com" });
    let path = ("POST", "/api/auth/password/forgot");
    tour.go(path, "", email, &["password.reset_requested"]).await;
    let new = "staple battery horse correct";
    let change = json!({ "current_password": PASSWORD, "new_password": new });
    tour.go(("POST", "/api/auth/password"), &token, change, &["password.changed"]).await;
    let reset = json!({ "token": tour.token_to("ada@acme.com", 2).await, "password": PASSWORD });
    tour.go(("POST", "/api/auth/password/reset"), "", reset, &["password.reset"]).await;
}

/// Users and organizations, as platform admins manage them.
async fn administration(tour: &mut Tour<'_>, root: &str) {
    let bob = tour.server.registered("bob@b.com", Some("B")).await;
    let id = tour.server.user_id(&bob).await;
    let user = format!("/api/users/{{id}}={id}");
    let name = json!({ "name": "Robert" });
    tour.go(("PATCH", &user), root, name.clone(), &["user.updated"]).await;
    tour.go(("PATCH", &user), root, name, &[]).await;
    let path = format!("{user}/deactivate");
    tour.go(("POST", &path), root, json!({}), &["user.deactivated"]).await;
    tour.go(("POST", &path), root, json!({}), &[]).await;
    let path = format!("{user}/activate");
    tour.go(("POST", &path), root, json!({}), &["user.activated"]).await;

    let new = json!({ "name": "Built" });
    let created = ["member.added", "organization.created"];
    let built = tour.go(("POST", "/api/organizations"), root, new, &created).await;
    let built = format!("/api/organizations/{{id}}={}", text(&built["id"]));
    let profile = json!({ "name": "Rebuilt" });
    tour.go(("PUT", &built), root, profile, &["organization.updated"]).await;
    let name = json!({ "name": "Built" });
    tour.go(("PATCH", &built), root, name.clone(), &["organization.updated"]).await;
    tour.go(("PATCH", &built), root, name, &[]).await;
    let limits = json!({ "users": { "limit": 9 }, "workspaces": { "limit": null },
        "invitations": { "limit": 9 } });
    let path = format!("{built}/quotas");
    tour.go(("PUT", &path), root, limits, &["quotas.changed"]).await;
    for (method, verb, action) in [
        ("POST", "/suspend", "organization.suspended"),
        ("POST", "/activate", "organization.activated"),
        ("DELETE", "", "organization.deleted"),
        ("POST", "/restore", "organization.restored"),
    ] {
        tour.go((method, &format!("{built}{verb}")), root, json!({}), &[action]).await;
    }
    let member = format!("{built}/members/{{user}}={id}");
    for (method, role, action) in [
        ("PUT", "member", "member.added"),
        ("PUT", "owner", "member.role_changed"),
        ("DELETE", "", "member.removed"),
    ] {
        tour.go((method, &member), root, json!({ "role": role }), &[action]).await;
    }
    let path = format!("{built}/workspaces");
    let new = json!({ "name": "Work" });
    let work = tour.go(("POST", &path), root, new, &["workspaces.allocated"]).await;
    let work = format!("{path}/{{workspace}}={}", text(&work["id"]));
    let running = json!({ "status": "running" });
    tour.go(("PATCH", &work), root, running, &["workspace.updated"]).await;
    tour.go(("DELETE", &work), root, json!({}), &["workspace.removed"]).await;

    let bob = tour.server.logged_in("bob@b.com").await;
    invitations(tour, root, &built, &bob).await;
    let owner = json!({ "role": "owner" });
    tour.go(("PUT", &member), root, owner, &["member.role_changed"]).await;
    tour.server.registered("eve@b.com", Some("B")).await;
    tour.installation.database.execute("update memberships set role = 'owner'");
    let gone = ["member.removed", "member.removed", "user.deleted"];
    tour.go(("DELETE", &user), root, json!({}), &gone).await;
}

/// Invitations to an organization, one of which Bob takes up.
async fn invitations(tour: &mut Tour<'_>, root: &str, organization: &str, bob: &str) {
    let list = format!("{organization}/invitations");
    let invite = |email: &str| json!({ "email": email, "role": "member" });
    let created = ["invitation.created"];
    let one = tour.go(("POST", &list), root, invite("carl@c.com"), &created).await;
    let one = format!("{list}/{{invitation}}={}", text(&one["id"]));
    let path = format!("{one}/resend");
    tour.go(("POST", &path), root, json!({}), &["invitation.resent"]).await;
    tour.go(("DELETE", &one), root, json!({}), &["invitation.revoked"]).await;
    let many = json!([invite("dora@d.com"), invite("bob@b.com"), invite("bob@b.com")]);
    tour.go(("POST", &list), root, many, &["invitation.created", "invitation.created"]).await;
    let dora = format!("/api/invitations/{{token}}={}", tour.token_to("dora@d.com", 1).await);
    let path = format!("{dora}/decline");
    tour.go(("POST", &path), "", json!({}), &["invitation.declined"]).await;
    let held = format!("/api/invitations/{{token}}={}", tour.token_to("bob@b.com", 1).await);
    let path = format!("{held}/accept");
    tour.go(("POST", &path), bob, json!({}), &["invitation.accepted", "member.added"]).await;
}

/// What is refused, and the one event of that, if any.
async fn refusals(tour: &Tour<'_>, root: &str) {
    let organization = tour.server.json("/api/organizations", root).await[0]["id"].clone();
    let before = tour.counts();
    let eve = tour.server.registered("eve@evil.com", Some("Evil")).await;
    let founding = ["member.added", "organization.created", "user.registered"];
    assert_eq!(tour.since(&before), founding);
    let before = tour.counts();
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.access == Access::Verified) {
        let path = endpoint.path.replace("{id}", organization.as_str().unwrap());
        if endpoint.method != "GET" {
            let body = json!({ "name": "X", "role": "owner", "email": "x@y.com" });
            let answer = tour.server.send(endpoint.method.as_str(), &path, &eve, Some(&body)).await;
            assert!(answer.status().is_client_error(), "{} {path}", endpoint.method);
        }
    }
    for (path, body) in [
        (
            "/api/auth/register",
            json!({ "email": "eve@evil.com", "password": PASSWORD, "name": "E" }),
        ),
        ("/api/auth/email/verify", json!({ "token": "gh_x" })),
        ("/api/auth/password/reset", json!({ "token": "gh_x", "password": PASSWORD })),
        ("/api/invitations/gh_x/accept", json!({})),
        ("/api/invitations/gh_x/decline", json!({})),
    ] {
        let (status, answer) = parts(tour.server.post_as(path, &eve, &body).await).await;
        assert!((400..500).contains(&status), "{path}: {answer}");
    }
    assert_eq!(tour.since(&before), [""; 0]);
    tour.server.log_in("eve@evil.com", "an utterly wrong password").await;
    let change =
        json!({ "current_password": "wrong horse", "new_password": "a good long passphrase" });
    tour.server.post_as("/api/auth/password", &eve, &change).await;
    assert_eq!(tour.since(&before), ["login.failed", "password.change_failed"]);
}

#[tokio::test]
async fn every_change_leaves_its_events_and_a_refusal_none() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let server = installation.serve();
        let root = server.logged_in("root@guildhall.example").await;
        let mut tour = Tour { installation: &installation, server, seen: BTreeSet::new() };
        accounts(&mut tour).await;
        administration(&mut tour, &root).await;
        refusals(&tour, &root).await;
        let changing: BTreeSet<_> = ENDPOINTS
            .iter()
            .filter(|endpoint| endpoint.method != "GET")
            .map(|endpoint| (endpoint.method.to_string(), endpoint.path.to_owned()))
            .collect();
        assert_eq!(tour.seen, changing, "the routes gone through, and those that change something");
        assert!(installation.run(&["doctor"], "").status.success());
    }
}
