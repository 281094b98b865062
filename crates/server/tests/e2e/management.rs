//! An organization from its creation to its purge.

use reqwest::header::{ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION};
use serde_json::{Value, json};

use crate::support::{Installation, parts, until};

#[tokio::test]
async fn an_organization_is_created_changed_and_deleted() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let server = installation.serve();
        let root = server.logged_in("root@guildhall.example").await;
        server.registered("ada@acme.com", Some("Somewhere")).await;
        let ada = server.logged_in("ada@acme.com").await;

        let body = json!({
            "name": "Acme", "domain": "ACME.example", "external_id": "4711",
            "metadata": { "plan": "gold", "seats": "12" }, "owner": "Ada@acme.com",
        });
        let created = server.post_as("/api/organizations", &root, &body).await;
        assert_eq!(created.status(), 201);
        let path = created.headers()[LOCATION].to_str().unwrap().to_owned();
        let tag = created.headers()[ETAG].clone();
        let acme: Value = created.json().await.unwrap();
        assert_eq!(path, format!("/api/organizations/{}", acme["id"].as_str().unwrap()));
        assert_eq!(acme["domain"], "acme.example");
        assert_eq!(acme["users_count"], 1);
        assert_eq!(acme["your_role"], Value::Null, "the admin is no member");
        assert_eq!(server.json(&path, &ada).await["your_role"], "owner");

        let request = server.client().get(server.url(&path)).bearer_auth(&root);
        let known = request.header(IF_NONE_MATCH, tag.clone()).send().await.unwrap();
        assert_eq!(known.status(), 304);

        let change = |tag: &reqwest::header::HeaderValue, body: Value| {
            let request = server.client().patch(server.url(&path)).bearer_auth(&ada);
            request.header(IF_MATCH, tag.clone()).json(&body).send()
        };
        let body = json!({ "name": "Acme 2", "metadata": { "seats": null, "tier": "1" }, "external_id": null });
        let changed = change(&tag, body).await.unwrap();
        assert_eq!(changed.status(), 200);
        let changed: Value = changed.json().await.unwrap();
        assert_eq!(changed["name"], "Acme 2");
        assert_eq!(changed["metadata"], json!({ "plan": "gold", "tier": "1" }));
        assert_eq!(changed["external_id"], Value::Null);
        assert_eq!(changed["domain"], "acme.example", "not named, not changed");
        let stale = change(&tag, json!({ "name": "Acme 3" })).await.unwrap();
        assert_eq!(stale.status(), 412);

        let replaced = server.send("PUT", &path, &ada, Some(&json!({ "name": "ACME" }))).await;
        let (status, replaced) = parts(replaced).await;
        assert_eq!((status, &replaced["name"]), (200, &"ACME".into()));
        assert_eq!((&replaced["domain"], &replaced["metadata"]), (&Value::Null, &json!({})));

        assert_eq!(server.delete(&path, &ada).await.status(), 204);
        assert_eq!(server.get(&path, &ada).await.status(), 404);
        assert_eq!(server.get(&path, &root).await.status(), 404);
        let taken = server.post_as("/api/organizations", &root, &json!({ "name": "acme" })).await;
        assert_eq!(taken.status(), 409, "a deleted organization holds its name");
        let restored = server.send("POST", &format!("{path}/restore"), &ada, None).await;
        assert_eq!(restored.status(), 200);
        assert_eq!(server.json(&path, &ada).await["name"], "ACME");

        let updated = "select count(*) from audit_events where action = 'organization.updated'";
        assert_eq!(installation.database.number(updated), 2);
    }
}

#[tokio::test]
async fn what_is_unique_is_taken_once() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let server = installation.serve();
        let root = server.logged_in("root@guildhall.example").await;
        let create = |body: Value| {
            let (server, root) = (&server, &root);
            async move { parts(server.post_as("/api/organizations", root, &body).await).await }
        };
        let body = json!({ "name": "Acme", "domain": "acme.com", "external_id": "1" });
        assert_eq!(create(body).await.0, 201);
        for (body, problem) in [
            (json!({ "name": " aCME " }), "organization-name-taken"),
            (json!({ "name": "Other", "domain": "acme.COM" }), "domain-taken"),
            (json!({ "name": "Other", "external_id": "1" }), "external-id-taken"),
        ] {
            let (status, answer) = create(body).await;
            assert_eq!(status, 409, "{problem}");
            assert_eq!(answer["type"], format!("/problems/{problem}"));
        }
        let (_, other) = create(json!({ "name": "Other" })).await;
        let path = format!("/api/organizations/{}", other["id"].as_str().unwrap());
        for (field, value) in [("name", "ACME"), ("domain", "acme.com"), ("external_id", "1")] {
            let answer = server.send("PATCH", &path, &root, Some(&json!({ field: value }))).await;
            assert_eq!(answer.status(), 409, "{field}");
        }
        let (status, problem) =
            create(json!({ "name": "X", "domain": "gmail.com", "owner": "nobody@acme.com" })).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &"/domain".into()));
    }
}

