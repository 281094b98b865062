//! The queries of lists: `limit`, `cursor`, and what a list is filtered by.

use std::{
    future::{Ready, ready},
    str::FromStr,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::Datelike;
use guildhall_application::{
    Cursor, CursorError, PageRequest,
    ports::{AuditFilter, MemberFilter, UserFilter},
};
use guildhall_domain::{InvitationStatus, TextError, Timestamp, text};
use uuid::Uuid;

use super::words::{parse_action, parse_invitation_status, parse_role, parse_user_status};
use crate::{error::ApiError, problem::ProblemFault};

/// What the query of a request asks for. Every bad parameter is named in the
/// refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: FromQuery> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request.query_string()))
    }
}

impl<T: FromQuery> Query<T> {
    fn parse(query: &str) -> Result<Self, ApiError> {
        let mut parameters = Parameters::new(query)?;
        let wanted = T::from_query(&mut parameters);
        parameters.finish(Self(wanted))
    }
}

/// Something that is asked for in a query.
pub(crate) trait FromQuery {
    /// What the parameters say; a fault among them is kept there.
    fn from_query(parameters: &mut Parameters) -> Self;
}

/// Which part of a list is wanted. Parameters of other names are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListQuery {
    /// All of it.
    Whole,
    /// One page.
    Page(PageRequest),
}

impl FromQuery for ListQuery {
    fn from_query(parameters: &mut Parameters) -> Self {
        match parameters.page() {
            PageParameters { limit: None, after: None } => Self::Whole,
            page => Self::Page(page.into()),
        }
    }
}

/// The page of a list that is never sent whole; the first hundred if the query
/// says nothing.
impl FromQuery for PageRequest {
    fn from_query(parameters: &mut Parameters) -> Self {
        parameters.page().into()
    }
}

/// Which members are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemberQuery {
    pub(crate) filter: MemberFilter,
    pub(crate) page: PageRequest,
}

impl FromQuery for MemberQuery {
    fn from_query(parameters: &mut Parameters) -> Self {
        let page = parameters.page().into();
        let text = parameters.value("q", parse_text);
        let role = parameters.value("role", parse_role);
        Self { filter: MemberFilter { text, role }, page }
    }
}

/// Which users are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserQuery {
    pub(crate) filter: UserFilter,
    pub(crate) page: PageRequest,
}

impl FromQuery for UserQuery {
    fn from_query(parameters: &mut Parameters) -> Self {
        let page = parameters.page().into();
        let text = parameters.value("q", parse_text);
        let status = parameters.value("status", parse_user_status);
        Self { filter: UserFilter { text, status }, page }
    }
}

/// Which invitations are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvitationQuery {
    pub(crate) status: Option<InvitationStatus>,
    pub(crate) page: PageRequest,
}

impl FromQuery for InvitationQuery {
    fn from_query(parameters: &mut Parameters) -> Self {
        let page = parameters.page().into();
        let status = parameters.value("status", parse_invitation_status);
        Self { status, page }
    }
}

/// Which events of the audit trail are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AuditQuery {
    pub(crate) filter: AuditFilter,
    pub(crate) page: PageRequest,
}

impl FromQuery for AuditQuery {
    fn from_query(parameters: &mut Parameters) -> Self {
        let page = parameters.page().into();
        let filter = AuditFilter {
            actor: parameters.value("actor", str::parse),
            action: parameters.value("action", parse_action),
            resource: parameters.value("resource", parse_any_id),
            since: parameters.value("since", parse_moment),
            until: parameters.value("until", parse_moment),
            success: parameters.value("success", parse_truth),
        };
        Self { filter, page }
    }
}

/// Which checkpoints are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CheckpointQuery {
    /// Over more entries than this.
    pub(crate) after: u64,
    pub(crate) limit: u32,
}

impl FromQuery for CheckpointQuery {
    fn from_query(parameters: &mut Parameters) -> Self {
        let after = parameters.value("after", parse_size).unwrap_or(0);
        let limit = parameters.value("limit", parse_limit).unwrap_or(PageRequest::MAX_LIMIT);
        Self { after, limit }
    }
}

/// The parameters of a query, and what is wrong with them.
pub(crate) struct Parameters {
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
        let web::Query(pairs) = web::Query::from_query(query).map_err(not_a_query)?;
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

/// An id of anything, with its prefix or without.
fn parse_any_id(value: &str) -> Result<Uuid, &'static str> {
    let uuid = value.len().checked_sub(uuid::fmt::Hyphenated::LENGTH);
    let uuid = uuid.and_then(|start| value.get(start..));
    uuid.and_then(|uuid| Uuid::try_parse(uuid).ok()).ok_or("must be an id")
}

fn parse_moment(value: &str) -> Result<Timestamp, &'static str> {
    let moment = Timestamp::from_str(value).ok();
    moment
        .filter(|moment| (1970..10_000).contains(&moment.year()))
        .ok_or("must be a moment such as 2026-01-15T10:00:00Z (RFC 3339)")
}

fn parse_truth(value: &str) -> Result<bool, &'static str> {
    value.parse().map_err(|_| "must be true or false")
}

fn parse_size(value: &str) -> Result<u64, &'static str> {
    let number: Option<i64> = value.parse().ok();
    number.and_then(|number| u64::try_from(number).ok()).ok_or("must be a whole number")
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
    use guildhall_domain::{OrganizationRole, Timestamp};

    use super::*;

    #[test]
    fn pages_are_asked_for_by_limit_or_cursor() {
        let cursor = Cursor {
            created_at: Timestamp::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
            id: Uuid::from_u128(7),
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
            assert_eq!(Query::parse(&query).unwrap(), Query(expected), "{query}");
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
            let Err(ApiError::InvalidQuery(faults)) = Query::<ListQuery>::parse(query) else {
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
            assert_eq!(Query::parse(query).unwrap(), Query(expected), "{query}");
        }
    }
}
