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
        let guarded = endpoint.access == Access::SignedIn;
        let refusal = &operation["responses"]["401"]["content"]["application/problem+json"];
        let refused = refusal["example"]["detail"] == "Not authenticated";
        assert_eq!(refused, guarded, "{method} {}", endpoint.path);
        let bearer = operation["security"][0].get("bearer").is_some();
        assert_eq!(bearer, guarded, "{method} {}", endpoint.path);
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
