//! The queries of lists: `limit`, `cursor`, and what a list is filtered by.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Query};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use guildhall_application::{
    Cursor, CursorError, PageRequest,
    ports::{MemberFilter, UserFilter},
};
use guildhall_domain::{InvitationStatus, TextError, text};

use super::words::{parse_invitation_status, parse_role, parse_user_status};
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
        let mut parameters = Parameters::new(query)?;
        let page = parameters.page();
        parameters.finish(match page {
            PageParameters { limit: None, after: None } => Self::Whole,
            page => Self::Page(page.into()),
        })
    }
}

/// Which page is wanted of a list that is never sent whole; the first hundred
/// if the query says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageQuery(pub(crate) PageRequest);

impl FromRequest for PageQuery {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Parameters::new(request.query_string()).and_then(|mut parameters| {
            let page = parameters.page();
            parameters.finish(Self(page.into()))
        }))
    }
}

/// Which members are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemberQuery {
    pub(crate) filter: MemberFilter,
    pub(crate) page: PageRequest,
}

impl FromRequest for MemberQuery {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Parameters::new(request.query_string()).and_then(|mut parameters| {
            let page = parameters.page().into();
            let text = parameters.value("q", parse_text);
            let role = parameters.value("role", parse_role);
            parameters.finish(Self { filter: MemberFilter { text, role }, page })
        }))
    }
}

/// Which users are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserQuery {
    pub(crate) filter: UserFilter,
    pub(crate) page: PageRequest,
}

impl FromRequest for UserQuery {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Parameters::new(request.query_string()).and_then(|mut parameters| {
            let page = parameters.page().into();
            let text = parameters.value("q", parse_text);
            let status = parameters.value("status", parse_user_status);
            parameters.finish(Self { filter: UserFilter { text, status }, page })
        }))
    }
}

/// Which invitations are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvitationQuery {
    pub(crate) status: Option<InvitationStatus>,
    pub(crate) page: PageRequest,
}

impl FromRequest for InvitationQuery {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Parameters::new(request.query_string()).and_then(|mut parameters| {
            let page = parameters.page().into();
            let status = parameters.value("status", parse_invitation_status);
            parameters.finish(Self { status, page })
        }))
    }
}

/// The parameters of a query, and what is wrong with them.
struct Parameters {
    pairs: Vec<(String, String)>,
    faults: Vec<ProblemFault>,
}

struct PageParameters {
    limit: Option<u32>,
    after: Option<Cursor>,
}

impl From<PageParameters> for PageRequest {
    fn from(page: PageParameters) -> Self {
        Self { after: page.after, limit: page.limit.unwrap_or(Self::MAX_LIMIT) }
    }
}

impl Parameters {
    fn new(query: &str) -> Result<Self, ApiError> {
        let not_a_query = |_| ApiError::InvalidQuery(Vec::new());
        let Query(pairs) = Query::from_query(query).map_err(not_a_query)?;
        Ok(Self { pairs, faults: Vec::new() })
    }

    fn page(&mut self) -> PageParameters {
        let limit = self.value("limit", parse_limit);
        PageParameters { limit, after: self.value("cursor", parse_cursor) }
    }

    /// The value of a parameter that may stand in the query once.
    fn value<T, E: ToString>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let mut values = self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        let value = values.next()?;
        let parsed = match values.next() {
            None => parse(value).map_err(|error| error.to_string()),
            Some(_) => Err("must be given once".to_owned()),
        };
        parsed.map_err(|detail| self.faults.push(ProblemFault::of_parameter(name, detail))).ok()
    }

    fn finish<T>(self, query: T) -> Result<T, ApiError> {
        if self.faults.is_empty() { Ok(query) } else { Err(ApiError::InvalidQuery(self.faults)) }
    }
}

fn parse_text(value: &str) -> Result<String, TextError> {
    text::clean(value, 200)
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
    use actix_web::test::TestRequest;
    use guildhall_domain::{OrganizationRole, Timestamp};

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

    #[test]
    fn members_are_asked_for_by_text_and_role() {
        let wanted = |text: Option<&str>, role, limit| MemberQuery {
            filter: MemberFilter { text: text.map(str::to_owned), role },
            page: PageRequest { after: None, limit },
        };
        for (query, expected) in [
            ("", wanted(None, None, 100)),
            ("other=1", wanted(None, None, 100)),
            ("q=+ada%20l+", wanted(Some("ada l"), None, 100)),
            ("role=admin&limit=7", wanted(None, Some(OrganizationRole::Admin), 7)),
        ] {
            let request = TestRequest::with_uri(&format!("/?{query}")).to_http_request();
            let found = MemberQuery::from_request(&request, &mut Payload::None).into_inner();
            assert_eq!(found.unwrap(), expected, "{query}");
        }
    }
}
