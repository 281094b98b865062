//! Users, as others see and manage them.

use guildhall_application::{
    ports::{Installation, UserWithOrganization},
    testing::{at, user},
};
use guildhall_domain::{OrganizationId, Timestamp, User, UserRole, UserStatus};
use uuid::Uuid;

use crate::{
    scene::{Actor, MEMBER, PLATFORM_ADMIN, STRANGER, Scene, json},
    schema,
    support::{Answer, account, get, password_hash, request},
};

/// The caller, and somebody else.
const JOHN: &str = "/api/users/user-00000000-0000-0000-0000-000000000001";
const GRACE: &str = "/api/users/user-00000000-0000-0000-0000-000000000009";

const SHORT: &str = r#"{"id":"user-00000000-0000-0000-0000-000000000009","email":"grace@acme.com","name":"Ada Lovelace"}"#;
const WHOLE: &str = r#"{"id":"user-00000000-0000-0000-0000-000000000009","email":"grace@acme.com","name":"Ada Lovelace","organization":"Acme Corporation","role":"user","mfa_enabled":false,"created_at":"1970-01-01T00:00:00.000Z","status":"active","email_verified":true,"updated_at":"1970-01-01T00:00:00.000Z","last_sign_in_at":"1970-01-01T00:01:00.000Z"}"#;

fn grace() -> User {
    let mut grace = user(9, "grace@acme.com", UserRole::User);
    grace.email_verified_at = Some(at(30));
    grace.last_sign_in_at = Some(at(60));
    grace
}

fn known(user: User) -> UserWithOrganization {
    UserWithOrganization { user, organization: Some("Acme Corporation".to_owned()) }
}

/// A scene in which the caller may know of themselves and of Grace, who is
/// like that. There are other admins and owners.
fn with(actor: Actor, grace: User) -> Scene {
    let mut scene = Scene::new(actor);
    let (role, found) = (actor.0, grace.clone());
    scene.ports.users.expect_get().returning(move |_, id| {
        let users = [account(role), known(found.clone())];
        Ok(users.into_iter().find(|known| known.user.id == id))
    });
    let work = &mut scene.work;
    work.installation.expect_lock().returning(|| {
        Ok(Installation { installed_at: Timestamp::UNIX_EPOCH, default_organization: None })
    });
    work.users.expect_lock().returning(move |id| {
        let users = [account(role).user, grace.clone()];
        Ok(users.into_iter().find(|user| user.id == id).map(|user| (user, password_hash())))
    });
    work.users.expect_organizations_of().returning(|_| Ok(Vec::new()));
    work.users.expect_erase().returning(|_| Ok(()));
    work.one_time_tokens.expect_revoke().returning(|_, _| Ok(()));
    work.sessions.expect_remove_all().returning(|_| Ok(2));
    scene
}

/// The same where the caller is no admin's only peer.
fn among_admins(actor: Actor, grace: User) -> Scene {
    let mut scene = with(actor, grace);
    scene.work.users.expect_another_admin_exists().returning(|_| Ok(true));
    scene
}

async fn patch(actor: Actor, path: &str, body: &str) -> Answer {
    let request =
        json("PATCH", path, body).insert_header(("Content-Type", "application/merge-patch+json"));
    among_admins(actor, grace()).send(request).await
}

#[actix_web::test]
async fn who_looks_decides_how_much_is_shown() {
    for (actor, body) in [(PLATFORM_ADMIN, WHOLE), (MEMBER, SHORT), (STRANGER, SHORT)] {
        let answer = with(actor, grace()).send(get(GRACE)).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, body));
        schema::check("UserDetails", &answer.json());
        let tag = answer.header("etag").unwrap();
        let again = get(GRACE).insert_header(("If-None-Match", tag));
        assert_eq!(with(actor, grace()).send(again).await.status, 304);
    }
    let oneself = with(STRANGER, grace()).send(get(JOHN)).await;
    assert_eq!(oneself.json()["last_sign_in_at"], serde_json::Value::Null);
    assert_eq!(oneself.json()["organization"], "Acme Corporation");
    schema::check("UserDetails", &oneself.json());
}

