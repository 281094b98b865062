//! Invitations, as those who make them see them.

use guildhall_application::ports::Invited;
use guildhall_domain::{Invitation, InvitationStatus, OrganizationRole};
use serde_json::{Value, json};

use crate::{
    scene::{ACME, ADMIN, Actor, MEMBER, OWNER, PLATFORM_ADMIN, STRANGER, Scene, acme, json},
    schema,
    support::{Answer, get, request},
};

const ID: &str = "inv-00000000-0000-0000-0000-000000000009";
const ONE: &str = r#"{"email":"grace@acme.com","role":"member"}"#;
const SHOWN: &str = r#"{"id":"inv-00000000-0000-0000-0000-000000000009","email":"grace@acme.com","role":"member","status":"pending","invited_by":"user-00000000-0000-0000-0000-000000000001","created_at":"1970-01-01T00:00:00.000Z","expires_at":"1970-01-08T00:00:00.000Z"}"#;

fn list() -> String {
    format!("{ACME}/invitations")
}

fn path() -> String {
    format!("{ACME}/invitations/{ID}")
}

fn invitation(role: OrganizationRole) -> Invitation {
    let organization = acme().id;
    Invitation {
        organization,
        ..guildhall_application::testing::invitation(9, "grace@acme.com", role)
    }
}

/// A scene in which one member and one invited person are known.
fn inviting(actor: Actor) -> Scene {
    let mut scene = Scene::new(actor);
    let known = [
        Invited::Member("member@acme.com".parse().unwrap()),
        Invited::Pending("invited@acme.com".parse().unwrap()),
    ];
    let invitations = &mut scene.work.invitations;
    invitations.expect_already_invited().returning(move |_, _, _| Ok(known.to_vec()));
    invitations.expect_insert().returning(|_, _| Ok(()));
    scene.work.mail_queue.expect_enqueue().returning(|_| Ok(()));
    scene
}

async fn invite(actor: Actor, body: &str) -> Answer {
    inviting(actor).send(json("POST", &list(), body)).await
}

/// A scene in which the invitation exists and is like that.
fn with(actor: Actor, invitation: Invitation) -> Scene {
    let mut scene = Scene::new(actor);
    let (shown, listed, found) = (invitation.clone(), invitation.clone(), invitation);
    let queries = &mut scene.ports.invitations;
    queries.expect_get().returning(move |_, _| Ok(Some(shown.clone())));
    queries.expect_list().returning(move |_, _, _, _| Ok(vec![listed.clone()]));
    scene.work.invitations.expect_find().returning(move |_, _| Ok(Some(found.clone())));
    scene.work.invitations.expect_update().returning(|_, _| Ok(()));
    scene.work.mail_queue.expect_enqueue().returning(|_| Ok(()));
    scene
}

fn pending(actor: Actor) -> Scene {
    with(actor, invitation(OrganizationRole::Member))
}

