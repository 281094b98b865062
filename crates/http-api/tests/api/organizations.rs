//! The list of organizations, and those that nobody may know of.

use guildhall_application::{
    PageRequest,
    ports::{OrganizationSummary, StoreError},
    testing::{TestPorts, organization_summary},
};
use guildhall_domain::OrganizationId;
use guildhall_http_api::HttpSettings;
use uuid::Uuid;

use crate::support::{api_with, call, get, send, signed, signed_in};

/// Ports with organizations numbered `total` down to 1; a page behind number
/// `broken` cannot be read.
pub(crate) fn with_organizations(total: u32, broken: Option<u32>) -> TestPorts {
    let mut ports = signed_in();
    ports.organizations.expect_any_exists().returning(|| Ok(true));
    ports.organizations.expect_accessible_to().returning(move |_, page| {
        let after = page.after.map(|cursor| u32::try_from(cursor.id.as_u128()).unwrap());
        if after.is_some() && after == broken {
            return Err(StoreError::Failed("disk".to_owned()));
        }
        let newest = after.map_or(total, |after| after - 1);
        let rows = (1..=newest).rev().map(organization_summary);
        Ok(rows.take(page.limit.try_into().unwrap()).collect())
    });
    ports
}

fn acme() -> OrganizationSummary {
    OrganizationSummary {
        id: OrganizationId::new("123e4567-e89b-12d3-a456-426614174000".parse().unwrap()),
        name: "Acme Corporation".to_owned(),
        domain: Some("acme.com".to_owned()),
        users_count: 42,
        workspaces_count: 15,
        created_at: "2026-01-15T10:00:00Z".parse().unwrap(),
    }
}

const ACME: &str = r#"{"id":"org-123e4567-e89b-12d3-a456-426614174000","name":"Acme Corporation","domain":"acme.com","users_count":42,"workspaces_count":15,"created_at":"2026-01-15T10:00:00.000Z""#;

#[actix_web::test]
async fn an_organization_in_the_list_has_exactly_six_fields() {
    let mut ports = signed_in();
    ports.organizations.expect_accessible_to().returning(|_, _| Ok(vec![acme()]));
    let answer = send(ports, signed(get("/api/organizations"))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.body, format!("[{ACME}}}]"));
}

#[actix_web::test]
async fn a_list_without_a_limit_is_complete() {
    for total in [0, 1, 499, 500, 501, 1000, 1001, 1730] {
        let ports = with_organizations(total, None);
        let answer = send(ports, signed(get("/api/organizations"))).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("link"), None);
        let list = answer.json();
        let numbers: Vec<_> =
            list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
        let expected: Vec<_> = (1..=total).rev().map(|n| format!("Organization {n}")).collect();
        assert_eq!(numbers, expected);
    }
}

#[actix_web::test]
async fn pages_lead_to_each_other() {
    let mut path = "/api/organizations?limit=2".to_owned();
    let mut seen = Vec::new();
    loop {
        let answer = send(with_organizations(5, None), signed(get(&path))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let page = answer.json();
        seen.push(page.as_array().unwrap().len());
        let Some(link) = answer.header("link") else { break };
        let target = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\""));
        path = target.unwrap_or_else(|| panic!("{link}")).to_owned();
        assert!(path.starts_with("/api/organizations?limit=2&cursor="), "{path}");
    }
    assert_eq!(seen, [2, 2, 1]);
}

#[actix_web::test]
async fn a_link_is_absolute_where_the_public_address_is_known() {
    let settings = HttpSettings {
        public_url: Some("https://guildhall.acme.com/".to_owned()),
        ..HttpSettings::default()
    };
    let api = api_with(with_organizations(2, None), settings);
    let answer = call(&api, signed(get("/api/organizations?limit=1"))).await;
    let link = answer.header("link").unwrap();
    assert!(
        link.starts_with("<https://guildhall.acme.com/api/organizations?limit=1&cursor="),
        "{link}"
    );
}

#[actix_web::test]
async fn a_cursor_alone_asks_for_a_hundred() {
    let first =
        send(with_organizations(300, None), signed(get("/api/organizations?limit=1"))).await;
    let link = first.header("link").unwrap();
    let cursor = link.split_once("cursor=").unwrap().1.split_once('>').unwrap().0;
    let path = format!("/api/organizations?cursor={cursor}");
    let answer = send(with_organizations(300, None), signed(get(&path))).await;
    let page = answer.json();
    assert_eq!(page.as_array().unwrap().len(), usize::try_from(PageRequest::MAX_LIMIT).unwrap());
    assert_eq!(page[0]["name"], "Organization 299");
}

#[actix_web::test]
async fn bad_pages_are_refused_with_every_fault() {
    for (query, places) in [
        ("limit=0", &["limit"][..]),
        ("limit=-1", &["limit"]),
        ("limit=99999999999999999999", &["limit"]),
        ("limit=", &["limit"]),
        ("cursor=", &["cursor"]),
        ("cursor=!", &["cursor"]),
        ("limit=abc&cursor=abc", &["limit", "cursor"]),
    ] {
        let path = format!("/api/organizations?{query}");
        let answer = send(signed_in(), signed(get(&path))).await;
        answer.assert_problem(400, "invalid-query");
        assert_eq!(answer.fault_places(), places, "{query}");
    }
}

#[actix_web::test]
async fn a_store_that_fails_before_the_first_byte_is_a_problem() {
    let mut ports = signed_in();
    ports
        .organizations
        .expect_accessible_to()
        .returning(|_, _| Err(StoreError::Failed("secret cause".to_owned())));
    let answer = send(ports, signed(get("/api/organizations"))).await;
    answer.assert_problem(500, "internal-error");
    assert!(!answer.body.contains("secret"), "{answer:?}");
}

#[actix_web::test]
async fn absent_hidden_and_malformed_are_one_answer() {
    let absent = OrganizationId::new(Uuid::from_u128(9)).to_string();
    let mut bodies = Vec::new();
    for id in [
        absent.as_str(),
        "00000000-0000-0000-0000-000000000009",
        "user-00000000-0000-0000-0000-000000000009",
        "ORG-00000000-0000-0000-0000-000000000009",
        "7",
        "org-",
        "%00",
        "%ff",
        "..%2f..",
        &"x".repeat(5_000),
    ] {
        let mut ports = signed_in();
        ports.organizations.expect_access().returning(|_, _| Ok(None));
        let request = signed(get(&format!("/api/organizations/{id}")));
        let answer = send(ports, request.insert_header(("X-Request-Id", "same"))).await;
        answer.assert_problem(404, "not-found");
        bodies.push(answer.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
}
