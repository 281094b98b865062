//! The OpenAPI document: a snapshot, held to the route table.

use std::{collections::BTreeSet, fs};

use guildhall_http_api::{
    openapi_json,
    routes::{Access, ENDPOINTS},
};
use serde_json::Value;

const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

fn document() -> Value {
    serde_json::from_str(&openapi_json()).unwrap()
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "whether to write the snapshot anew is for whoever runs this"
)]
fn the_document_is_the_one_in_docs() {
    let made = openapi_json();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(SNAPSHOT, &made).unwrap();
    }
    let kept = fs::read_to_string(SNAPSHOT).unwrap_or_default();
    assert!(made == kept, "docs/openapi.json is out of date; run this with UPDATE_OPENAPI=1");
}

#[test]
fn the_document_and_the_routes_name_the_same_operations() {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let documented: BTreeSet<_> = paths
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| (path.clone(), method.clone()))
        })
        .collect();
    let routed: BTreeSet<_> = ENDPOINTS
        .iter()
        .map(|endpoint| (endpoint.path.to_owned(), endpoint.method.as_str().to_lowercase()))
        .collect();
    assert_eq!(documented, routed);
    assert_eq!(routed.len(), ENDPOINTS.len());
}

#[test]
fn who_may_call_is_documented_as_it_is_enforced() {
    let document = document();
    for endpoint in ENDPOINTS {
        let method = endpoint.method.as_str().to_lowercase();
        let operation = &document["paths"][endpoint.path][&method];
        let guarded = endpoint.access != Access::Public;
        let refusal = &operation["responses"]["401"]["content"]["application/problem+json"];
        let refused = refusal["example"]["detail"] == "Not authenticated";
        assert_eq!(refused, guarded, "{method} {}", endpoint.path);
        let bearer = operation["security"][0].get("bearer").is_some();
        assert_eq!(bearer, guarded, "{method} {}", endpoint.path);
        let says = |status: &str, slug: &str| {
            let description = operation["responses"][status]["description"].as_str();
            description.is_some_and(|text| text.contains(&format!("(/problems/{slug})")))
        };
        let verified = endpoint.access == Access::Verified;
        assert_eq!(says("403", "email-not-verified"), verified, "{method} {}", endpoint.path);
        assert_eq!(says("429", "too-many-requests"), guarded, "{method} {}", endpoint.path);
        for (status, response) in operation["responses"].as_object().unwrap() {
            let counted = response["headers"].get("RateLimit-Policy").is_some();
            let is_told = guarded && (status.starts_with('2') || status == "429");
            assert_eq!(counted, is_told, "{method} {} {status}", endpoint.path);
        }
    }
}

#[test]
fn every_refusal_is_a_problem() {
    let document = document();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                if status.as_str() < "400" {
                    continue;
                }
                let content = &response["content"]["application/problem+json"];
                let schema = &content["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/Problem", "{path} {status}");
            }
        }
    }
}

/// Every operation with its method and path.
fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    document["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (format!("{method} {path}"), operation))
    })
}

