//! Invitations, as those who hold their tokens see them.

use std::sync::Arc;

use guildhall_application::{
    ports::{Addition, Insertion, InvitationDetails},
    testing::{FakeStore, Repositories, TestPorts},
};
use guildhall_domain::{
    Invitation, InvitationStatus, Organization, OrganizationRole, OrganizationStatus, Quota,
    UserRole, quota,
};
use serde_json::json;

use crate::{
    scene::acme,
    schema,
    support::{
        Answer, TOKEN, account, get, password_hash, post, request, send, signed, signed_in, tokens,
    },
};

fn path() -> String {
    format!("/api/invitations/{TOKEN}")
}

fn invitation(email: &str) -> Invitation {
    let role = OrganizationRole::Admin;
    Invitation {
        organization: acme().id,
        ..guildhall_application::testing::invitation(9, email, role)
    }
}

/// A unit of work in which [`TOKEN`] leads to that invitation and the addition
/// of a member comes to that.
fn work(invitation: Invitation, organization: Organization, addition: Addition) -> Repositories {
    let mut work = Repositories::default();
    let id = organization.id;
    let found = Some(id).filter(|_| invitation.status == InvitationStatus::Pending);
    work.invitations.expect_organization_of().returning(move |_| Ok(found));
    work.invitations.expect_find_by_token().returning(move |_, _| Ok(Some(invitation.clone())));
    work.invitations.expect_update().returning(|_, _| Ok(()));
    work.organizations.expect_lock_for_entrant().returning(move |_| Ok(Some(organization.clone())));
    work.memberships.expect_insert().returning(move |_, _| Ok(addition));
    let user = || (account(UserRole::User).user, password_hash());
    work.users.expect_lock().returning(move |_| Ok(Some(user())));
    work.users.expect_update().returning(|_| Ok(()));
    work.users.expect_insert().returning(|_, _| Ok(Insertion::Inserted));
    work.sessions.expect_insert().returning(|_, _| Ok(()));
    work
}

fn ports(work: Repositories) -> TestPorts {
    TestPorts { store: Arc::new(FakeStore::with(work)), ..signed_in() }
}

async fn accept(work: Repositories) -> Answer {
    send(ports(work), signed(request("POST", &format!("{}/accept", path())))).await
}

fn open() -> Invitation {
    invitation("john@acme.com")
}

#[actix_web::test]
async fn whoever_holds_a_token_sees_what_it_is_for() {
    let mut ports = TestPorts { tokens: tokens(), ..TestPorts::default() };
    ports.invitations.expect_by_token().returning(|_| {
        let (invitation, organization) = (open(), "Acme Corporation".to_owned());
        Ok(Some(InvitationDetails { invitation, organization, has_account: true }))
    });
    let answer = send(ports, get(&path())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(
        answer.body,
        r#"{"organization":{"id":"org-123e4567-e89b-12d3-a456-426614174000","name":"Acme Corporation"},"email":"john@acme.com","role":"admin","expires_at":"1970-01-08T00:00:00.000Z","has_account":true}"#
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    schema::check("HeldInvitation", &answer.json());
}

#[actix_web::test]
async fn tokens_that_lead_nowhere_are_answered_alike() {
    let closed = || work(open().close(InvitationStatus::Revoked), acme(), Addition::Added);
    for token in [TOKEN, "unknown", "no%20token", "%00"] {
        for (method, end) in [("POST", "/accept"), ("POST", "/decline"), ("GET", "")] {
            let mut ports = ports(closed());
            ports.invitations.expect_by_token().returning(|_| Ok(None));
            let request = request(method, &format!("/api/invitations/{token}{end}"));
            send(ports, signed(request)).await.assert_problem(404, "not-found");
        }
    }
}

#[actix_web::test]
async fn an_accepted_invitation_is_a_membership() {
    let answer = accept(work(open(), acme(), Addition::Added)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(
        answer.body,
        r#"{"organization":{"id":"org-123e4567-e89b-12d3-a456-426614174000","name":"Acme Corporation"},"role":"admin"}"#
    );
    schema::check("AcceptedInvitation", &answer.json());
    let request = request("POST", &format!("{}/accept", path()));
    let anonymous = send(ports(work(open(), acme(), Addition::Added)), request).await;
    assert_eq!(anonymous.status, 401);
}

#[actix_web::test]
async fn an_invitation_is_refused_with_a_reason() {
    let full = Quota { resource: quota::Resource::Users, limit: Some(42), used: 42 };
    let suspended = Organization { status: OrganizationStatus::Suspended, ..acme() };
    for (work, status, slug) in [
        (
            work(invitation("grace@acme.com"), acme(), Addition::Added),
            403,
            "invitation-for-another",
        ),
        (work(open(), suspended, Addition::Added), 403, "organization-suspended"),
        (work(open(), acme(), Addition::AlreadyThere), 409, "already-member"),
        (work(open(), acme(), Addition::NoRoom(full)), 409, "quota-exceeded"),
    ] {
        let answer = accept(work).await;
        answer.assert_problem(status, slug);
        if slug == "quota-exceeded" {
            assert_eq!(answer.header("quota-limit"), Some("42"));
        }
    }
}

#[actix_web::test]
async fn an_invitation_can_be_declined_without_an_account() {
    let decline = || request("POST", &format!("{}/decline", path()));
    let answer = send(ports(work(open(), acme(), Addition::Added)), decline()).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""));
    let suspended = Organization { status: OrganizationStatus::Suspended, ..acme() };
    let answer = send(ports(work(open(), suspended, Addition::Added)), decline()).await;
    answer.assert_problem(403, "organization-suspended");
}

/// What registering with [`TOKEN`] and these further fields comes to.
async fn register(work: Repositories, more: &serde_json::Value) -> Answer {
    let mut ports = ports(work);
    ports.settings.registration = guildhall_domain::RegistrationMode::Invited;
    ports.users.expect_by_email().returning(|_| Ok(None));
    ports.hasher.expect_hash().returning(|_| Ok(password_hash()));
    let mut body = json!({ "email": "john@acme.com", "name": "John Doe", "invitation": TOKEN,
        "password": "correct horse battery staple" });
    for (field, value) in more.as_object().unwrap() {
        body[field] = value.clone();
    }
    send(ports, post("/api/auth/register", body.to_string())).await
}

#[actix_web::test]
async fn an_invitation_opens_a_closed_registration() {
    let entering = || work(open(), acme(), Addition::Added);
    let answer = register(entering(), &json!({})).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.json()["user"]["organization"], "Acme Corporation");

    let answer = register(entering(), &json!({ "invitation": null })).await;
    answer.assert_problem(403, "registration-closed");
    let answer = register(entering(), &json!({ "organization": "Acme Corporation" })).await;
    answer.assert_problem(422, "invalid-request");
    assert_eq!(answer.fault_places(), ["/organization"]);
    let answer = register(entering(), &json!({ "invitation": 7 })).await;
    assert_eq!(answer.fault_places(), ["/invitation"]);
    let used = work(open().close(InvitationStatus::Accepted), acme(), Addition::Added);
    let answer = register(used, &json!({})).await;
    answer.assert_problem(422, "invalid-request");
    assert_eq!(answer.fault_places(), ["/invitation"]);
    let answer = register(entering(), &json!({ "email": "grace@acme.com" })).await;
    answer.assert_problem(403, "invitation-for-another");
}
