//! One organization: shown, changed, deleted and brought back, suspended and
//! activated.

use guildhall_application::{ports::Installation, testing::at};
use serde_json::{Value, json};

use crate::{
    scene::{ACME, ADMIN, Actor, MEMBER, OWNER, PLATFORM_ADMIN, STRANGER, Scene, json},
    support::{Answer, get, request},
};

/// Acme Corporation to the letter, up to the role of whoever asks.
const SHOWN: &str = r#"{"id":"org-123e4567-e89b-12d3-a456-426614174000","name":"Acme Corporation","domain":"acme.com","users_count":42,"workspaces_count":15,"created_at":"2026-01-15T10:00:00.000Z","status":"active","external_id":"customer-4711","metadata":{"plan":"gold","seats":"7"},"settings":{"auto_join":true},"updated_at":"2026-01-20T08:15:30.250Z","your_role":"#;

async fn patch(actor: Actor, body: &str) -> Answer {
    Scene::new(actor).send(json("PATCH", ACME, body)).await
}

#[actix_web::test]
async fn the_six_fields_of_the_list_come_first() {
    for (actor, role) in [
        (OWNER, "\"owner\""),
        (ADMIN, "\"admin\""),
        (MEMBER, "\"member\""),
        (PLATFORM_ADMIN, "null"),
    ] {
        let answer = Scene::new(actor).send(get(ACME)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.body, format!("{SHOWN}{role}}}"));
    }
}

#[actix_web::test]
async fn an_organization_that_the_client_has_is_not_sent_again() {
    let first = Scene::new(OWNER).send(get(ACME)).await;
    let tag = first.header("etag").unwrap();
    assert!(tag.starts_with("\"3."), "{tag}");
    let again = get(ACME).insert_header(("If-None-Match", tag));
    let answer = Scene::new(OWNER).send(again).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (304, ""));
    assert_eq!(answer.header("etag"), Some(tag));

    // Whatever is shown differently is sent.
    let again = || get(ACME).insert_header(("If-None-Match", tag));
    assert_eq!(Scene::new(ADMIN).send(again()).await.status, 200);
    let mut grown = Scene::new(OWNER);
    grown.organization.users_count += 1;
    assert_eq!(grown.send(again()).await.status, 200);
}

#[actix_web::test]
async fn head_is_answered_with_the_tag() {
    let tag = Scene::new(OWNER).send(get(ACME)).await.header("etag").unwrap().to_owned();
    let answer = Scene::new(OWNER).send(request("HEAD", ACME)).await;
    assert_eq!((answer.status.as_u16(), answer.header("etag")), (200, Some(tag.as_str())));
}

#[actix_web::test]
async fn a_suspended_organization_is_for_its_owners_and_platform_admins_to_look_at() {
    for (actor, may) in [(OWNER, true), (PLATFORM_ADMIN, true), (ADMIN, false), (MEMBER, false)] {
        let answer = Scene::new(actor).suspended().send(get(ACME)).await;
        if may {
            assert_eq!(answer.json()["status"], "suspended");
        } else {
            answer.assert_problem(403, "organization-suspended");
        }
    }
}