#[tokio::test]
async fn creating_is_for_admins_unless_it_is_for_everybody() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let ada = server.registered("ada@acme.com", None).await;
        let body = json!({ "name": "Acme", "domain": "acme.com" });
        assert_eq!(server.post_as("/api/organizations", &ada, &body).await.status(), 403);
        drop(server);
        let installation = installation.with("GUILDHALL_ORGANIZATIONS_SELF_SERVICE", "on");
        let server = installation.serve();
        let foreign = json!({ "name": "Other", "domain": "other.com" });
        assert_eq!(server.post_as("/api/organizations", &ada, &foreign).await.status(), 422);
        let (status, acme) = parts(server.post_as("/api/organizations", &ada, &body).await).await;
        assert_eq!((status, &acme["your_role"]), (201, &"owner".into()));
    }
}

#[tokio::test]
async fn a_suspended_organization_is_for_its_owners_to_look_at() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let server = installation.serve();
        let root = server.logged_in("root@guildhall.example").await;
        let owner = server.registered("ada@acme.com", Some("Acme")).await;
        let member = server.registered("bob@acme.com", Some("Acme")).await;
        let path = format!("/api/organizations/{}", server.first_organization(&owner).await);
        assert_eq!(
            server.send("POST", &format!("{path}/suspend"), &owner, None).await.status(),
            403
        );
        assert_eq!(
            server.send("POST", &format!("{path}/suspend"), &root, None).await.status(),
            200
        );

        assert_eq!(server.json(&path, &owner).await["status"], "suspended");
        let (status, problem) = parts(server.get(&path, &member).await).await;
        assert_eq!((status, &problem["type"]), (403, &"/problems/organization-suspended".into()));
        let workspaces = format!("{path}/workspaces");
        let write = server.post_as(&workspaces, &owner, &json!({ "name": "x" })).await;
        assert_eq!(write.status(), 403);
        let joining = server.register("eve@acme.com", Some("Acme")).await;
        assert_eq!(joining.status(), 409);

        assert_eq!(
            server.send("POST", &format!("{path}/activate"), &root, None).await.status(),
            200
        );
        assert_eq!(server.get(&path, &member).await.status(), 200);
    }
}

#[tokio::test]
async fn the_default_organization_may_be_deleted_and_another_takes_its_place() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let ada = server.registered("ada@acme.com", None).await;
        let path = format!("/api/organizations/{}", server.first_organization(&ada).await);
        assert_eq!(server.delete(&path, &ada).await.status(), 204);
        assert_eq!(server.json("/api/auth/me", &ada).await["organization"], Value::Null);
        assert_eq!(server.json("/api/organizations", &ada).await, json!([]));
        let bob = server.registered("bob@other.com", None).await;
        let list = server.json("/api/organizations", &bob).await;
        assert!(list[0]["name"].as_str().unwrap().starts_with("Default Organization "));
        assert_eq!(list[0]["workspaces_count"], 5);
        assert!(installation.run(&["doctor"], "").status.success());
    }
}

#[tokio::test]
async fn what_was_deleted_long_ago_is_purged() {
    for installation in Installation::on_each_backend() {
        let installation = installation.with("GUILDHALL_ORGANIZATIONS_RESTORE_DAYS", "0");
        let server = installation.serve();
        let ada = server.registered("ada@acme.com", Some("Acme")).await;
        let path = format!("/api/organizations/{}", server.first_organization(&ada).await);
        assert_eq!(server.delete(&path, &ada).await.status(), 204);
        let restore = server.send("POST", &format!("{path}/restore"), &ada, None).await;
        assert_eq!(restore.status(), 404, "past the window");
        drop(server);
        // A node purges when it starts.
        let server = installation.serve();
        let purged = "select count(*) from audit_events where action = 'organization.purged'";
        until("it is purged", || installation.database.number(purged) > 0).await;
        assert_eq!(installation.database.number(purged), 1);
        assert_eq!(installation.database.number("select count(*) from organizations"), 0);
        assert_eq!(server.json("/api/auth/me", &ada).await["organization"], Value::Null);
        let again = server.registered("bob@acme.com", Some("Acme")).await;
        let list = server.json("/api/organizations", &again).await;
        assert_eq!(list[0]["domain"], "acme.com", "name and domain are free again");
    }
}
