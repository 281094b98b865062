//! Workspaces of organizations.

use guildhall_application::{
    ports::Addition,
    testing::{TestPorts, at},
};
use guildhall_domain::{Quota, Workspace, WorkspaceId, WorkspaceStatus, quota};
use serde_json::json;
use uuid::Uuid;

use crate::{
    scene::{ACME, ADMIN, Actor, MEMBER, OWNER, PLATFORM_ADMIN, STRANGER, Scene, acme, json},
    support::{Answer, get, request, send, signed, signed_in},
};

const ID: &str = "ws-00000000-0000-0000-0000-000000000009";

fn path() -> String {
    format!("{ACME}/workspaces/{ID}")
}

fn workspace(number: u32) -> Workspace {
    let id = WorkspaceId::new(Uuid::from_u128(number.into()));
    let mut workspace =
        Workspace::new(id, acme().id, "Billing".parse().unwrap(), at(number.into()));
    workspace.description = "Invoices".parse().unwrap();
    workspace.status = WorkspaceStatus::Running;
    workspace.version = 2;
    workspace
}

/// A scene in which the workspace exists.
fn with_workspace(actor: Actor) -> Scene {
    let mut scene = Scene::new(actor);
    scene.ports.workspaces.expect_get().returning(|_, _| Ok(Some(workspace(9))));
    scene.work.workspaces.expect_find().returning(|_, _| Ok(Some(workspace(9))));
    scene.work.workspaces.expect_update().returning(|_, _| Ok(()));
    scene.work.workspaces.expect_remove().returning(|_, _| Ok(()));
    scene
}

/// The answer to an allocation, and what comes of it in the store.
async fn allocate(actor: Actor, body: &str, addition: Addition) -> Answer {
    let mut scene = Scene::new(actor);
    scene.organization.quotas.workspaces = Some(20);
    scene.work.workspaces.expect_insert().returning(move |_, _| Ok(addition));
    scene.send(json("POST", &format!("{ACME}/workspaces"), body)).await
}

async fn patch(body: &str) -> Answer {
    with_workspace(ADMIN).send(json("PATCH", &path(), body)).await
}

const SHOWN: &str = r#"{"id":"ws-00000000-0000-0000-0000-000000000009","organization_id":"org-123e4567-e89b-12d3-a456-426614174000","name":"Billing","description":"Invoices","status":"running","created_at":"1970-01-01T00:00:09.000Z"}"#;

#[actix_web::test]
async fn a_workspace_to_the_letter() {
    let answer = with_workspace(MEMBER).send(get(&path())).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, SHOWN);
    let tag = answer.header("etag").unwrap();
    assert!(tag.starts_with("\"2."), "{tag}");
    let again = get(&path()).insert_header(("If-None-Match", tag));
    let answer = with_workspace(MEMBER).send(again).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (304, ""));
}

/// Workspaces numbered 3 down to 1.
fn three(after: Option<guildhall_application::Cursor>, limit: u32) -> Vec<Workspace> {
    let newest = after.map_or(3, |cursor| u32::try_from(cursor.id.as_u128()).unwrap() - 1);
    (1..=newest).rev().map(workspace).take(limit.try_into().unwrap()).collect()
}

#[actix_web::test]
async fn pages_of_workspaces_lead_to_each_other() {
    for list in [format!("{ACME}/workspaces"), "/api/workspaces".to_owned()] {
        let mut path = format!("{list}?limit=2");
        let mut sizes = Vec::new();
        loop {
            let mut scene = Scene::new(MEMBER);
            let workspaces = &mut scene.ports.workspaces;
            workspaces.expect_list().returning(|_, page| Ok(three(page.after, page.limit)));
            workspaces
                .expect_accessible_to()
                .returning(|_, page| Ok(three(page.after, page.limit)));
            let answer = scene.send(get(&path)).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            sizes.push(answer.json().as_array().unwrap().len());
            let Some(link) = answer.header("link") else { break };
            let target = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
            path = target.to_owned();
            assert!(path.starts_with(&format!("{list}?limit=2&cursor=")), "{path}");
        }
        assert_eq!(sizes, [2, 1]);
    }
}

#[actix_web::test]
async fn a_list_without_a_limit_is_a_page_of_a_hundred() {
    let mut ports: TestPorts = signed_in();
    ports.workspaces.expect_accessible_to().returning(|_, page| {
        assert_eq!((page.after, page.limit), (None, 101));
        Ok(vec![workspace(9)])
    });
    let answer = send(ports, signed(get("/api/workspaces"))).await;
    assert_eq!(answer.body, format!("[{SHOWN}]"));
    for query in ["limit=0", "limit=101", "cursor=x"] {
        for list in [format!("{ACME}/workspaces"), "/api/workspaces".to_owned()] {
            let answer = Scene::new(MEMBER).send(get(&format!("{list}?{query}"))).await;
            answer.assert_problem(400, "invalid-query");
        }
    }
}

