//! Members of an organization.

use guildhall_application::{
    ports::{Addition, MemberDetails},
    testing::{TestPorts, at},
};
use guildhall_domain::{
    Membership, MembershipSource, OrganizationRole, Quota, UserId, UserRole, UserStatus, quota,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    scene::{ACME, ADMIN, Actor, MEMBER, OWNER, PLATFORM_ADMIN, STRANGER, Scene, acme, json},
    support::{Answer, account, get, password_hash, request},
};

/// A member who is not the caller.
const ADA: &str = "user-00000000-0000-0000-0000-000000000009";
/// The caller.
const MYSELF: &str = "user-00000000-0000-0000-0000-000000000001";

fn member(number: u32, role: OrganizationRole) -> MemberDetails {
    let mut account = account(UserRole::User);
    account.user.id = UserId::new(Uuid::from_u128(number.into()));
    let membership = Membership {
        organization: acme().id,
        user: account.user.id,
        role,
        source: MembershipSource::Registration,
        joined_at: at(number.into()),
        version: 2,
    };
    MemberDetails { membership, account }
}

/// Shows members numbered `total` down to 1.
fn with_members(ports: &mut TestPorts, total: u32) {
    ports.members.expect_list().returning(move |_, _, page| {
        let after = page.after.map(|cursor| u32::try_from(cursor.id.as_u128()).unwrap());
        let newest = after.map_or(total, |after| after - 1);
        let rows = (1..=newest).rev().map(|number| member(number, OrganizationRole::Member));
        Ok(rows.take(page.limit.try_into().unwrap()).collect())
    });
}

/// A scene in which the other member has that role, if any, and `owners` are
/// owners.
fn with_member(actor: Actor, role: Option<OrganizationRole>, owners: u32) -> Scene {
    let mut scene = Scene::new(actor);
    let memberships = &mut scene.work.memberships;
    memberships.expect_find().returning(move |_, user| {
        let number = u32::try_from(user.as_uuid().as_u128()).unwrap();
        Ok(role.map(|role| member(number, role).membership))
    });
    memberships.expect_another_owner_exists().returning(move |_, _| Ok(owners > 1));
    memberships.expect_update().returning(|_, _| Ok(()));
    memberships.expect_remove().returning(|_, _| Ok(()));
    scene.ports.members.expect_get().returning(move |_, user| {
        let number = u32::try_from(user.as_uuid().as_u128()).unwrap();
        Ok(role.map(|role| member(number, role)))
    });
    scene
}

async fn set(scene: Scene, role: &str) -> Answer {
    let body = json!({ "role": role }).to_string();
    scene.send(json("PUT", &format!("{ACME}/members/{ADA}"), &body)).await
}

#[actix_web::test]
async fn a_member_is_shown_with_no_more_of_the_account_than_others_need() {
    let scene = with_member(OWNER, Some(OrganizationRole::Admin), 1);
    let answer = scene.send(get(&format!("{ACME}/members/{ADA}"))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        r#"{"user":{"id":"user-00000000-0000-0000-0000-000000000009","email":"john@acme.com","name":"Ada Lovelace"},"role":"admin","source":"registration","joined_at":"1970-01-01T00:00:09.000Z"}"#
    );
    let tag = answer.header("etag").unwrap();
    assert!(tag.starts_with("\"2."), "{tag}");
    let again = || get(&format!("{ACME}/members/{ADA}")).insert_header(("If-None-Match", tag));
    let scene = with_member(OWNER, Some(OrganizationRole::Admin), 1);
    assert_eq!(scene.send(again()).await.status, 304);

    // A change of the account is no change of the membership, but it shows.
    let mut renamed = Scene::new(OWNER);
    renamed.ports.members.expect_get().returning(|_, _| {
        let mut ada = member(9, OrganizationRole::Admin);
        ada.account.user.name = "Ada King".parse().unwrap();
        Ok(Some(ada))
    });
    assert_eq!(renamed.send(again()).await.status, 200);
}

#[actix_web::test]
async fn pages_of_members_keep_what_they_are_filtered_by() {
    let mut path = format!("{ACME}/members?role=member&limit=2&q=%C3%A4d%20a&other=1");
    let mut seen = Vec::new();
    loop {
        let mut scene = Scene::new(MEMBER);
        with_members(&mut scene.ports, 5);
        let answer = scene.send(get(&path)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let page = answer.json();
        seen.extend(page.as_array().unwrap().iter().map(|item| item["user"]["id"].to_string()));
        let Some(link) = answer.header("link") else { break };
        path = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned();
        let kept = format!("{ACME}/members?role=member&q=%C3%A4d%20a&other=1&limit=2&cursor=");
        assert!(path.starts_with(&kept), "{path}");
    }
    let expected: Vec<_> =
        (1..=5).rev().map(|n| format!("\"{}\"", UserId::new(Uuid::from_u128(n)))).collect();
    assert_eq!(seen, expected);
}

#[actix_web::test]
async fn members_are_filtered_by_role_and_text() {
    let mut scene = Scene::new(MEMBER);
    scene
        .ports
        .members
        .expect_list()
        .withf(|_, filter, page| {
            filter.text.as_deref() == Some("Ada L")
                && filter.role == Some(OrganizationRole::Owner)
                && page.limit == 101
        })
        .returning(|_, _, _| Ok(Vec::new()));
    let answer = scene.send(get(&format!("{ACME}/members?q=+Ada+L&role=owner"))).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "[]"));
    assert_eq!(answer.header("link"), None);
}

