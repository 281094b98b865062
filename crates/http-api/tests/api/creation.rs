//! Creating organizations.

use guildhall_application::{
    ports::{AccountWithPassword, Addition, Insertion},
    testing::organization,
};
use guildhall_domain::UserRole;
use serde_json::{Value, json};

use crate::{
    scene::{ACME, Actor, PLATFORM_ADMIN, STRANGER, Scene, json},
    support::{Answer, account, password_hash},
};

/// A scene in which somebody may become the first owner of what is created.
fn creating(actor: Actor) -> Scene {
    let mut scene = Scene::new(actor);
    scene.work.memberships.expect_insert().returning(|_, _| Ok(Addition::Added));
    scene.ports.users.expect_by_email().returning(|email| {
        let found =
            AccountWithPassword { account: account(UserRole::User), password: password_hash() };
        Ok((email.key() == "john@acme.com").then_some(found))
    });
    scene
}

async fn create(actor: Actor, body: &str) -> Answer {
    creating(actor).send(json("POST", "/api/organizations", body)).await
}

#[actix_web::test]
async fn a_created_organization_is_shown_with_its_address() {
    let body = r#"{"name":" Acme ","domain":"ACME.com","external_id":"4711","metadata":{"a":"b"}}"#;
    let answer = create(PLATFORM_ADMIN, body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let id = "org-00000000-0000-0000-0000-0000000003e8";
    assert_eq!(answer.header("location"), Some(format!("/api/organizations/{id}").as_str()));
    assert!(answer.header("etag").unwrap().starts_with("\"1."));
    assert_eq!(
        answer.body,
        format!(
            r#"{{"id":"{id}","name":"Acme","domain":"acme.com","users_count":1,"workspaces_count":0,"created_at":"1970-01-01T00:00:00.000Z","status":"active","external_id":"4711","metadata":{{"a":"b"}},"settings":{{"auto_join":true}},"updated_at":"1970-01-01T00:00:00.000Z","your_role":"owner"}}"#
        )
    );
}

#[actix_web::test]
async fn an_owner_is_named_by_id_or_address() {
    let somebody = "user-00000000-0000-0000-0000-000000000009";
    for (owner, role) in [
        ("user-00000000-0000-0000-0000-000000000001", json!("owner")),
        ("00000000-0000-0000-0000-000000000001", json!("owner")),
        ("John@Acme.com", json!("owner")),
        (somebody, Value::Null),
    ] {
        let answer =
            create(PLATFORM_ADMIN, &json!({"name": "A", "owner": owner}).to_string()).await;
        assert_eq!(answer.status, 201, "{owner}: {answer:?}");
        assert_eq!(answer.json()["your_role"], role, "{owner}");
    }
    for owner in ["", "john", "org-00000000-0000-0000-0000-000000000001", "nobody@acme.com"] {
        let answer =
            create(PLATFORM_ADMIN, &json!({"name": "A", "owner": owner}).to_string()).await;
        answer.assert_problem(422, "invalid-request");
        assert_eq!(answer.fault_places(), ["/owner"], "{owner}");
    }
}

#[actix_web::test]
async fn creating_is_for_platform_admins_unless_everybody_may() {
    let answer = create(STRANGER, r#"{"name":"Acme"}"#).await;
    answer.assert_problem(403, "forbidden");
    assert!(answer.body.contains("platform:admin"), "{answer:?}");

    for (body, status) in
        [(r#"{"name":"A"}"#, 201), (r#"{"name":"A","owner":"john@acme.com"}"#, 403)]
    {
        let mut scene = creating(STRANGER);
        scene.ports.settings.self_service = true;
        let answer = scene.send(json("POST", "/api/organizations", body)).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

#[actix_web::test]
async fn all_faults_of_a_new_organization_are_named_at_once() {
    let body = r#"{"name":"","domain":"no domain","external_id":7,"metadata":{"plan":1},
        "owner":"x","id":"org-1","settings":{}}"#;
    let answer = create(PLATFORM_ADMIN, body).await;
    answer.assert_problem(422, "invalid-request");
    let mut places = answer.fault_places();
    places.sort();
    let expected =
        ["/domain", "/external_id", "/id", "/metadata/plan", "/name", "/owner", "/settings"];
    assert_eq!(places, expected);
}

#[actix_web::test]
async fn what_another_organization_has_is_a_conflict() {
    let body = r#"{"name":"Other","domain":"other.com","external_id":"4712"}"#;
    for (method, path) in [("POST", "/api/organizations"), ("PUT", ACME), ("PATCH", ACME)] {
        for slug in ["organization-name-taken", "domain-taken", "external-id-taken"] {
            let mut scene = creating(PLATFORM_ADMIN);
            let other = organization(9, "Other", None);
            let organizations = &mut scene.work.organizations;
            organizations.expect_insert().returning(|_| Ok(Insertion::Conflict));
            organizations
                .expect_find_by_name()
                .returning(move |_| Ok((slug == "organization-name-taken").then(|| other.clone())));
            organizations.expect_domain_is_taken().returning(move |_| Ok(slug == "domain-taken"));
            organizations.expect_external_id_is_taken().returning(|_| Ok(true));
            scene.send(json(method, path, body)).await.assert_problem(409, slug);
        }
    }
}
