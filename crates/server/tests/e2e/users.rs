//! Users, as everybody sees them, shut out, and forgotten.

use guildhall_client::{
    Client, Error, OrganizationId, OrganizationRole, PageRequest, User, UserFilter, UserId,
    UserPatch, UserRole,
};

use crate::{
    mailbox::token_to,
    support::{Installation, PASSWORD, Server},
};

/// The client of somebody who registers, and their id.
async fn join(server: &Server, email: &str, organization: &str) -> (Client, UserId) {
    let client = server.api(&server.registered(email, Some(organization)).await);
    let id = client.auth().me().await.unwrap().id;
    (client, id)
}

fn is_shown_whole(user: &User) -> bool {
    let facts = [user.role.is_some(), user.status.is_some(), user.email_verified.is_some()];
    assert!(facts.iter().all(|fact| *fact == facts[0]), "{user:?}");
    facts[0]
}

#[tokio::test]
async fn who_looks_decides_what_they_see() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let server = installation.serve();
        let root = server.api(&server.logged_in("root@guildhall.example").await);
        let (owner, owner_id) = join(&server, "owner@acme.com", "Acme").await;
        let (member, member_id) = join(&server, "member@acme.com", "Acme").await;
        let (stranger, stranger_id) = join(&server, "eve@evil.com", "Evil").await;
        // Who looks, at whom, and what of them: all, three fields, or nothing.
        for (viewer, user, is_whole) in [
            (&root, &member_id, Some(true)),
            (&owner, &member_id, Some(false)),
            (&member, &owner_id, Some(false)),
            (&member, &member_id, Some(true)),
            (&stranger, &member_id, None),
            (&owner, &stranger_id, None),
        ] {
            let seen = viewer.user(user).get().await.ok();
            assert_eq!(seen.map(|user| is_shown_whole(&user)), is_whole, "{user}");
        }
        let count = async |viewer: &Client| {
            let (all, page) = (UserFilter::default(), PageRequest::default());
            viewer.users().list(&all, &page).await.unwrap().items.len()
        };
        assert_eq!(count(&root).await, 4);
        assert_eq!(count(&owner).await, 2);
        assert_eq!(count(&member).await, 2);
        assert_eq!(count(&stranger).await, 1);

        let rename = UserPatch { name: Some("Eva".into()), ..UserPatch::default() };
        assert_eq!(stranger.user(&stranger_id).patch(&rename, None).await.unwrap().name, "Eva");
        assert!(owner.user(&member_id).patch(&rename, None).await.unwrap_err().is_forbidden());
        assert!(owner.user(&stranger_id).patch(&rename, None).await.unwrap_err().is_not_found());
        let rise = UserPatch { role: Some(UserRole::Admin), ..UserPatch::default() };
        assert!(member.user(&member_id).patch(&rise, None).await.unwrap_err().is_forbidden());
        root.user(&member_id).patch(&rise, None).await.unwrap();
        assert_eq!(count(&member).await, 4);
    }
}

#[tokio::test]
async fn who_is_shut_out_is_refused_at_the_next_request() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let nodes = [installation.serve(), installation.serve()];
        let root = nodes[0].api(&nodes[0].logged_in("root@guildhall.example").await);
        let (owner, _) = join(&nodes[0], "owner@acme.com", "Acme").await;
        let token = nodes[0].registered("bob@acme.com", Some("Acme")).await;
        let bob = nodes[0].api(&token);
        nodes[1].until("/api/auth/me", &token, 200).await;
        let id = bob.auth().me().await.unwrap().id;
        let acme: OrganizationId = owner.organizations().whole().await.unwrap()[0].id.clone();
        bob.organization(&acme).get().await.unwrap();

        root.organization(&acme).suspend().await.unwrap();
        let refused = bob.organization(&acme).get().await.unwrap_err();
        assert_eq!(refused.kind(), Some("organization-suspended"));
        root.organization(&acme).activate().await.unwrap();
        bob.organization(&acme).get().await.unwrap();
        owner.organization(&acme).members().remove(&id, None).await.unwrap();
        assert!(bob.organization(&acme).get().await.unwrap_err().is_not_found());
        bob.auth().me().await.unwrap();

        root.user(&id).deactivate().await.unwrap();
        assert!(bob.auth().me().await.unwrap_err().is_unauthorized());
        nodes[1].within_a_second("/api/auth/me", &token, 401).await;
        assert_eq!(nodes[1].log_in("bob@acme.com", PASSWORD).await.status(), 401);
        root.user(&id).activate().await.unwrap();
        assert!(bob.auth().me().await.unwrap_err().is_unauthorized(), "the session is over");
        nodes[1].logged_in("bob@acme.com").await;
    }
}

fn kind<T>(result: Result<T, Error>) -> String {
    result.err().and_then(|error| error.kind().map(str::to_owned)).unwrap_or_default()
}

