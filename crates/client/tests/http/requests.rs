//! What is sent.

use guildhall_client::{
    Client, Credentials, ETag, Error, IdempotencyKey, InvitationFilter, InvitationStatus, Limit,
    MemberFilter, NewInvitation, NewOrganization, OrganizationId, OrganizationPatch,
    OrganizationProfile, OrganizationRole, PageRequest, Patch, QuotaLimits, Registration, UserId,
    WorkspaceId,
};
use serde_json::json;

use crate::server::{Server, answer, body, header};

const WORKSPACE: &str = r#"{"id": "ws-1", "organization_id": "org-1", "name": "Billing",
    "description": "", "status": "available", "created_at": "2026-01-15T10:00:00.000Z"}"#;

#[tokio::test]
async fn ids_stay_in_their_segment() {
    let id = OrganizationId::from("org-1/../x?y#z\\%2e%2e ü");
    let server = Server::answering([&answer(204, "", "")]).await;
    server.client().organization(&id).delete(None).await.unwrap();
    assert_eq!(
        server.addresses(),
        ["DELETE /api/organizations/org-1%2F..%2Fx%3Fy%23z%5C%252e%252e%20%C3%BC"]
    );
}

#[tokio::test]
async fn an_id_that_leads_elsewhere_is_not_sent() {
    let server = Server::answering([]).await;
    let client = server.client();
    for id in ["", ".", "..", ".\t.", "\n", "org-1\r\nX: y"] {
        let organization = OrganizationId::from(id);
        let outcome = client.organization(&organization).delete(None).await;
        assert!(matches!(outcome, Err(Error::Id)), "{id:?}: {outcome:?}");
        let outcome = client.organization(&"org-1".into()).members().get(&UserId::from(id)).await;
        assert!(matches!(outcome, Err(Error::Id)), "{id:?}: {outcome:?}");
        let outcome = client.invitation(id).decline().await;
        assert!(matches!(outcome, Err(Error::Id)), "{id:?}: {outcome:?}");
    }
    assert!(server.addresses().is_empty());
}

