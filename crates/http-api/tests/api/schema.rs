//! Answers, held to their schemas in the OpenAPI document, strictly: a member
//! that the schema does not know is a fault.

use std::collections::BTreeSet;

use guildhall_http_api::openapi_json;
use serde_json::{Value, json};

/// Checks a value against the schema of that name.
pub(crate) fn check(name: &str, value: &Value) {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
    assert!(is_valid(&document, &schema, value), "{name}: {value}");
    let known = members(&document, &schema);
    for member in value.as_object().unwrap().keys() {
        assert!(known.contains(member), "{name} has no {member}");
    }
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).unwrap(),
        None => schema,
    }
}

fn parts<'a>(schema: &'a Value, keyword: &str) -> impl Iterator<Item = &'a Value> {
    schema[keyword].as_array().into_iter().flatten()
}

fn members(document: &Value, schema: &Value) -> BTreeSet<String> {
    let schema = resolve(document, schema);
    let own = schema["properties"].as_object().into_iter().flat_map(|own| own.keys().cloned());
    own.chain(parts(schema, "allOf").flat_map(|part| members(document, part))).collect()
}

fn is_valid(document: &Value, schema: &Value, value: &Value) -> bool {
    let schema = resolve(document, schema);
    let is = |part: &Value| is_valid(document, part, value);
    let one =
        schema.get("oneOf").is_none() || parts(schema, "oneOf").filter(|p| is(p)).count() == 1;
    let required =
        parts(schema, "required").all(|member| value.get(member.as_str().unwrap()).is_some());
    let properties =
        schema["properties"].as_object().into_iter().flatten().all(|(name, part)| {
            value.get(name).is_none_or(|member| is_valid(document, part, member))
        });
    let items = schema.get("items").is_none_or(|part| {
        value.as_array().into_iter().flatten().all(|item| is_valid(document, part, item))
    });
    one && parts(schema, "allOf").all(is)
        && has_type(&schema["type"], value)
        && required
        && properties
        && items
}

fn has_type(types: &Value, value: &Value) -> bool {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match types {
        Value::Null => true,
        Value::Array(types) => types.iter().any(|known| known == found),
        known => known == found,
    }
}