#[tokio::test]
async fn nobody_leaves_who_is_needed() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let server = installation.serve();
        let root = server.api(&server.logged_in("root@guildhall.example").await);
        let root_id = root.auth().me().await.unwrap().id;
        let fall = UserPatch { role: Some(UserRole::User), ..UserPatch::default() };
        assert_eq!(kind(root.user(&root_id).patch(&fall, None).await), "last-admin");
        assert_eq!(kind(root.user(&root_id).deactivate().await), "last-admin");
        assert_eq!(kind(root.user(&root_id).delete(None).await), "last-admin");

        let (owner, owner_id) = join(&server, "owner@acme.com", "Acme").await;
        let (_, member_id) = join(&server, "member@acme.com", "Acme").await;
        let acme = owner.organizations().whole().await.unwrap()[0].id.clone();
        assert_eq!(kind(owner.user(&owner_id).delete(None).await), "last-owner");
        assert_eq!(kind(root.user(&owner_id).delete(None).await), "last-owner");
        let members = owner.organization(&acme).members();
        members.set(&member_id, &OrganizationRole::Owner, None).await.unwrap();
        owner.user(&owner_id).delete(None).await.unwrap();
        let rise = UserPatch { role: Some(UserRole::Admin), ..UserPatch::default() };
        root.user(&member_id).patch(&rise, None).await.unwrap();
        root.user(&root_id).delete(None).await.unwrap();
        assert!(installation.run(&["doctor"], "").status.success());
    }
}

#[tokio::test]
async fn of_who_is_deleted_nothing_is_left_but_what_they_did() {
    for installation in Installation::on_each_backend() {
        let installation = installation
            .with("GUILDHALL_HTTP_TRUSTED_PROXIES", "127.0.0.1/32")
            .with("GUILDHALL_EMAIL_VERIFICATION", "off");
        let server = installation.serve();
        let owner_token = server.registered("owner@acme.com", Some("Acme")).await;
        let owner = server.api(&owner_token);
        // From an address of their own, and with all that an account leaves behind.
        let from = |method: &str, path: &str, token: &str, body: serde_json::Value| {
            let request = server.client().request(method.parse().unwrap(), server.url(path));
            let request = request.header("x-forwarded-for", "203.0.113.77").bearer_auth(token);
            request.header("user-agent", "Forgettable/1.0").json(&body).send()
        };
        let body = serde_json::json!({ "email": "Zelda@forget.me", "password": PASSWORD,
            "name": "Zelda Fitzgerald", "organization": "Zelda's" });
        let answer = from("POST", "/api/auth/register", "", body).await.unwrap();
        let answer: serde_json::Value = answer.json().await.unwrap();
        let token = answer["access_token"].as_str().unwrap();
        let id: UserId = answer["user"]["id"].as_str().unwrap().into();
        let wrong = serde_json::json!({ "email": "zelda@forget.me", "password": "a wrong one" });
        from("POST", "/api/auth/login", "", wrong.clone()).await.unwrap();
        from(
            "POST",
            "/api/auth/password/forgot",
            "",
            serde_json::json!({ "email": "zelda@FORGET.me" }),
        )
        .await
        .unwrap();
        token_to(&installation, "zelda@forget.me", 1).await;
        let acme = owner.organizations().whole().await.unwrap()[0].id.clone();
        let path = format!("/api/organizations/{acme}/invitations");
        let body = serde_json::json!({ "email": "zelda@forget.me", "role": "owner" });
        assert_eq!(server.post_as(&path, &owner_token, &body).await.status(), 201);
        let mailed = token_to(&installation, "zelda@forget.me", 2).await;
        let zelda = server.api(token);
        zelda.invitation(mailed.as_str()).accept().await.unwrap();
        let own = zelda.organizations().whole().await.unwrap();
        let own = own.into_iter().find(|organization| organization.name == "Zelda's").unwrap().id;
        let path = format!("/api/organizations/{own}/workspaces");
        let body = serde_json::json!({ "name": "Work" });
        assert_eq!(from("POST", &path, token, body).await.unwrap().status(), 201);
        zelda.organization(&own).delete(None).await.unwrap();
        let path = format!("/api/users/{id}");
        let gone = from("DELETE", &path, token, serde_json::Value::Null).await.unwrap();
        assert_eq!(gone.status(), 204, "{:?}", gone.text().await);

        let contents = installation.contents();
        for trace in ["zelda@", "fitzgerald", "203.0.113.77", "forgettable"] {
            let found = contents.lines().find(|line| line.contains(trace));
            assert_eq!(found, None, "{trace} on {}", installation.backend);
        }
        assert!(zelda.auth().me().await.unwrap_err().is_unauthorized());
        // What they did stands under their id.
        let did = format!(
            "select count(*) from audit_events where {}",
            installation.id("actor_id", id.as_str())
        );
        assert!(installation.database.number(&did) >= 4);
        let deleted = format!("{did} and action = 'user.deleted'");
        assert_eq!(installation.database.number(&deleted), 1);
        assert!(installation.run(&["doctor"], "").status.success());
        // The address is free again.
        server.registered("zelda@forget.me", Some("Zelda")).await;
    }
}