#[tokio::test]
async fn the_service_may_be_below_a_path() {
    for path in ["", "/", "/guildhall", "/guildhall/", "/guildhall?x=y#z"] {
        let server = Server::answering([&answer(200, "", r#"{"status":"ok"}"#)]).await;
        let client = Client::new(&format!("{}{path}", server.url)).unwrap();
        client.service().health().await.unwrap();
        let prefix = if path.len() > 1 { "/guildhall" } else { "" };
        assert_eq!(server.addresses(), [format!("GET {prefix}/healthz")], "{path}");
        assert_eq!(header(&server.requests()[0], "authorization"), None);
    }
}

#[test]
fn an_address_is_one_of_http() {
    for url in ["", "guildhall.example.com", "mailto:ada@acme.com", "ftp://example.com", "http://"]
    {
        assert!(matches!(Client::new(url), Err(Error::BaseUrl(_))), "{url}");
    }
    Client::new("https://guildhall.example.com").unwrap();
}

#[tokio::test]
async fn who_calls_is_said_and_not_shown() {
    let server = Server::answering([&answer(200, "", r#"{"message":"x","version":"1"}"#)]).await;
    let client = server.client();
    client.service().info().await.unwrap();
    let request = &server.requests()[0];
    assert_eq!(header(request, "authorization"), Some("Bearer gh_secret"));
    let name = concat!("guildhall-client/", env!("CARGO_PKG_VERSION"));
    assert_eq!(header(request, "user-agent"), Some(name));

    let credentials = Credentials::new("ada@acme.com", "gh_secret");
    let shown = [
        format!("{client:?}"),
        format!("{:?}", server.builder()),
        format!("{:?}", client.invitation("gh_secret")),
        format!("{credentials:?}"),
    ];
    assert!(shown.iter().all(|shown| !shown.contains("gh_secret")), "{shown:?}");
}

#[tokio::test]
async fn an_injected_client_keeps_the_name_of_the_builder() {
    let server = Server::answering([&answer(200, "", "{}")]).await;
    let client = server.builder().http_client(reqwest::Client::new()).user_agent("billing/1");
    client.build().unwrap().service().openapi().await.unwrap();
    assert_eq!(server.addresses(), ["GET /api/openapi.json"]);
    assert_eq!(header(&server.requests()[0], "user-agent"), Some("billing/1"));
}

#[tokio::test]
async fn a_creating_call_has_a_key() {
    let created = answer(201, "", WORKSPACE);
    let server = Server::answering([created.as_str(); 3]).await;
    let client = server.client();
    let organization = OrganizationId::from("org-1");
    let workspaces = client.organization(&organization).workspaces();
    let new = guildhall_client::NewWorkspace::new("Billing");
    workspaces.create(&new, None).await.unwrap();
    workspaces.create(&new, None).await.unwrap();
    workspaces.create(&new, Some(&IdempotencyKey::from("order-4711"))).await.unwrap();
    let requests = server.requests();
    let keys: Vec<_> =
        requests.iter().map(|request| header(request, "idempotency-key").unwrap()).collect();
    assert!(keys[0] != keys[1] && keys[0].len() == 36, "{keys:?}");
    assert_eq!(keys[2], "order-4711");
    assert_eq!(body(&requests[0]), json!({"name": "Billing"}));
    assert_eq!(header(&requests[0], "content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_change_names_the_version_it_is_meant_for() {
    let organization = include_str!("organization.json");
    let server = Server::answering([&answer(200, "", organization), &answer(204, "", "")]).await;
    let client = server.client();
    let id = OrganizationId::from("org-1");
    let patch = OrganizationPatch { domain: Patch::Clear, ..OrganizationPatch::default() };
    client.organization(&id).patch(&patch, Some(&ETag::from("\"3.ab\""))).await.unwrap();
    let (workspace, tag) = (WorkspaceId::from("ws-1"), ETag::from("*"));
    client.organization(&id).workspaces().remove(&workspace, Some(&tag)).await.unwrap();
    let requests = server.requests();
    assert_eq!(header(&requests[0], "if-match"), Some("\"3.ab\""));
    assert_eq!(header(&requests[0], "content-type"), Some("application/merge-patch+json"));
    assert_eq!(body(&requests[0]), json!({"domain": null}));
    assert_eq!(header(&requests[1], "if-match"), Some("*"));
    assert_eq!(server.addresses()[1], "DELETE /api/organizations/org-1/workspaces/ws-1");
}

#[tokio::test]
async fn lists_are_filtered() {
    let empty = answer(200, "", "[]");
    let server = Server::answering([empty.as_str(); 4]).await;
    let client = server.client();
    let id = OrganizationId::from("org-1");
    let filter = MemberFilter { q: Some("a&b=ü".into()), role: Some(OrganizationRole::Owner) };
    let page = PageRequest::of(7).at("c+d".into());
    client.organization(&id).members().list(&filter, &page).await.unwrap();
    let filter = InvitationFilter { status: Some(InvitationStatus::Pending) };
    let page = PageRequest::default();
    client.organization(&id).invitations().list(&filter, &page).await.unwrap();
    client.organizations().list(&page).await.unwrap();
    client.organizations().whole().await.unwrap();
    assert_eq!(
        server.addresses(),
        [
            "GET /api/organizations/org-1/members?q=a%26b%3D%C3%BC&role=owner&limit=7&cursor=c%2Bd",
            "GET /api/organizations/org-1/invitations?status=pending",
            "GET /api/organizations?limit=100",
            "GET /api/organizations",
        ]
    );
}

#[test]
fn what_is_left_out_is_not_sent() {
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    for (sent, expected) in [
        (
            serde_json::to_value(Registration::new("ada@acme.com", "secret", "Ada")),
            value(r#"{"email": "ada@acme.com", "password": "secret", "name": "Ada"}"#),
        ),
        (serde_json::to_value(NewOrganization::new("Acme")), value(r#"{"name": "Acme"}"#)),
        (
            serde_json::to_value(OrganizationProfile::new("Acme")),
            value(
                r#"{"name": "Acme", "domain": null, "external_id": null, "metadata": {},
                    "settings": {}}"#,
            ),
        ),
        (
            serde_json::to_value(NewInvitation::new("bob@acme.com", OrganizationRole::Member)),
            value(r#"{"email": "bob@acme.com", "role": "member"}"#),
        ),
        (
            serde_json::to_value(QuotaLimits {
                users: Limit::at_most(9),
                ..QuotaLimits::default()
            }),
            value(r#"{"users": {"limit": 9}, "workspaces": {"limit": null}}"#),
        ),
    ] {
        assert_eq!(sent.unwrap(), expected);
    }
}