#[actix_web::test]
async fn every_bad_parameter_is_named() {
    for (query, places) in [
        ("role=Owner", &["role"][..]),
        ("role=", &["role"]),
        ("q=%00", &["q"]),
        ("q=a&q=b", &["q"]),
        ("limit=0&cursor=x&q=%E2%80%AE&role=root", &["limit", "cursor", "q", "role"]),
    ] {
        let answer = Scene::new(OWNER).send(get(&format!("{ACME}/members?{query}"))).await;
        answer.assert_problem(400, "invalid-query");
        assert_eq!(answer.fault_places(), places, "{query}");
    }
    let answer = Scene::new(OWNER).send(get(&format!("{ACME}/members?role=root"))).await;
    assert_eq!(answer.faults()[0].1, "must be one of: owner, admin, member");
}

#[actix_web::test]
async fn a_user_is_made_a_member() {
    let mut scene = Scene::new(ADMIN);
    scene.organization.quotas.users = Some(100);
    scene.work.memberships.expect_find().returning(|_, _| Ok(None));
    scene.work.memberships.expect_insert().returning(|_, _| Ok(Addition::Added));
    let found = member(9, OrganizationRole::Member).account.user;
    scene.work.users.expect_lock().returning(move |_| Ok(Some((found.clone(), password_hash()))));
    let answer = set(scene, "member").await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.header("quota-limit"), Some("100"));
    assert_eq!(answer.header("quota-used"), Some("43"));
    assert!(answer.header("etag").is_some());
    let shown = answer.json();
    assert_eq!((&shown["user"]["id"], &shown["role"]), (&json!(ADA), &json!("member")));
}

#[actix_web::test]
async fn a_full_organization_takes_nobody_in() {
    let mut scene = Scene::new(ADMIN);
    scene.work.memberships.expect_find().returning(|_, _| Ok(None));
    let full = Quota { resource: quota::Resource::Users, limit: Some(42), used: 42 };
    scene.work.memberships.expect_insert().returning(move |_, _| Ok(Addition::NoRoom(full)));
    let answer = set(scene, "member").await;
    answer.assert_problem(409, "quota-exceeded");
    assert_eq!(answer.json()["detail"], "There are 42 users at a limit of 42.");
    assert_eq!(answer.header("quota-limit"), Some("42"));
    assert_eq!(answer.header("quota-used"), Some("42"));
}

#[actix_web::test]
async fn a_role_is_changed_without_touching_the_quota() {
    let answer = set(with_member(ADMIN, Some(OrganizationRole::Member), 1), "admin").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("quota-used"), None);
    assert!(answer.header("etag").is_some());
}

#[actix_web::test]
async fn the_last_owner_stays() {
    let last = || with_member(OWNER, Some(OrganizationRole::Owner), 1);
    set(last(), "member").await.assert_problem(409, "last-owner");
    for user in [ADA, MYSELF] {
        let answer = last().send(request("DELETE", &format!("{ACME}/members/{user}"))).await;
        answer.assert_problem(409, "last-owner");
    }
}

#[actix_web::test]
async fn who_may_give_and_take_which_role() {
    use OrganizationRole::{Admin, Member, Owner};
    for (actor, from, to, status) in [
        (OWNER, Member, "owner", 200),
        (OWNER, Owner, "member", 200),
        (PLATFORM_ADMIN, Member, "owner", 200),
        (ADMIN, Member, "admin", 200),
        (ADMIN, Admin, "member", 200),
        (ADMIN, Member, "owner", 403),
        (ADMIN, Owner, "member", 403),
        (MEMBER, Member, "member", 403),
        (STRANGER, Member, "member", 404),
    ] {
        let answer = set(with_member(actor, Some(from), 2), to).await;
        assert_eq!(answer.status, status, "{actor:?} {from:?} {to}: {answer:?}");
        match status {
            403 => answer.assert_problem(403, "forbidden"),
            404 => answer.assert_problem(404, "not-found"),
            _ => assert_eq!(answer.json()["user"]["id"], ADA),
        }
    }
}

