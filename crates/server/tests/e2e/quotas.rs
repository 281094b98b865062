//! Quotas are exact, however many ask at once and on however many nodes.

use futures_util::future::join_all;
use guildhall_client::{
    Limit, NewInvitation, NewOrganization, NewWorkspace, OrganizationRole, QuotaLimits,
};
use serde_json::{Value, json};

use crate::support::{Installation, parts};

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_who_would_take_the_last_place_one_does() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let nodes = [installation.serve(), installation.serve()];
        let server = &nodes[0];
        let root = server.logged_in("root@guildhall.example").await;
        let (_, acme) =
            parts(server.post_as("/api/organizations", &root, &json!({ "name": "Acme" })).await)
                .await;
        let path = format!("/api/organizations/{}", acme["id"].as_str().unwrap());
        let limits = json!({ "users": { "limit": 2 }, "workspaces": { "limit": 3 },
            "invitations": { "limit": null } });
        let set = server.send("PUT", &format!("{path}/quotas"), &root, Some(&limits)).await;
        let (status, quotas) = parts(set).await;
        assert_eq!((status, &quotas["users"]), (200, &json!({ "limit": 2, "used": 1 })));

        let users = join_all((0..50).map(|n| async move {
            let token = server.registered(&format!("user{n}@other.com"), Some("Other")).await;
            server.user_id(&token).await
        }))
        .await;
        let role = json!({ "role": "member" });
        let additions = users.iter().enumerate().map(|(n, user)| {
            let (server, root, role) = (&nodes[n % 2], &root, &role);
            let path = format!("{path}/members/{user}");
            async move { server.send("PUT", &path, root, Some(role)).await }
        });
        let answers = join_all(additions).await;
        assert_eq!(answers.iter().filter(|answer| answer.status() == 201).count(), 1);
        for answer in answers {
            assert_eq!(answer.headers()["quota-limit"], "2");
            assert_eq!(answer.headers()["quota-used"], "2");
            let (status, body) = parts(answer).await;
            if status != 201 {
                assert_eq!((status, &body["type"]), (409, &"/problems/quota-exceeded".into()));
            }
        }

        let allocations = (0..50).map(|n| {
            let (server, root) = (&nodes[n % 2], &root);
            let path = format!("{path}/workspaces");
            async move {
                let body = json!({ "name": format!("Workspace {n}") });
                server.post_as(&path, root, &body).await.status().as_u16()
            }
        });
        let statuses = join_all(allocations).await;
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 3);
        assert!(statuses.iter().all(|status| matches!(status, 201 | 409)));

        let quotas = server.json(&format!("{path}/quotas"), &root).await;
        assert_eq!(quotas["users"], json!({ "limit": 2, "used": 2 }));
        assert_eq!(quotas["workspaces"], json!({ "limit": 3, "used": 3 }));
        assert!(installation.run(&["doctor"], "").status.success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_at_once_the_hundredth_is_the_last() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let nodes = [installation.serve(), installation.serve()];
        let token = nodes[0].logged_in("root@guildhall.example").await;
        let root = nodes[0].api(&token);
        let acme = root.organizations().create(&NewOrganization::new("Acme"), None).await.unwrap();
        let organization = root.organization(&acme.id);
        let mut limits = QuotaLimits { workspaces: Limit::at_most(99), ..QuotaLimits::default() };
        limits.invitations = Some(Limit::at_most(100));
        organization.quotas().set(&limits, None).await.unwrap();
        let people = |count: usize| {
            let member = OrganizationRole::Member;
            (0..count).map(move |n| NewInvitation::new(format!("p{n}@acme.com"), member.clone()))
        };
        let first: Vec<_> = people(99).collect();
        let invited = organization.invitations().create_all(&first, None).await.unwrap();
        assert!(invited.iter().all(|outcome| outcome.invitation.is_some()));
        let fill = (0..99).map(|n| {
            let (id, client) = (&acme.id, nodes[n % 2].api(&token));
            async move {
                let new = NewWorkspace::new(format!("W{n}"));
                client.organization(id).workspaces().create(&new, None).await.unwrap();
            }
        });
        join_all(fill).await;
        limits.workspaces = Limit::at_most(100);
        organization.quotas().set(&limits, None).await.unwrap();

        let last = people(149).skip(99).enumerate().map(|(n, person)| {
            let (id, client) = (&acme.id, nodes[n % 2].api(&token));
            async move {
                let organization = client.organization(id);
                let invited = organization.invitations().create(&person, None).await.map(drop);
                let new = NewWorkspace::new(format!("Last {n}"));
                [invited, organization.workspaces().create(&new, None).await.map(drop)]
            }
        });
        let results = join_all(last).await;
        for kind in 0..2 {
            let made = results.iter().filter(|result| result[kind].is_ok()).count();
            assert_eq!(made, 1);
            let refused = results.iter().filter_map(|result| result[kind].as_ref().err());
            assert!(refused.into_iter().all(guildhall_client::Error::is_quota_exceeded));
        }
        let quotas = organization.quotas().get().await.unwrap();
        assert_eq!(quotas.workspaces.used, 100);
        assert_eq!(quotas.invitations.map(|quota| quota.used), Some(100));
        assert!(installation.run(&["doctor"], "").status.success());
    }
}

#[tokio::test]
async fn workspaces_live_within_their_organization() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let ada = server.registered("ada@acme.com", Some("Acme")).await;
        let bob = server.registered("bob@acme.com", Some("Acme")).await;
        let path =
            format!("/api/organizations/{}/workspaces", server.first_organization(&ada).await);
        let body = json!({ "name": "Billing", "description": "Invoices" });
        assert_eq!(server.post_as(&path, &bob, &body).await.status(), 403);
        let created = server.post_as(&path, &ada, &body).await;
        assert_eq!(created.headers()["quota-limit"], "unlimited");
        let location = created.headers()["location"].to_str().unwrap().to_owned();
        let (status, workspace) = parts(created).await;
        assert_eq!((status, &workspace["status"]), (201, &"available".into()));
        assert_eq!(server.json(&location, &bob).await, workspace);

        let wanted = json!({ "status": "running", "description": null });
        let (status, changed) =
            parts(server.send("PATCH", &location, &ada, Some(&wanted)).await).await;
        assert_eq!(status, 200);
        assert_eq!((&changed["status"], &changed["description"]), (&"running".into(), &"".into()));
        let bad = json!({ "status": "paused", "name": null, "color": "red" });
        let (status, problem) =
            parts(server.send("PATCH", &location, &ada, Some(&bad)).await).await;
        assert_eq!((status, problem["errors"].as_array().unwrap().len()), (422, 3), "{problem}");

        assert_eq!(server.json("/api/workspaces", &bob).await, Value::Array(vec![changed]));
        assert_eq!(server.delete(&location, &ada).await.status(), 204);
        assert_eq!(server.get(&location, &ada).await.status(), 404);
        assert_eq!(server.json(&path, &ada).await, json!([]));
        assert!(installation.run(&["doctor"], "").status.success());
    }
}