#[actix_web::test]
async fn whom_the_caller_may_not_know_of_is_not_there() {
    let unknown = "/api/users/user-00000000-0000-0000-0000-000000000008";
    for path in [unknown, "/api/users/8", "/api/users/org-00000000-0000-0000-0000-000000000009"] {
        for (method, body) in [("GET", ""), ("PATCH", r#"{"name":"X"}"#), ("DELETE", "")] {
            let answer = with(STRANGER, grace()).send(json(method, path, body)).await;
            answer.assert_problem(404, "not-found");
        }
        for verb in ["deactivate", "activate"] {
            let answer =
                with(STRANGER, grace()).send(request("POST", &format!("{path}/{verb}"))).await;
            answer.assert_problem(404, "not-found");
        }
    }
}

#[actix_web::test]
async fn users_are_listed_page_by_page() {
    for (actor, first) in [(PLATFORM_ADMIN, WHOLE), (STRANGER, SHORT)] {
        let mut scene = Scene::new(actor);
        scene.ports.users.expect_visible_to().returning(|_, filter, page| {
            assert_eq!(filter.text.as_deref(), Some("ace"));
            assert_eq!(filter.status, Some(UserStatus::Active));
            assert_eq!(page.limit, 2);
            Ok(vec![known(grace()), known(user(3, "eve@acme.com", UserRole::User))])
        });
        let answer = scene.send(get("/api/users?q=ace&status=active&limit=1")).await;
        assert_eq!((answer.status.as_u16(), answer.body), (200, format!("[{first}]")));
        let next = "</api/users?q=ace&status=active&limit=1&cursor=";
        assert!(answer.headers.get("link").unwrap().to_str().unwrap().starts_with(next));
    }
    for query in ["limit=0", "status=gone", "q=%00", "cursor=x", "q=a&q=b"] {
        let answer = Scene::new(STRANGER).send(get(&format!("/api/users?{query}"))).await;
        answer.assert_problem(400, "invalid-query");
    }
}

#[actix_web::test]
async fn everybody_changes_their_own_name_and_admins_the_rest() {
    for (actor, path, body, status) in [
        (STRANGER, JOHN, r#"{"name":"Johnny"}"#, 200),
        (STRANGER, JOHN, r#"{"role":"admin"}"#, 403),
        (STRANGER, JOHN, r#"{"name":"Johnny","role":"admin"}"#, 403),
        (STRANGER, JOHN, r#"{"role":"user"}"#, 403),
        (MEMBER, GRACE, r#"{"name":"Hopper"}"#, 403),
        (PLATFORM_ADMIN, GRACE, r#"{"name":"Hopper","role":"admin"}"#, 200),
        (PLATFORM_ADMIN, JOHN, r#"{"role":"user"}"#, 200),
    ] {
        let answer = patch(actor, path, body).await;
        assert_eq!(answer.status, status, "{actor:?} {body}: {answer:?}");
    }
    let answer = patch(PLATFORM_ADMIN, GRACE, r#"{"name":" Hopper ","role":"admin"}"#).await;
    assert_eq!(answer.json()["name"], "Hopper");
    assert_eq!(answer.json()["role"], "admin");
    assert!(answer.header("etag").unwrap().starts_with("\"2."), "{answer:?}");
    // What changes nothing makes no version.
    let answer = patch(PLATFORM_ADMIN, GRACE, "{}").await;
    assert!(answer.header("etag").unwrap().starts_with("\"1."), "{answer:?}");
}

#[actix_web::test]
async fn faults_of_a_patch_are_named_at_once() {
    let body = r#"{"name":null,"role":"owner","email":"x@y.com","status":"active"}"#;
    let answer = patch(PLATFORM_ADMIN, GRACE, body).await;
    answer.assert_problem(422, "invalid-request");
    let mut places = answer.fault_places();
    places.sort();
    assert_eq!(places, ["/email", "/name", "/role", "/status"]);
}

#[actix_web::test]
async fn a_change_for_another_version_is_refused() {
    for (method, body) in [("PATCH", r#"{"name":"X"}"#), ("DELETE", "")] {
        for (tag, refused) in [("\"1\"", false), ("\"2\"", true)] {
            let request = json(method, GRACE, body).insert_header(("If-Match", tag));
            let answer = among_admins(PLATFORM_ADMIN, grace()).send(request).await;
            assert_eq!(answer.status == 412, refused, "{method} {tag}: {answer:?}");
        }
    }
}

#[actix_web::test]
async fn admins_let_nobody_in_and_somebody_in_again() {
    let mut gone = grace();
    gone.status = UserStatus::Deactivated;
    for (before, verb, status) in
        [(grace(), "deactivate", "deactivated"), (gone, "activate", "active")]
    {
        let path = format!("{GRACE}/{verb}");
        let answer =
            among_admins(PLATFORM_ADMIN, before.clone()).send(request("POST", &path)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["status"], status);
        assert!(answer.header("etag").unwrap().starts_with("\"2."));
        let refused = among_admins(MEMBER, before).send(request("POST", &path)).await;
        refused.assert_problem(403, "forbidden");
        assert!(refused.body.contains("platform:admin"), "{refused:?}");
    }
    // Not even oneself.
    let answer = with(MEMBER, grace()).send(request("POST", &format!("{JOHN}/deactivate"))).await;
    answer.assert_problem(403, "forbidden");
}

#[actix_web::test]
async fn users_delete_themselves_and_admins_anybody() {
    for (actor, path, status) in [
        (STRANGER, JOHN, 204),
        (PLATFORM_ADMIN, GRACE, 204),
        (PLATFORM_ADMIN, JOHN, 204),
        (MEMBER, GRACE, 403),
    ] {
        let answer = among_admins(actor, grace()).send(request("DELETE", path)).await;
        assert_eq!(answer.status, status, "{actor:?} {path}: {answer:?}");
        assert!(status != 204 || answer.body.is_empty());
    }
}

#[actix_web::test]
async fn the_last_admin_stays() {
    for (method, path, body) in [
        ("PATCH", JOHN.to_owned(), r#"{"role":"user"}"#),
        ("DELETE", JOHN.to_owned(), ""),
        ("POST", format!("{JOHN}/deactivate"), ""),
    ] {
        let mut scene = with(PLATFORM_ADMIN, grace());
        scene.work.users.expect_another_admin_exists().returning(|_| Ok(false));
        scene.send(json(method, &path, body)).await.assert_problem(409, "last-admin");
    }
}

#[actix_web::test]
async fn the_last_owner_stays() {
    let mut scene = Scene::new(crate::scene::OWNER);
    let id = scene.organization.id;
    scene.work.users.expect_organizations_of().returning(move |_| Ok(vec![id]));
    scene.work.memberships.expect_find().returning(|scope, user| {
        Ok(Some(guildhall_domain::Membership {
            organization: OrganizationId::new(scope.organization().as_uuid()),
            user,
            ..guildhall_application::testing::membership(
                1,
                guildhall_domain::OrganizationRole::Owner,
            )
        }))
    });
    scene.work.memberships.expect_another_owner_exists().returning(|_, _| Ok(false));
    scene.ports.users.expect_get().returning(|_, _| Ok(Some(account(UserRole::User))));
    scene.work.installation.expect_lock().returning(|| {
        Ok(Installation { installed_at: Timestamp::UNIX_EPOCH, default_organization: None })
    });
    assert_eq!(account(UserRole::User).user.id.as_uuid(), Uuid::from_u128(1));
    scene.send(request("DELETE", JOHN)).await.assert_problem(409, "last-owner");
}