#[test]
fn every_operation_documents_what_it_can_answer() {
    let conflicts = [
        (
            "post /api/auth/register",
            &["email-taken", "organization-name-taken", "quota-exceeded"][..],
        ),
        ("patch /api/users/{id}", &["last-admin"]),
        ("delete /api/users/{id}", &["last-owner", "last-admin"]),
        ("post /api/users/{id}/deactivate", &["last-admin"]),
        (
            "post /api/organizations",
            &["organization-name-taken", "domain-taken", "external-id-taken"],
        ),
        (
            "put /api/organizations/{id}",
            &["organization-name-taken", "domain-taken", "external-id-taken"],
        ),
        (
            "patch /api/organizations/{id}",
            &["organization-name-taken", "domain-taken", "external-id-taken"],
        ),
        ("put /api/organizations/{id}/members/{user}", &["last-owner", "quota-exceeded"]),
        ("delete /api/organizations/{id}/members/{user}", &["last-owner"]),
        ("post /api/organizations/{id}/workspaces", &["quota-exceeded"]),
        (
            "post /api/organizations/{id}/invitations",
            &["already-member", "already-invited", "quota-exceeded"],
        ),
        (
            "post /api/organizations/{id}/invitations/{invitation}/resend",
            &["invitation-closed", "quota-exceeded"],
        ),
        ("delete /api/organizations/{id}/invitations/{invitation}", &["invitation-closed"]),
        ("post /api/invitations/{token}/accept", &["already-member", "quota-exceeded"]),
    ];
    let document = document();
    for (name, operation) in operations(&document) {
        let answers = |status: &str| operation["responses"].get(status).is_some();
        let forbids = ENDPOINTS.iter().any(|endpoint| {
            let method = endpoint.method.as_str().to_lowercase();
            endpoint.access == Access::Verified && format!("{method} {}", endpoint.path) == name
        });
        let enters =
            name == "post /api/auth/register" || name.starts_with("post /api/invitations/{token}/");
        assert_eq!(answers("403"), forbids || enters, "{name}: 403");
        let mails = name.ends_with("/invitations")
            || name.ends_with("/resend")
            || name.ends_with("/verification")
            || name.ends_with("/forgot");
        assert_eq!(answers("501"), mails && name.starts_with("post"), "{name}: 501");
        let may_lack = name.contains('{') || name.ends_with("/latest");
        assert_eq!(answers("404"), may_lack, "{name}: 404");
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters: Vec<_> = parameters.map(|parameter| &parameter["name"]).collect();
        let takes = |name: &str| parameters.iter().any(|parameter| *parameter == name);
        assert_eq!(answers("412"), takes("If-Match"), "{name}: 412");
        assert_eq!(answers("304"), takes("If-None-Match"), "{name}: 304");
        assert!(answers("400") || !takes("limit"), "{name}: 400");
        for status in ["400", "413", "415", "422"] {
            assert!(answers(status) || operation.get("requestBody").is_none(), "{name}: {status}");
        }

        let slugs = conflicts.iter().find(|(other, _)| *other == name).map(|(_, slugs)| *slugs);
        let documented = operation["responses"]["409"]["description"].as_str().unwrap_or_default();
        assert_eq!(
            documented.matches("(/problems/").count(),
            slugs.map_or(0, <[_]>::len),
            "{name}"
        );
        for slug in slugs.unwrap_or_default() {
            assert!(documented.contains(&format!("(/problems/{slug})")), "{name}: {documented}");
        }
        let quota = operation["responses"]["409"]["headers"].get("Quota-Limit").is_some();
        assert_eq!(quota, documented.contains("quota-exceeded"), "{name}");
    }
}

#[test]
fn whatever_creates_can_be_repeated_safely() {
    let document = document();
    for (name, operation) in operations(&document) {
        let creates = name.starts_with("post") && operation["responses"].get("201").is_some();
        // What registration answers is a secret, which is never kept.
        let is_kept = creates && name != "post /api/auth/register";
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        let takes_key = parameters.any(|parameter| parameter["name"] == "Idempotency-Key");
        assert_eq!(takes_key, is_kept, "{name}");
        for (status, slug) in
            [("400", "invalid-idempotency-key"), ("422", "idempotency-key-reused")]
        {
            let description = operation["responses"][status]["description"].as_str();
            let says = description.is_some_and(|text| text.contains(slug));
            assert_eq!(says, is_kept, "{name}: {status}");
        }
    }
}

#[test]
fn every_header_is_described() {
    let document = document();
    for (name, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            for (header, described) in response["headers"].as_object().into_iter().flatten() {
                assert!(described["description"].is_string(), "{name} {status} {header}");
            }
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn check(value: &Value, document: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                }
                members.values().for_each(|value| check(value, document));
            }
            Value::Array(elements) => elements.iter().for_each(|value| check(value, document)),
            _ => {}
        }
    }
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    check(&document, &document);
}
