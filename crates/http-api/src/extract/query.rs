//! The query of a list: `limit` and `cursor`.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Query};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use guildhall_application::{Cursor, CursorError, PageRequest};

use crate::{error::ApiError, problem::ProblemFault};

/// Which part of a list is wanted. Parameters of other names are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListQuery {
    /// All of it.
    Whole,
    /// One page.
    Page(PageRequest),
}

impl FromRequest for ListQuery {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request.query_string()))
    }
}

impl ListQuery {
    fn parse(query: &str) -> Result<Self, ApiError> {
        let not_a_query = |_| ApiError::InvalidQuery(Vec::new());
        let Query(pairs) =
            Query::<Vec<(String, String)>>::from_query(query).map_err(not_a_query)?;
        let mut faults = Vec::new();
        let limit = parameter(&pairs, "limit", parse_limit, &mut faults);
        let after = parameter(&pairs, "cursor", parse_cursor, &mut faults);
        if !faults.is_empty() {
            return Err(ApiError::InvalidQuery(faults));
        }
        if limit.is_none() && after.is_none() {
            return Ok(Self::Whole);
        }
        let limit = limit.unwrap_or(PageRequest::MAX_LIMIT);
        Ok(Self::Page(PageRequest { after, limit }))
    }
}

/// The value of a parameter that may stand in the query once.
fn parameter<T, E: ToString>(
    pairs: &[(String, String)],
    name: &'static str,
    parse: impl Fn(&str) -> Result<T, E>,
    faults: &mut Vec<ProblemFault>,
) -> Option<T> {
    let mut values = pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
    let value = values.next()?;
    if values.next().is_some() {
        faults.push(ProblemFault::of_parameter(name, "must be given once".to_owned()));
        return None;
    }
    let refused = |error: E| faults.push(ProblemFault::of_parameter(name, error.to_string()));
    parse(value).map_err(refused).ok()
}

fn parse_limit(value: &str) -> Result<u32, String> {
    let bounds = 1..=PageRequest::MAX_LIMIT;
    // `u32::from_str` also takes `+7`.
    let number = value.bytes().all(|b| b.is_ascii_digit()).then(|| value.parse().ok()).flatten();
    number
        .filter(|limit| bounds.contains(limit))
        .ok_or_else(|| format!("must be a whole number from 1 to {}", PageRequest::MAX_LIMIT))
}

fn parse_cursor(value: &str) -> Result<Cursor, CursorError> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(value).map_err(|_| CursorError)?;
    Cursor::from_bytes(&bytes)
}

/// A cursor as it stands in a link.
pub(crate) fn cursor_text(cursor: Cursor) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(cursor.to_bytes())
}

#[cfg(test)]
mod tests {
    use guildhall_domain::Timestamp;

    use super::*;

    #[test]
    fn pages_are_asked_for_by_limit_or_cursor() {
        let cursor = Cursor {
            created_at: Timestamp::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
            id: uuid::Uuid::from_u128(7),
        };
        let text = cursor_text(cursor);
        let page = |after, limit| ListQuery::Page(PageRequest { after, limit });
        for (query, expected) in [
            (String::new(), ListQuery::Whole),
            ("other=1&limits=0".to_owned(), ListQuery::Whole),
            ("limit=1".to_owned(), page(None, 1)),
            ("limit=100".to_owned(), page(None, 100)),
            (format!("cursor={text}"), page(Some(cursor), 100)),
            (format!("limit=7&cursor={text}"), page(Some(cursor), 7)),
        ] {
            assert_eq!(ListQuery::parse(&query).unwrap(), expected, "{query}");
        }
    }

    #[test]
    fn every_bad_parameter_is_named() {
        for (query, names) in [
            ("limit=", &["limit"][..]),
            ("limit=0", &["limit"]),
            ("limit=101", &["limit"]),
            ("limit=-1", &["limit"]),
            ("limit=%2B7", &["limit"]),
            ("limit=1.5", &["limit"]),
            ("limit=99999999999999999999", &["limit"]),
            ("limit=1&limit=1", &["limit"]),
            ("cursor=", &["cursor"]),
            ("cursor=abc", &["cursor"]),
            ("cursor=%00%ff", &["cursor"]),
            ("cursor=____________________________________", &["cursor"]),
            ("limit=x&cursor=x", &["limit", "cursor"]),
        ] {
            let Err(ApiError::InvalidQuery(faults)) = ListQuery::parse(query) else {
                panic!("{query} was taken");
            };
            let found: Vec<_> = faults.iter().filter_map(|fault| fault.parameter).collect();
            assert_eq!(found, names, "{query}");
        }
    }
}
