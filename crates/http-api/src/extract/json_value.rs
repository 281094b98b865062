//! JSON as clients send it, parsed strictly: an object that names a member
//! twice means different things to different readers (RFC 8259, 4) and is
//! refused.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, error::Category};

use crate::error::ApiError;

/// Parses a body.
///
/// # Errors
///
/// [`ApiError::MalformedJson`] says where parsing ended and echoes nothing of
/// the body.
pub(crate) fn parse(body: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice::<Strict>(body).map(|Strict(value)| value).map_err(|error| {
        let what = match error.classify() {
            Category::Eof if body.is_empty() => return malformed("The body is empty."),
            Category::Eof => "The body ends too early",
            Category::Data => "An object has two members of one name",
            Category::Syntax | Category::Io => "The body is not JSON",
        };
        let (line, column) = (error.line(), error.column());
        malformed(format!("{what}: line {line}, column {column}."))
    })
}

fn malformed(detail: impl Into<String>) -> ApiError {
    ApiError::MalformedJson(detail.into())
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Strict(value)) = elements.next_element()? {
            array.push(value);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Strict(value))) = members.next_entry::<String, Strict>()? {
            if object.insert(name, value).is_some() {
                return Err(Error::custom("two members of one name"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(body: &[u8]) -> String {
        match parse(body) {
            Err(ApiError::MalformedJson(detail)) => detail,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn json_is_read_as_it_is() {
        let text = r#"{"a":[null,true,1,-1,1.5,"x\u0000"],"b":{"a":{}}}"#;
        assert_eq!(parse(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let deep = "[".repeat(100_000);
        for (body, expected) in [
            (&b""[..], "The body is empty."),
            (b"{\"a\":", "The body ends too early: line 1, column 5."),
            (b"{\n  secret", "The body is not JSON: line 2, column 3."),
            (b"{} {}", "The body is not JSON: line 1, column 4."),
            (b"\"\xff\"", "The body is not JSON: line 1, column 2."),
            (br#""\ud800""#, "The body is not JSON: line 1, column 8."),
            (b"1e999", "The body is not JSON: line 1, column 5."),
            (deep.as_bytes(), "The body is not JSON: line 1, column 128."),
            (
                br#"{"a":{"b":1,"b":2}}"#,
                "An object has two members of one name: line 1, column 18.",
            ),
        ] {
            assert_eq!(detail(body), expected, "{:?}", String::from_utf8_lossy(body));
        }
    }
}
