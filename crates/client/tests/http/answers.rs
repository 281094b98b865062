//! What is read from answers.

use guildhall_client::{
    ETag, InvitationStatus, NewInvitation, NewWorkspace, OrganizationId, OrganizationRole, UserId,
};

use crate::server::{Server, answer, header};

const ORGANIZATION: &str = include_str!("organization.json");

#[tokio::test]
async fn a_resource_has_its_tag() {
    let server = Server::answering([&answer(200, "ETag: \"3.ab\"\r\n", ORGANIZATION)]).await;
    let client = server.client();
    let organization = client.organization(&"org-1".into()).get().await.unwrap();
    assert_eq!(organization.etag, Some(ETag::from("\"3.ab\"")));
    assert_eq!(organization.quota, None);
    assert_eq!(organization.your_role, Some(OrganizationRole::Owner));
    assert_eq!(organization.summary.users_count, 42);
    assert_eq!(organization.metadata["plan"], "gold");
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let known = ETag::from("\"3.ab\"");
    let same = answer(304, "ETag: \"3.ab\"\r\n", "");
    let changed = answer(200, "ETag: \"4.cd\"\r\n", ORGANIZATION);
    let server = Server::answering([&same, &changed]).await;
    let client = server.client();
    let id = OrganizationId::from("org-1");
    assert_eq!(client.organization(&id).get_if_changed(&known).await.unwrap(), None);
    let organization = client.organization(&id).get_if_changed(&known).await.unwrap().unwrap();
    assert_eq!(organization.etag, Some(ETag::from("\"4.cd\"")));
    for request in server.requests() {
        assert_eq!(header(&request, "if-none-match"), Some("\"3.ab\""));
    }
}

#[tokio::test]
async fn what_is_left_of_a_quota_is_told() {
    let workspace = r#"{"id": "ws-1", "organization_id": "org-1", "name": "Billing",
        "description": "", "status": "hibernating", "created_at": "2026-01-15T10:00:00.000Z"}"#;
    let limited = answer(201, "Quota-Limit: 20\r\nQuota-Used: 16\r\n", workspace);
    let unlimited = answer(201, "Quota-Limit: unlimited\r\nQuota-Used: 17\r\n", workspace);
    let server = Server::answering([&limited, &unlimited]).await;
    let client = server.client();
    let id = OrganizationId::from("org-1");
    let workspaces = client.organization(&id).workspaces();
    let new = NewWorkspace::new("Billing");
    let created = workspaces.create(&new, None).await.unwrap();
    assert_eq!(created.status.as_str(), "hibernating");
    let quota = created.quota.unwrap();
    assert_eq!((quota.limit, quota.used, quota.left()), (Some(20), 16, Some(4)));
    let quota = workspaces.create(&new, None).await.unwrap().quota.unwrap();
    assert_eq!((quota.limit, quota.used, quota.left()), (None, 17, None));
}

#[tokio::test]
async fn of_many_invitations_each_has_its_outcome() {
    let outcomes = r#"[
        {"email": "bob@acme.com", "problem": null, "invitation": {
            "id": "inv-1", "email": "bob@acme.com", "role": "member", "status": "pending",
            "invited_by": null, "created_at": "2026-01-15T10:00:00.000Z",
            "expires_at": "2026-01-22T10:00:00.000Z"}},
        {"email": "ada@acme.com", "invitation": null, "problem": {
            "type": "/problems/already-member", "title": "…", "status": 409, "detail": "…"}}
    ]"#;
    let server = Server::answering([&answer(200, "", outcomes)]).await;
    let client = server.client();
    let wanted = ["bob@acme.com", "ada@acme.com"]
        .map(|email| NewInvitation::new(email, OrganizationRole::Member));
    let id = OrganizationId::from("org-1");
    let invitations = client.organization(&id).invitations();
    let outcomes = invitations.create_all(&wanted, None).await.unwrap();
    let invitation = outcomes[0].invitation.as_ref().unwrap();
    assert_eq!(invitation.status, InvitationStatus::Pending);
    let problem = outcomes[1].problem.as_ref().unwrap();
    assert_eq!((problem.kind(), problem.status), (Some("already-member"), 409));
}

#[tokio::test]
async fn a_user_may_be_shown_in_part() {
    let user = r#"{"id": "user-1", "email": "bob@acme.com", "name": "Bob"}"#;
    let server = Server::answering([&answer(200, "ETag: \"1\"\r\n", user)]).await;
    let client = server.client();
    let user = client.user(&UserId::from("user-1")).get().await.unwrap();
    assert_eq!((user.name.as_str(), user.role.as_ref(), user.created_at), ("Bob", None, None));
}
