//! Lists, page by page.

use futures_util::TryStreamExt;
use guildhall_client::{Cursor, MemberFilter, OrganizationId, OrganizationRole, PageRequest};

use crate::server::{Server, answer};

fn page(names: &[&str], link: &str) -> String {
    let member = |name: &&str| {
        format!(
            r#"{{"user": {{"id": "user-{name}", "email": "{name}@acme.com", "name": "{name}"}},
                "role": "member", "source": "invitation",
                "joined_at": "2026-01-15T10:00:00.000Z"}}"#
        )
    };
    let members: Vec<_> = names.iter().map(member).collect();
    answer(200, link, &format!("[{}]", members.join(",")))
}

#[tokio::test]
async fn a_page_says_where_the_next_begins() {
    let link = "Link: </api/organizations/org-1/members?limit=2&cursor=c1>; rel=\"next\"\r\n";
    let server = Server::answering([&page(&["ada", "bob"], link), &page(&["eve"], "")]).await;
    let client = server.client();
    let id = OrganizationId::from("org-1");
    let members = client.organization(&id).members();
    let (filter, wanted) = (MemberFilter::default(), PageRequest::of(2));
    let first = members.list(&filter, &wanted).await.unwrap();
    assert_eq!((first.items.len(), first.next.as_ref()), (2, Some(&Cursor::from("c1"))));
    let second = members.list(&filter, &wanted.at(first.next.unwrap())).await.unwrap();
    assert_eq!((second.items.len(), second.next), (1, None));
}

#[tokio::test]
async fn a_stream_follows_the_pages_and_stays_at_its_service() {
    let link = "Link: <https://other.example/elsewhere?limit=2&cursor=c1>; rel=\"next\"\r\n";
    let server = Server::answering([&page(&["ada", "bob"], link), &page(&["eve"], "")]).await;
    let client = server.client();
    let id = OrganizationId::from("org-1");
    let filter = MemberFilter { role: Some(OrganizationRole::Member), ..MemberFilter::default() };
    let members: Vec<_> =
        client.organization(&id).members().all(&filter).try_collect().await.unwrap();
    let names: Vec<_> = members.iter().map(|member| member.user.name.as_str()).collect();
    assert_eq!(names, ["ada", "bob", "eve"]);
    assert_eq!(
        server.addresses(),
        [
            "GET /api/organizations/org-1/members?role=member&limit=100",
            "GET /api/organizations/org-1/members?role=member&limit=100&cursor=c1",
        ]
    );
}

#[tokio::test]
async fn a_stream_ends_with_the_error_that_it_meets() {
    let link = "Link: <?cursor=c1>; rel=\"next\"\r\n";
    let gone = answer(404, "", r#"{"type": "/problems/not-found", "detail": "…"}"#);
    let server = Server::answering([&page(&["ada"], link), &gone]).await;
    let client = server.client();
    let id = OrganizationId::from("org-1");
    let mut members = client.organization(&id).members().all(&MemberFilter::default());
    assert_eq!(members.try_next().await.unwrap().unwrap().user.name, "ada");
    assert!(members.try_next().await.unwrap_err().is_not_found());
    assert_eq!(members.try_next().await.unwrap(), None);

    let id = OrganizationId::from("..");
    let mut members = client.organization(&id).members().all(&MemberFilter::default());
    members.try_next().await.unwrap_err();
    assert_eq!(members.try_next().await.unwrap(), None);
}