#[actix_web::test]
async fn replacing_empties_what_is_left_out() {
    let answer = Scene::new(OWNER).send(json("PUT", ACME, r#"{"name":"Acme Inc."}"#)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.header("etag").unwrap().starts_with("\"4."));
    let shown = answer.json();
    assert_eq!(shown["name"], "Acme Inc.");
    assert_eq!(shown["domain"], Value::Null);
    assert_eq!(shown["external_id"], Value::Null);
    assert_eq!(shown["metadata"], json!({}));
    assert_eq!(shown["settings"], json!({"auto_join": true}));
    assert_eq!((&shown["users_count"], &shown["workspaces_count"]), (&json!(42), &json!(15)));
    assert_eq!(shown["updated_at"], "1970-01-01T00:00:00.000Z");

    let answer = Scene::new(OWNER).send(json("PUT", ACME, "{}")).await;
    answer.assert_problem(422, "invalid-request");
    assert_eq!(answer.faults(), [("/name".to_owned(), "is required".to_owned())]);
}

#[actix_web::test]
async fn a_patch_that_says_nothing_changes_nothing() {
    for body in [
        "{}",
        r#"{"name":"Acme Corporation","domain":"acme.com","external_id":"customer-4711"}"#,
        r#"{"metadata":{}}"#,
        r#"{"metadata":{"plan":"gold","absent":null}}"#,
        r#"{"settings":{}}"#,
        r#"{"settings":{"auto_join":true}}"#,
    ] {
        let answer = patch(OWNER, body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body, format!("{SHOWN}\"owner\"}}"), "{body}");
        assert!(answer.header("etag").unwrap().starts_with("\"3."), "{body}");
    }
}

#[actix_web::test]
async fn absent_null_and_a_value_are_three_things_to_a_patch() {
    for (body, field, becomes) in [
        (r#"{"name":"Acme Inc."}"#, "name", json!("Acme Inc.")),
        (r#"{"domain":null}"#, "domain", Value::Null),
        (r#"{"external_id":null}"#, "external_id", Value::Null),
        (r#"{"external_id":"4712"}"#, "external_id", json!("4712")),
        (r#"{"metadata":null}"#, "metadata", json!({})),
        (r#"{"metadata":{"plan":null}}"#, "metadata", json!({"seats": "7"})),
        (
            r#"{"metadata":{"plan":"","a":"b"}}"#,
            "metadata",
            json!({"a": "b", "plan": "", "seats": "7"}),
        ),
        (r#"{"settings":{"auto_join":false}}"#, "settings", json!({"auto_join": false})),
    ] {
        let answer = patch(OWNER, body).await;
        assert_eq!(answer.status, 200, "{body}: {answer:?}");
        let mut expected: Value = serde_json::from_str(&format!("{SHOWN}\"owner\"}}")).unwrap();
        expected[field] = becomes;
        expected["updated_at"] = json!("1970-01-01T00:00:00.000Z");
        assert_eq!(answer.json(), expected, "{body}");
        assert!(answer.header("etag").unwrap().starts_with("\"4."), "{body}");
    }
    let answer = patch(PLATFORM_ADMIN, r#"{"domain":"other.com"}"#).await;
    assert_eq!(answer.json()["domain"], "other.com");
}

#[actix_web::test]
async fn what_cannot_be_removed_or_is_unknown_is_a_fault_of_a_patch() {
    for (body, places) in [
        (r#"{"name":null}"#, &["/name"][..]),
        (
            r#"{"name":"","domain":"x y","external_id":"","metadata":{"k":1}}"#,
            &["/domain", "/external_id", "/metadata/k", "/name"],
        ),
        (r#"{"settings":null}"#, &["/settings"]),
        (r#"{"settings":{"auto_join":null}}"#, &["/settings/auto_join"]),
        (
            r#"{"settings":{"auto_join":"yes","theme":"dark"}}"#,
            &["/settings/auto_join", "/settings/theme"],
        ),
        (r#"{"metadata":[]}"#, &["/metadata"]),
        (r#"{"metadata":{"":"empty"}}"#, &["/metadata"]),
        (r#"{"status":"suspended","users_count":1,"id":"x"}"#, &["/id", "/status", "/users_count"]),
        // The domain of somebody else's address, and one of a mail service.
        (r#"{"domain":"other.com"}"#, &["/domain"]),
        (r#"{"domain":"gmail.com"}"#, &["/domain"]),
        ("null", &[""]),
    ] {
        let answer = patch(OWNER, body).await;
        answer.assert_problem(422, "invalid-request");
        let mut found = answer.fault_places();
        found.sort();
        assert_eq!(found, places, "{body}");
    }
}

#[actix_web::test]
async fn only_patches_are_labelled_as_merge_patches() {
    for (method, media_type, is_taken) in [
        ("PATCH", "application/json", true),
        ("PATCH", "application/merge-patch+json", true),
        ("PATCH", "Application/Merge-Patch+JSON; charset=utf-8", true),
        ("PATCH", "application/json-patch+json", false),
        ("PATCH", "text/plain", false),
        ("PUT", "application/merge-patch+json", false),
    ] {
        let request =
            json(method, ACME, r#"{"name":"Acme"}"#).insert_header(("Content-Type", media_type));
        let answer = Scene::new(OWNER).send(request).await;
        if is_taken {
            assert_eq!(answer.status, 200, "{method} {media_type}");
        } else {
            answer.assert_problem(415, "unsupported-media-type");
        }
    }
}

#[actix_web::test]
async fn a_change_for_another_version_is_refused() {
    for (method, body, done) in [
        ("PUT", r#"{"name":"Acme"}"#, 200),
        ("PATCH", r#"{"name":"Acme"}"#, 200),
        ("DELETE", "", 204),
    ] {
        for (tag, matches) in [
            ("*", true),
            ("\"3\"", true),
            ("\"3.0123456789abcdef\"", true),
            ("\"2\", \"3\"", true),
            ("\"2\"", false),
            ("W/\"3\"", false),
            ("3", false),
            ("", false),
        ] {
            let mut scene = Scene::new(OWNER);
            deletable(&mut scene);
            let request = json(method, ACME, body).insert_header(("If-Match", tag));
            let answer = scene.send(request).await;
            if matches {
                assert_eq!(answer.status, done, "{method} {tag}: {answer:?}");
            } else {
                answer.assert_problem(412, "version-mismatch");
            }
        }
    }
}

fn deletable(scene: &mut Scene) {
    let installation = Installation { installed_at: at(0), default_organization: None };
    scene.work.installation.expect_lock().returning(move || Ok(installation));
    scene.work.installation.expect_forget_default_organization().returning(|_| Ok(()));
}

#[actix_web::test]
async fn who_may_change_and_delete() {
    for (actor, changes, deletes) in [
        (OWNER, 200, 204),
        (PLATFORM_ADMIN, 200, 204),
        (ADMIN, 200, 403),
        (MEMBER, 403, 403),
        (STRANGER, 404, 404),
    ] {
        for (method, body, status) in [
            ("PUT", r#"{"name":"Acme"}"#, changes),
            ("PATCH", r#"{"name":"Acme"}"#, changes),
            ("DELETE", "", deletes),
        ] {
            let mut scene = Scene::new(actor);
            deletable(&mut scene);
            let answer = scene.send(json(method, ACME, body)).await;
            assert_eq!(answer.status, status, "{actor:?} {method}: {answer:?}");
            match status {
                403 => answer.assert_problem(403, "forbidden"),
                404 => answer.assert_problem(404, "not-found"),
                204 => assert_eq!(answer.body, ""),
                _ => assert_eq!(answer.json()["name"], "Acme"),
            }
        }
    }
}

#[actix_web::test]
async fn a_suspended_organization_takes_no_change() {
    for method in ["PUT", "PATCH"] {
        for actor in [OWNER, ADMIN, MEMBER, PLATFORM_ADMIN] {
            let request = json(method, ACME, r#"{"name":"Acme"}"#);
            let answer = Scene::new(actor).suspended().send(request).await;
            answer.assert_problem(403, "organization-suspended");
        }
    }
}

#[actix_web::test]
async fn a_deleted_organization_is_restored_within_the_window() {
    for (deleted, actor, status) in [
        (Some(at(0)), OWNER, 200),
        (Some(at(0)), PLATFORM_ADMIN, 200),
        (Some(at(0)), ADMIN, 403),
        (Some(at(0)), STRANGER, 404),
        (Some(at(-31 * 86_400)), OWNER, 404),
        (None, OWNER, 404),
    ] {
        let mut scene = Scene::new(actor);
        scene.organization.deleted_at = deleted;
        let answer = scene.send(request("POST", &format!("{ACME}/restore"))).await;
        assert_eq!(answer.status, status, "{deleted:?} {actor:?}: {answer:?}");
        if status == 200 {
            assert_eq!(answer.json()["name"], "Acme Corporation");
            assert!(answer.header("etag").unwrap().starts_with("\"4."));
        }
    }
}

#[actix_web::test]
async fn suspending_and_activating_is_for_platform_admins() {
    for (actor, status) in [(PLATFORM_ADMIN, 200), (OWNER, 403), (MEMBER, 403), (STRANGER, 404)] {
        for (verb, becomes) in [("suspend", "suspended"), ("activate", "active")] {
            let mut scene = Scene::new(actor);
            if verb == "activate" {
                scene = scene.suspended();
            }
            let answer = scene.send(request("POST", &format!("{ACME}/{verb}"))).await;
            assert_eq!(answer.status, status, "{actor:?} {verb}: {answer:?}");
            if status == 200 {
                assert_eq!(answer.json()["status"], becomes);
                assert!(answer.header("etag").unwrap().starts_with("\"4."), "{answer:?}");
            }
        }
    }
}

#[actix_web::test]
async fn a_malformed_id_is_not_found_whatever_is_asked() {
    let body = r#"{"name":"Acme"}"#;
    for id in ["7", "user-123e4567-e89b-12d3-a456-426614174000", "%00"] {
        for (method, tail, body) in [
            ("GET", "", ""),
            ("PUT", "", body),
            ("PATCH", "", body),
            ("DELETE", "", ""),
            ("POST", "/restore", ""),
            ("POST", "/suspend", ""),
            ("POST", "/activate", ""),
        ] {
            let path = format!("/api/organizations/{id}{tail}");
            let answer = Scene::new(PLATFORM_ADMIN).send(json(method, &path, body)).await;
            answer.assert_problem(404, "not-found");
        }
    }
}