#[actix_web::test]
async fn what_is_no_role_is_a_fault() {
    let known = "is not a known field; these are: role";
    for (body, faults) in [
        (r#"{"role":"Owner"}"#, &[("/role", "must be one of: owner, admin, member")][..]),
        (r#"{"role":""}"#, &[("/role", "must be one of: owner, admin, member")]),
        (r#"{"role":null}"#, &[("/role", "must be a string, not null")]),
        ("{}", &[("/role", "is required")]),
        (
            r#"{"role":["owner"],"user":"x"}"#,
            &[("/role", "must be a string, not an array"), ("/user", known)],
        ),
    ] {
        let path = format!("{ACME}/members/{ADA}");
        let answer = Scene::new(OWNER).send(json("PUT", &path, body)).await;
        answer.assert_problem(422, "invalid-request");
        let mut found = answer.faults();
        found.sort();
        let found: Vec<_> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(found, faults, "{body}");
    }
}

#[actix_web::test]
async fn members_are_removed_and_leave() {
    use OrganizationRole::{Member, Owner};
    for (actor, user, role, status) in [
        (OWNER, ADA, Some(Owner), 204),
        (ADMIN, ADA, Some(Member), 204),
        (MEMBER, MYSELF, Some(Member), 204),
        (PLATFORM_ADMIN, ADA, Some(Owner), 204),
        (ADMIN, ADA, Some(Owner), 403),
        (MEMBER, ADA, Some(Member), 403),
        (OWNER, ADA, None, 404),
        (STRANGER, ADA, Some(Member), 404),
        (STRANGER, MYSELF, Some(Member), 404),
    ] {
        let scene = with_member(actor, role, 2);
        let answer = scene.send(request("DELETE", &format!("{ACME}/members/{user}"))).await;
        assert_eq!(answer.status, status, "{actor:?} {user} {role:?}: {answer:?}");
        if status == 204 {
            assert_eq!(answer.body, "");
        }
    }
}

#[actix_web::test]
async fn a_change_for_another_version_is_refused() {
    for (tag, matches) in [("\"2\"", true), ("\"2.abc\"", true), ("*", true), ("\"1\"", false)] {
        for method in ["PUT", "DELETE"] {
            let request = json(method, &format!("{ACME}/members/{ADA}"), r#"{"role":"admin"}"#);
            let scene = with_member(OWNER, Some(OrganizationRole::Member), 2);
            let answer = scene.send(request.insert_header(("If-Match", tag))).await;
            if matches {
                assert!(answer.status.is_success(), "{method} {tag}: {answer:?}");
            } else {
                answer.assert_problem(412, "version-mismatch");
            }
        }
    }
    // Nobody has seen a version of a membership that there is not.
    for tag in ["\"0\"", "\"1\""] {
        let request = json("PUT", &format!("{ACME}/members/{ADA}"), r#"{"role":"admin"}"#);
        let scene = with_member(OWNER, None, 1);
        let answer = scene.send(request.insert_header(("If-Match", tag))).await;
        answer.assert_problem(412, "version-mismatch");
    }
}

#[actix_web::test]
async fn users_who_do_not_exist_or_may_not_sign_in_are_not_found() {
    for found in [None, Some(UserStatus::Deactivated)] {
        let mut scene = with_member(OWNER, None, 1);
        scene.work.users.expect_lock().returning(move |_| {
            let user = found.map(|status| {
                let mut user = account(UserRole::User).user;
                user.status = status;
                (user, password_hash())
            });
            Ok(user)
        });
        set(scene, "member").await.assert_problem(404, "not-found");
    }
}

#[actix_web::test]
async fn a_malformed_id_in_either_place_is_not_found() {
    let acme = ACME.rsplit('/').next().unwrap();
    for (organization, user) in [
        ("7", ADA),
        (acme, "7"),
        (acme, acme),
        (ADA, ADA),
        (acme, "ws-00000000-0000-0000-0000-000000000009"),
        (acme, "%00"),
    ] {
        for method in ["GET", "PUT", "DELETE"] {
            let path = format!("/api/organizations/{organization}/members/{user}");
            let scene = with_member(PLATFORM_ADMIN, Some(OrganizationRole::Member), 2);
            let answer = scene.send(json(method, &path, r#"{"role":"member"}"#)).await;
            answer.assert_problem(404, "not-found");
        }
    }
    let answer = Scene::new(PLATFORM_ADMIN).send(get("/api/organizations/7/members")).await;
    answer.assert_problem(404, "not-found");
}

#[actix_web::test]
async fn a_suspended_organization_shows_its_members_to_owners_and_takes_no_change() {
    let path = format!("{ACME}/members/{ADA}");
    let scene = |actor| with_member(actor, Some(OrganizationRole::Member), 2).suspended();
    assert_eq!(scene(OWNER).send(get(&path)).await.status, 200);
    for (actor, method) in [
        (MEMBER, "GET"),
        (ADMIN, "GET"),
        (OWNER, "PUT"),
        (PLATFORM_ADMIN, "PUT"),
        (OWNER, "DELETE"),
    ] {
        let answer = scene(actor).send(json(method, &path, r#"{"role":"admin"}"#)).await;
        answer.assert_problem(403, "organization-suspended");
    }
}