#[actix_web::test]
async fn an_invitation_is_shown_with_its_address_and_the_quota() {
    let mut scene = inviting(ADMIN);
    scene.organization.quotas.invitations = Some(10);
    let answer = scene.send(json("POST", &list(), ONE)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(answer.header("location"), Some(format!("{}/{id}", list()).as_str()));
    assert!(answer.header("etag").unwrap().starts_with("\"1."));
    assert_eq!(answer.header("quota-limit"), Some("10"));
    assert_eq!(answer.header("quota-used"), Some("4"));
    assert_eq!(answer.body, SHOWN.replace(ID, &id));
    schema::check("Invitation", &answer.json());
}

#[actix_web::test]
async fn an_invitation_can_be_accepted_for_an_hour_to_thirty_days() {
    for (seconds, until) in [
        (json!(3_600), Some("1970-01-01T01:00:00.000Z")),
        (json!(2_592_000), Some("1970-01-31T00:00:00.000Z")),
        (Value::Null, Some("1970-01-08T00:00:00.000Z")),
        (json!(3_599), None),
        (json!(2_592_001), None),
        (json!(-1), None),
        (json!("3600"), None),
        (json!(3600.5), None),
    ] {
        let body = json!({ "email": "g@acme.com", "role": "member", "expires_in": seconds });
        let answer = invite(ADMIN, &body.to_string()).await;
        if let Some(until) = until {
            assert_eq!(answer.json()["expires_at"], until, "{answer:?}");
        } else {
            answer.assert_problem(422, "invalid-request");
            assert_eq!(answer.fault_places(), ["/expires_in"]);
        }
    }
}

#[actix_web::test]
async fn of_many_each_has_its_own_result() {
    let mut scene = inviting(ADMIN);
    scene.organization.quotas.invitations = Some(4);
    let body = r#"[{"email":"grace@acme.com","role":"member"},{"email":"GRACE@acme.com","role":"member"},
        {"email":"member@acme.com","role":"member"},{"email":"invited@acme.com","role":"admin"},
        {"email":"boss@acme.com","role":"owner"},{"email":"late@acme.com","role":"member"}]"#;
    let answer = scene.send(json("POST", &list(), body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("quota-limit"), Some("4"));
    assert_eq!(answer.header("quota-used"), Some("4"));
    let results = answer.json();
    let results = results.as_array().unwrap();
    let kinds: Vec<_> = results.iter().map(|result| result["problem"]["type"].as_str()).collect();
    assert_eq!(
        kinds,
        [
            None,
            Some("/problems/already-invited"),
            Some("/problems/already-member"),
            Some("/problems/already-invited"),
            Some("/problems/forbidden"),
            Some("/problems/quota-exceeded"),
        ]
    );
    for result in results {
        assert_ne!(result["invitation"].is_null(), result["problem"].is_null(), "{result}");
        schema::check("InviteResult", result);
    }
    assert_eq!(results[1]["email"], "GRACE@acme.com");
    assert_eq!(results[0]["invitation"]["status"], "pending");
}

#[actix_web::test]
async fn one_to_a_thousand_at_once() {
    let many = |count: usize| {
        let people =
            (0..count).map(|n| json!({ "email": format!("p{n}@acme.com"), "role": "member" }));
        Value::Array(people.collect()).to_string()
    };
    for (count, status) in [(0, 422), (1, 200), (1_000, 200), (1_001, 422)] {
        let answer = invite(ADMIN, &many(count)).await;
        assert_eq!(answer.status, status, "{count}");
        if status == 200 {
            assert_eq!(answer.json().as_array().unwrap().len(), count);
        } else {
            assert_eq!(answer.faults(), [(String::new(), "must have 1 to 1000 elements".into())]);
        }
    }
}

#[actix_web::test]
async fn every_fault_of_many_is_named_with_its_place() {
    let body = r#"[{"email":"a@acme.com","role":"member"},{"email":"b@acme.com"},
        {"email":"c@acme.com","role":"boss","x":1},{"email":"nobody","role":"member","expires_in":1},7]"#;
    let answer = invite(ADMIN, body).await;
    answer.assert_problem(422, "invalid-request");
    let mut places = answer.fault_places();
    places.sort();
    assert_eq!(places, ["/1/role", "/2/role", "/2/x", "/3/email", "/3/expires_in", "/4"]);
    let answer = invite(ADMIN, r#"{"email":"nobody","role":"x","id":1}"#).await;
    let mut places = answer.fault_places();
    places.sort();
    assert_eq!(places, ["/email", "/id", "/role"]);
}

#[actix_web::test]
async fn what_stands_in_the_way_of_one_is_a_problem() {
    for (email, slug) in
        [("member@acme.com", "already-member"), ("invited@acme.com", "already-invited")]
    {
        let body = json!({ "email": email, "role": "member" }).to_string();
        invite(ADMIN, &body).await.assert_problem(409, slug);
    }
    let mut scene = inviting(ADMIN);
    scene.organization.quotas.invitations = Some(3);
    let full = scene.send(json("POST", &list(), ONE)).await;
    full.assert_problem(409, "quota-exceeded");
    assert_eq!(full.header("quota-used"), Some("3"));
    let mut scene = inviting(ADMIN);
    scene.ports.settings.sends_mail = false;
    let mute = scene.send(json("POST", &list(), ONE)).await;
    mute.assert_problem(501, "mail-not-configured");
}

#[actix_web::test]
async fn nobody_invites_to_a_role_above_their_own() {
    for (actor, role, status) in [
        (OWNER, "owner", 201),
        (ADMIN, "owner", 403),
        (ADMIN, "admin", 201),
        (MEMBER, "member", 403),
        (STRANGER, "member", 404),
        (PLATFORM_ADMIN, "owner", 201),
    ] {
        let body = json!({ "email": "grace@acme.com", "role": role }).to_string();
        let answer = invite(actor, &body).await;
        assert_eq!(answer.status, status, "{actor:?} {role}: {answer:?}");
    }
    let suspended = inviting(OWNER).suspended().send(json("POST", &list(), ONE)).await;
    suspended.assert_problem(403, "organization-suspended");
}

#[actix_web::test]
async fn invitations_are_for_those_who_manage_members() {
    for (actor, status) in
        [(OWNER, 200), (ADMIN, 200), (PLATFORM_ADMIN, 200), (MEMBER, 403), (STRANGER, 404)]
    {
        let answer = pending(actor).send(get(&path())).await;
        assert_eq!(answer.status, status, "{actor:?}: {answer:?}");
        let answer = pending(actor).send(get(&list())).await;
        assert_eq!(answer.status, status, "{actor:?}: {answer:?}");
        if status == 200 {
            assert_eq!(answer.body, format!("[{SHOWN}]"));
        }
        for (method, path) in [("DELETE", path()), ("POST", format!("{}/resend", path()))] {
            let answer = pending(actor).send(request(method, &path)).await;
            let expected = match (status, method) {
                (200, "DELETE") => 204,
                (status, _) => status,
            };
            assert_eq!(answer.status, expected, "{actor:?}: {answer:?}");
        }
    }
    let answer = pending(OWNER).send(get(&path())).await;
    assert_eq!(answer.body, SHOWN);
    let again = get(&path()).insert_header(("If-None-Match", answer.header("etag").unwrap()));
    assert_eq!(pending(OWNER).send(again).await.status, 304);
    // Whose role is above one's own is not one's own to take back.
    let owner = || with(ADMIN, invitation(OrganizationRole::Owner));
    owner().send(request("DELETE", &path())).await.assert_problem(403, "forbidden");
    let resend = format!("{}/resend", path());
    owner().send(request("POST", &resend)).await.assert_problem(403, "forbidden");
}

#[actix_web::test]
async fn lists_are_filtered_by_status() {
    let mut scene = Scene::new(ADMIN);
    scene.ports.invitations.expect_list().returning(|_, status, _, page| {
        assert_eq!((status, page.limit), (Some(InvitationStatus::Expired), 2));
        let one = || invitation(OrganizationRole::Member);
        Ok(vec![one(), one()])
    });
    let answer = scene.send(get(&format!("{}?status=expired&limit=1", list()))).await;
    assert_eq!(answer.json().as_array().unwrap().len(), 1);
    let link = answer.header("link").unwrap();
    assert!(link.contains("/invitations?status=expired&limit=1&cursor="), "{link}");
    for query in ["status=open", "limit=101", "cursor=x", "status=pending&status=revoked"] {
        let answer = pending(ADMIN).send(get(&format!("{}?{query}", list()))).await;
        answer.assert_problem(400, "invalid-query");
    }
}

#[actix_web::test]
async fn an_invitation_is_sent_again_for_a_week() {
    let answer = pending(ADMIN).send(request("POST", &format!("{}/resend", path()))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, SHOWN);
    assert!(answer.header("etag").unwrap().starts_with("\"2."), "{answer:?}");
}

#[actix_web::test]
async fn what_is_closed_stays_closed() {
    for status in
        [InvitationStatus::Accepted, InvitationStatus::Declined, InvitationStatus::Revoked]
    {
        let closed = || with(ADMIN, invitation(OrganizationRole::Member).close(status));
        let answer = closed().send(request("DELETE", &path())).await;
        answer.assert_problem(409, "invitation-closed");
        let answer = closed().send(request("POST", &format!("{}/resend", path()))).await;
        answer.assert_problem(409, "invitation-closed");
        assert_eq!(closed().send(get(&path())).await.json()["status"], status.as_str());
    }
    let stale = request("DELETE", &path()).insert_header(("If-Match", "\"7\""));
    pending(ADMIN).send(stale).await.assert_problem(412, "version-mismatch");
}

#[actix_web::test]
async fn what_is_no_id_is_the_id_of_nothing() {
    let path = format!("{ACME}/invitations/grace@acme.com");
    for (method, path) in
        [("GET", path.clone()), ("DELETE", path.clone()), ("POST", format!("{path}/resend"))]
    {
        pending(OWNER).send(request(method, &path)).await.assert_problem(404, "not-found");
    }
}