#[actix_web::test]
async fn an_allocated_workspace_is_shown_with_its_address_and_the_quota() {
    let body = r#"{"name":" Billing ","description":"Invoices"}"#;
    let answer = allocate(ADMIN, body, Addition::Added).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let id = "ws-00000000-0000-0000-0000-0000000003e8";
    assert_eq!(answer.header("location"), Some(format!("{ACME}/workspaces/{id}").as_str()));
    assert_eq!(answer.header("quota-limit"), Some("20"));
    assert_eq!(answer.header("quota-used"), Some("16"));
    assert!(answer.header("etag").unwrap().starts_with("\"1."));
    assert_eq!(
        answer.body,
        format!(
            r#"{{"id":"{id}","organization_id":"org-123e4567-e89b-12d3-a456-426614174000","name":"Billing","description":"Invoices","status":"available","created_at":"1970-01-01T00:00:00.000Z"}}"#
        )
    );
    for body in [r#"{"name":"Billing"}"#, r#"{"name":"Billing","description":null}"#] {
        let answer = allocate(ADMIN, body, Addition::Added).await;
        assert_eq!(answer.json()["description"], "", "{body}");
    }
}

#[actix_web::test]
async fn no_limit_is_unlimited() {
    let mut scene = Scene::new(OWNER);
    scene.work.workspaces.expect_insert().returning(|_, _| Ok(Addition::Added));
    let request = json("POST", &format!("{ACME}/workspaces"), r#"{"name":"Billing"}"#);
    assert_eq!(scene.send(request).await.header("quota-limit"), Some("unlimited"));
}

#[actix_web::test]
async fn a_full_organization_gets_no_further_workspace() {
    let full = Quota { resource: quota::Resource::Workspaces, limit: Some(15), used: 15 };
    let answer = allocate(ADMIN, r#"{"name":"Billing"}"#, Addition::NoRoom(full)).await;
    answer.assert_problem(409, "quota-exceeded");
    assert_eq!(answer.json()["detail"], "There are 15 workspaces at a limit of 15.");
    assert_eq!(answer.header("quota-limit"), Some("15"));
    assert_eq!(answer.header("quota-used"), Some("15"));
}

#[actix_web::test]
async fn all_faults_of_a_workspace_are_named_at_once() {
    let long = "x".repeat(2001);
    for (method, body, places) in [
        ("POST", json!({}), &["/name"][..]),
        ("POST", json!({"name": null}), &["/name"]),
        (
            "POST",
            json!({"name": "", "description": long, "status": "running", "id": "x"}),
            &["/description", "/id", "/name", "/status"],
        ),
        ("PATCH", json!({"name": null, "status": null}), &["/name", "/status"]),
        (
            "PATCH",
            json!({"name": 7, "description": false, "status": "Running"}),
            &["/description", "/name", "/status"],
        ),
        (
            "PATCH",
            json!({"organization_id": "x", "created_at": "x"}),
            &["/created_at", "/organization_id"],
        ),
    ] {
        let path = if method == "POST" { format!("{ACME}/workspaces") } else { path() };
        let answer = with_workspace(ADMIN).send(json(method, &path, &body.to_string())).await;
        answer.assert_problem(422, "invalid-request");
        let mut found = answer.fault_places();
        found.sort();
        assert_eq!(found, places, "{body}");
    }
    let answer = patch(r#"{"status":"paused"}"#).await;
    let detail = "must be one of: available, running, stopped, error";
    assert_eq!(answer.faults(), [("/status".to_owned(), detail.to_owned())]);
    let answer = patch(r#"{"name":null}"#).await;
    let detail = "must have a value and cannot be removed";
    assert_eq!(answer.faults(), [("/name".to_owned(), detail.to_owned())]);
}

#[actix_web::test]
async fn a_patch_changes_what_it_names() {
    for (body, field, becomes) in [
        (r#"{"name":"Archive"}"#, "name", "Archive"),
        (r#"{"description":null}"#, "description", ""),
        (r#"{"description":"  "}"#, "description", ""),
        (r#"{"description":"Dunning"}"#, "description", "Dunning"),
        (r#"{"status":"error"}"#, "status", "error"),
    ] {
        let answer = patch(body).await;
        assert_eq!(answer.status, 200, "{body}: {answer:?}");
        assert!(answer.header("etag").unwrap().starts_with("\"3."), "{body}");
        let mut expected: serde_json::Value = serde_json::from_str(SHOWN).unwrap();
        expected[field] = json!(becomes);
        assert_eq!(answer.json(), expected, "{body}");
    }
    for body in ["{}", r#"{"name":"Billing","status":"running"}"#] {
        let answer = patch(body).await;
        assert_eq!(answer.body, SHOWN);
        assert!(answer.header("etag").unwrap().starts_with("\"2."), "{body}");
    }
}

#[actix_web::test]
async fn a_workspace_patch_is_labelled_as_one() {
    for (media_type, is_taken) in
        [("application/merge-patch+json", true), ("application/json-patch+json", false)]
    {
        let request = json("PATCH", &path(), "{}").insert_header(("Content-Type", media_type));
        let answer = with_workspace(ADMIN).send(request).await;
        assert_eq!(answer.status.is_success(), is_taken, "{media_type}: {answer:?}");
    }
}

#[actix_web::test]
async fn a_change_for_another_version_is_refused() {
    for (tag, matches) in [("\"2\"", true), ("*", true), ("\"1\"", false), ("W/\"2\"", false)] {
        for method in ["PATCH", "DELETE"] {
            let request = json(method, &path(), r#"{"name":"Archive"}"#);
            let answer = with_workspace(OWNER).send(request.insert_header(("If-Match", tag))).await;
            if matches {
                assert!(answer.status.is_success(), "{method} {tag}: {answer:?}");
            } else {
                answer.assert_problem(412, "version-mismatch");
            }
        }
    }
}

#[actix_web::test]
async fn who_may_look_and_change() {
    for (actor, looks, changes, removes) in [
        (OWNER, 200, 200, 204),
        (ADMIN, 200, 200, 204),
        (PLATFORM_ADMIN, 200, 200, 204),
        (MEMBER, 200, 403, 403),
        (STRANGER, 404, 404, 404),
    ] {
        for (method, status) in [("GET", looks), ("PATCH", changes), ("DELETE", removes)] {
            let answer = with_workspace(actor).send(json(method, &path(), "{}")).await;
            assert_eq!(answer.status, status, "{actor:?} {method}: {answer:?}");
        }
        let answer = allocate(actor, r#"{"name":"Billing"}"#, Addition::Added).await;
        let allocates = if changes == 200 { 201 } else { changes };
        assert_eq!(answer.status, allocates, "{actor:?}: {answer:?}");
    }
}

#[actix_web::test]
async fn a_suspended_organization_shows_its_workspaces_to_owners_and_takes_no_change() {
    assert_eq!(with_workspace(OWNER).suspended().send(get(&path())).await.status, 200);
    for (actor, method) in
        [(MEMBER, "GET"), (ADMIN, "GET"), (OWNER, "PATCH"), (PLATFORM_ADMIN, "DELETE")]
    {
        let answer = with_workspace(actor).suspended().send(json(method, &path(), "{}")).await;
        answer.assert_problem(403, "organization-suspended");
    }
}

#[actix_web::test]
async fn absent_and_malformed_are_one_answer() {
    let acme = ACME.rsplit('/').next().unwrap();
    for (organization, id) in
        [("7", ID), (acme, "7"), (acme, "org-00000000-0000-0000-0000-000000000009"), (acme, "%ff")]
    {
        for method in ["GET", "PATCH", "DELETE"] {
            let path = format!("/api/organizations/{organization}/workspaces/{id}");
            let answer = with_workspace(PLATFORM_ADMIN).send(json(method, &path, "{}")).await;
            answer.assert_problem(404, "not-found");
        }
    }
    for method in ["GET", "PATCH", "DELETE"] {
        let mut scene = Scene::new(OWNER);
        scene.ports.workspaces.expect_get().returning(|_, _| Ok(None));
        scene.work.workspaces.expect_find().returning(|_, _| Ok(None));
        let answer = scene.send(json(method, &path(), "{}")).await;
        answer.assert_problem(404, "not-found");
    }
    for method in ["GET", "POST"] {
        let request = json(method, "/api/organizations/7/workspaces", r#"{"name":"Billing"}"#);
        Scene::new(PLATFORM_ADMIN).send(request).await.assert_problem(404, "not-found");
    }
    let answer = Scene::new(PLATFORM_ADMIN).send(request("GET", "/api/workspaces/7")).await;
    answer.assert_problem(404, "not-found");
}
