//! Where the calls go that answer with little, and what they send there.

use guildhall_client::{InvitationId, OrganizationId, UserId, UserPatch, UserRole};
use serde_json::json;

use crate::server::{Server, answer, body};

#[tokio::test]
async fn sign_in() {
    let done = answer(204, "", "");
    let server = Server::answering([done.as_str(); 6]).await;
    let client = server.client();
    let auth = client.auth();
    auth.change_password(&"old".into(), &"new".into()).await.unwrap();
    auth.request_email_verification().await.unwrap();
    auth.verify_email(&"abc".into()).await.unwrap();
    auth.forgot_password("ada@acme.com").await.unwrap();
    auth.reset_password(&"abc".into(), &"new".into()).await.unwrap();
    auth.end_session(&"session-1".into()).await.unwrap();
    assert_eq!(
        server.addresses(),
        [
            "POST /api/auth/password",
            "POST /api/auth/email/verification",
            "POST /api/auth/email/verify",
            "POST /api/auth/password/forgot",
            "POST /api/auth/password/reset",
            "DELETE /api/auth/sessions/session-1",
        ]
    );
    let requests = server.requests();
    let sent = [0, 2, 3, 4].map(|index: usize| body(&requests[index]));
    assert_eq!(
        sent,
        [
            json!({"current_password": "old", "new_password": "new"}),
            json!({"token": "abc"}),
            json!({"email": "ada@acme.com"}),
            json!({"token": "abc", "password": "new"}),
        ]
    );
}

#[tokio::test]
async fn users() {
    let user = answer(200, "", r#"{"id": "user-1", "email": "bob@acme.com", "name": "Bob"}"#);
    let server = Server::answering([&user, &user, &user, &answer(204, "", "")]).await;
    let client = server.client();
    let id = UserId::from("user-1");
    let patch = UserPatch { role: Some(UserRole::Admin), ..UserPatch::default() };
    client.user(&id).patch(&patch, None).await.unwrap();
    client.user(&id).deactivate().await.unwrap();
    client.user(&id).activate().await.unwrap();
    client.user(&id).delete(None).await.unwrap();
    assert_eq!(
        server.addresses(),
        [
            "PATCH /api/users/user-1",
            "POST /api/users/user-1/deactivate",
            "POST /api/users/user-1/activate",
            "DELETE /api/users/user-1",
        ]
    );
    assert_eq!(body(&server.requests()[0]), json!({"role": "admin"}));
}

#[tokio::test]
async fn invitations() {
    let invitation = r#"{"id": "inv-1", "email": "bob@acme.com", "role": "member",
        "status": "pending", "invited_by": "user-1", "created_at": "2026-01-15T10:00:00.000Z",
        "expires_at": "2026-01-22T10:00:00.000Z"}"#;
    let received = r#"{"organization": {"id": "org-1", "name": "Acme"}, "email": "bob@acme.com",
        "role": "member", "expires_at": "2026-01-22T10:00:00.000Z", "has_account": false}"#;
    let accepted = r#"{"organization": {"id": "org-1", "name": "Acme"}, "role": "member"}"#;
    let (invitation, done) = (answer(200, "", invitation), answer(204, "", ""));
    let (received, accepted) = (answer(200, "", received), answer(200, "", accepted));
    let answers = [&invitation, &invitation, &done, &received, &accepted, &done];
    let server = Server::answering(answers.map(String::as_str)).await;
    let client = server.client();

    let (id, organization) = (InvitationId::from("inv-1"), OrganizationId::from("org-1"));
    let sent = client.organization(&organization).invitations();
    sent.get(&id).await.unwrap();
    sent.resend(&id).await.unwrap();
    sent.revoke(&id, None).await.unwrap();
    let received = client.invitation("abc");
    assert!(!received.get().await.unwrap().has_account);
    assert_eq!(received.accept().await.unwrap().organization.id, organization);
    received.decline().await.unwrap();
    assert_eq!(
        server.addresses(),
        [
            "GET /api/organizations/org-1/invitations/inv-1",
            "POST /api/organizations/org-1/invitations/inv-1/resend",
            "DELETE /api/organizations/org-1/invitations/inv-1",
            "GET /api/invitations/abc",
            "POST /api/invitations/abc/accept",
            "POST /api/invitations/abc/decline",
        ]
    );
}
