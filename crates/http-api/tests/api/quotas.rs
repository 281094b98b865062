//! The quotas of an organization.

use crate::{
    scene::{ACME, ADMIN, MEMBER, OWNER, PLATFORM_ADMIN, STRANGER, Scene, json},
    support::{Answer, get},
};

const SET: &str =
    r#"{"users":{"limit":100},"workspaces":{"limit":null},"invitations":{"limit":50}}"#;

fn path() -> String {
    format!("{ACME}/quotas")
}

async fn set(body: &str) -> Answer {
    Scene::new(PLATFORM_ADMIN).send(json("PUT", &path(), body)).await
}

#[actix_web::test]
async fn quotas_are_limits_and_what_is_used_of_them() {
    for actor in [OWNER, ADMIN, MEMBER, PLATFORM_ADMIN] {
        let mut scene = Scene::new(actor);
        scene.organization.quotas.users = Some(100);
        scene.organization.quotas.invitations = Some(10);
        let answer = scene.send(get(&path())).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.body,
            r#"{"users":{"limit":100,"used":42},"workspaces":{"limit":null,"used":15},"invitations":{"limit":10,"used":3}}"#
        );
    }
    Scene::new(STRANGER).send(get(&path())).await.assert_problem(404, "not-found");
    let answer = Scene::new(MEMBER).suspended().send(get(&path())).await;
    answer.assert_problem(403, "organization-suspended");
}

#[actix_web::test]
async fn quotas_that_the_client_has_are_not_sent_again() {
    let first = Scene::new(OWNER).send(get(&path())).await;
    let tag = first.header("etag").unwrap();
    let again = || get(&path()).insert_header(("If-None-Match", tag));
    assert_eq!(Scene::new(MEMBER).send(again()).await.status, 304);
    let mut grown = Scene::new(MEMBER);
    grown.organization.workspaces_count += 1;
    assert_eq!(grown.send(again()).await.status, 200);
}

#[actix_web::test]
async fn limits_are_set_together_by_platform_admins() {
    let answer = set(SET).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.header("etag").unwrap().starts_with("\"4."), "{answer:?}");
    assert_eq!(
        answer.body,
        r#"{"users":{"limit":100,"used":42},"workspaces":{"limit":null,"used":15},"invitations":{"limit":50,"used":3}}"#
    );
    // Below what is used, and nothing at all, are limits too.
    let answer = set(
        r#"{"users":{"limit":0},"workspaces":{"limit":4294967295},"invitations":{"limit":null}}"#,
    )
    .await;
    assert_eq!(
        answer.body,
        r#"{"users":{"limit":0,"used":42},"workspaces":{"limit":4294967295,"used":15},"invitations":{"limit":null,"used":3}}"#
    );
    for (actor, status) in [(OWNER, 403), (ADMIN, 403), (MEMBER, 403), (STRANGER, 404)] {
        let answer = Scene::new(actor).send(json("PUT", &path(), SET)).await;
        assert_eq!(answer.status, status, "{actor:?}");
    }
}

#[actix_web::test]
async fn every_limit_must_be_named() {
    for (body, places) in [
        ("{}", &["/invitations", "/users", "/workspaces"][..]),
        (r#"{"users":{"limit":1}}"#, &["/invitations", "/workspaces"]),
        (
            r#"{"users":{},"workspaces":{},"invitations":{}}"#,
            &["/invitations/limit", "/users/limit", "/workspaces/limit"],
        ),
        (
            r#"{"users":{"limit":-1},"workspaces":{"limit":1.5},"invitations":{"limit":true}}"#,
            &["/invitations/limit", "/users/limit", "/workspaces/limit"],
        ),
        (
            r#"{"users":{"limit":"7"},"workspaces":{"limit":4294967296},"invitations":{"limit":1}}"#,
            &["/users/limit", "/workspaces/limit"],
        ),
        (
            r#"{"users":{"limit":1,"used":1},"workspaces":null,"invitations":{"limit":1},"seats":{"limit":1}}"#,
            &["/seats", "/users/used", "/workspaces"],
        ),
        ("[]", &[""]),
    ] {
        let answer = set(body).await;
        answer.assert_problem(422, "invalid-request");
        let mut found = answer.fault_places();
        found.sort();
        assert_eq!(found, places, "{body}");
    }
}

#[actix_web::test]
async fn a_change_for_another_version_is_refused() {
    for (tag, status) in [("\"3\"", 200), ("\"3.abc\"", 200), ("\"2\"", 412)] {
        let request = json("PUT", &path(), SET).insert_header(("If-Match", tag));
        assert_eq!(Scene::new(PLATFORM_ADMIN).send(request).await.status, status, "{tag}");
    }
}

#[actix_web::test]
async fn a_malformed_id_is_not_found() {
    for method in ["GET", "PUT"] {
        let request = json(method, "/api/organizations/7/quotas", SET);
        Scene::new(PLATFORM_ADMIN).send(request).await.assert_problem(404, "not-found");
    }
}
