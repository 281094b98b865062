//! Members: added, promoted, demoted, removed, and leaving.

use serde_json::{Value, json};

use crate::support::{Installation, Server, parts};

struct Team {
    path: String,
    owner: String,
    admin: String,
    member: String,
}

/// An organization with an owner, an admin and a member.
async fn team(server: &Server) -> Team {
    let owner = server.registered("owner@acme.com", Some("Acme")).await;
    let admin = server.registered("admin@acme.com", Some("Acme")).await;
    let member = server.registered("member@acme.com", Some("Acme")).await;
    let path = format!("/api/organizations/{}", server.first_organization(&owner).await);
    let promoted = set_role(server, &path, &owner, &server.user_id(&admin).await, "admin").await;
    assert_eq!(promoted.0, 200);
    Team { path, owner, admin, member }
}

async fn set_role(
    server: &Server,
    path: &str,
    token: &str,
    user: &str,
    role: &str,
) -> (u16, Value) {
    let path = format!("{path}/members/{user}");
    parts(server.send("PUT", &path, token, Some(&json!({ "role": role }))).await).await
}

#[tokio::test]
async fn roles_are_given_by_those_who_hold_them() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let Team { path, owner, admin, member } = team(&server).await;
        let outsider = server.registered("kim@other.com", Some("Other")).await;
        let kim = server.user_id(&outsider).await;
        let ids = [server.user_id(&owner).await, server.user_id(&member).await];
        for (token, user, role, status) in [
            (&member, &kim, "member", 403),
            (&admin, &kim, "owner", 403),
            (&admin, &ids[0], "member", 403),
            (&outsider, &kim, "owner", 404),
            (&admin, &kim, "member", 201),
            (&admin, &kim, "member", 200),
            (&admin, &kim, "admin", 200),
            (&owner, &ids[1], "owner", 200),
        ] {
            let (found, answer) = set_role(&server, &path, token, user, role).await;
            assert_eq!(found, status, "{role}: {answer}");
        }
        let nobody = "user-123e4567-e89b-42d3-a456-426614174000";
        assert_eq!(set_role(&server, &path, &owner, nobody, "member").await.0, 404);
        assert_eq!(server.json(&path, &outsider).await["users_count"], 4);

        let list = server.json(&format!("{path}/members?role=owner"), &member).await;
        assert_eq!(list.as_array().unwrap().len(), 2);
        let score = server.json(&format!("{path}/security-score"), &owner).await;
        let points = |name: &str| {
            let checks = score["checks"].as_array().unwrap();
            checks.iter().find(|check| check["name"] == name).unwrap()["points"].clone()
        };
        assert_eq!((points("second_owner"), points("multi_factor")), (15.into(), 0.into()));
        let list = server.json(&format!("{path}/members?q=KIM"), &member).await;
        assert_eq!(list[0]["user"]["email"], "kim@other.com");
        assert_eq!(
            (&list[0]["role"], &list[0]["source"]),
            (&"admin".into(), &"administrator".into())
        );
    }
}

#[tokio::test]
async fn who_is_removed_has_no_access_from_then_on() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let Team { path, owner, admin, member } = team(&server).await;
        let member_path = format!("{path}/members/{}", server.user_id(&member).await);
        assert_eq!(server.get(&path, &member).await.status(), 200);
        assert_eq!(server.delete(&member_path, &admin).await.status(), 204);
        assert_eq!(server.get(&path, &member).await.status(), 404);
        assert_eq!(server.json("/api/organizations", &member).await, json!([]));
        assert_eq!(server.json("/api/auth/me", &member).await["organization"], Value::Null);
        assert_eq!(server.delete(&member_path, &admin).await.status(), 404);

        let own = format!("{path}/members/{}", server.user_id(&admin).await);
        assert_eq!(server.delete(&own, &admin).await.status(), 204, "leaves");
        let last = format!("{path}/members/{}", server.user_id(&owner).await);
        let (status, problem) = parts(server.delete(&last, &owner).await).await;
        assert_eq!((status, &problem["type"]), (409, &"/problems/last-owner".into()));
        assert_eq!(server.json(&path, &owner).await["users_count"], 1);
        assert!(installation.run(&["doctor"], "").status.success());
    }
}

#[tokio::test]
async fn strangers_in_the_default_organization_do_not_see_each_other() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let owner = server.registered("owner@acme.com", None).await;
        let member = server.registered("kim@other.com", None).await;
        let path =
            format!("/api/organizations/{}/members", server.first_organization(&owner).await);
        assert_eq!(server.get(&path, &owner).await.status(), 200);
        assert_eq!(server.get(&path, &member).await.status(), 403);
        let own = format!("{path}/{}", server.user_id(&member).await);
        assert_eq!(server.json(&own, &member).await["role"], "member");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_owners_cannot_both_go() {
    for installation in Installation::on_each_backend() {
        let (one, two) = (installation.serve(), installation.serve());
        for round in 0..5 {
            let name = format!("Acme {round}");
            let ada = one.registered(&format!("ada@acme{round}.com"), Some(&name)).await;
            let bob = one.registered(&format!("bob@acme{round}.com"), Some(&name)).await;
            let path = format!("/api/organizations/{}", one.first_organization(&ada).await);
            let ids = [one.user_id(&ada).await, one.user_id(&bob).await];
            assert_eq!(set_role(&one, &path, &ada, &ids[1], "owner").await.0, 200);
            let ((first, _), (second, _)) = tokio::join!(
                set_role(&one, &path, &ada, &ids[0], "member"),
                set_role(&two, &path, &bob, &ids[1], "member"),
            );
            let mut statuses = [first, second];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409]);
        }
        let owners = "select count(*) from memberships where role = 'owner'";
        assert_eq!(installation.database.number(owners), 5);
    }
}

#[tokio::test]
async fn pages_of_members_stay_whole_while_members_come_and_go() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let server = installation.serve();
        let root = server.logged_in("root@guildhall.example").await;
        let body = json!({ "name": "Acme" });
        let (_, acme) = parts(server.post_as("/api/organizations", &root, &body).await).await;
        let path = format!("/api/organizations/{}", acme["id"].as_str().unwrap());
        for n in 0..12 {
            let token = server.registered(&format!("user{n}@other.com"), Some("Other")).await;
            let user = server.user_id(&token).await;
            assert_eq!(set_role(&server, &path, &root, &user, "member").await.0, 201);
        }
        let before = server.json(&format!("{path}/members"), &root).await;
        let mut seen = Vec::new();
        let mut next = Some(format!("{path}/members?limit=5"));
        while let Some(page) = next {
            let response = server.get(&page, &root).await;
            next = response.headers().get("link").map(|link| {
                let link = link.to_str().unwrap();
                link.trim_start_matches('<').split('>').next().unwrap().to_owned()
            });
            let items: Value = response.json().await.unwrap();
            seen.extend(items.as_array().unwrap().clone());
            let token =
                server.registered(&format!("late{}@other.com", seen.len()), Some("Other")).await;
            let late = server.user_id(&token).await;
            assert_eq!(set_role(&server, &path, &root, &late, "member").await.0, 201);
            let gone = seen[0]["user"]["id"].as_str().unwrap();
            server.delete(&format!("{path}/members/{gone}"), &root).await;
        }
        assert_eq!(Value::Array(seen), before);
    }
}
