//! Entity tags (RFC 9110, 8.8.3): the version of a resource, and behind it a
//! digest of all that is shown, of which some is no part of the resource: counts,
//! the caller's own role, the account behind a membership.
//!
//! A change that is made for a version (`If-Match`) looks at the version alone:
//! that somebody joined an organization is no reason to refuse a new name for it.

use std::{
    future::{Ready, ready},
    hash::{DefaultHasher, Hash, Hasher},
};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder,
    dev::Payload,
    http::header::{ETAG, EntityTag, Header, IfMatch, IfNoneMatch},
};
use guildhall_application::ExpectedVersion;
use serde::Serialize;

use crate::error::ApiError;

/// A resource as it is shown, and the tag of that.
pub(crate) struct Tagged<T> {
    shown: T,
    tag: EntityTag,
}

impl<T: Serialize + Hash> Tagged<T> {
    pub(crate) fn new(shown: T, version: u64) -> Self {
        // Nodes of two builds may differ in the digest, which costs a client
        // one answer that it had already.
        let mut digest = DefaultHasher::new();
        shown.hash(&mut digest);
        let tag = format!("{version}.{:016x}", digest.finish());
        Self { shown, tag: EntityTag::new_strong(tag) }
    }

    /// The answer to a `GET`: the resource, or that the client has it already.
    pub(crate) fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let is_known = match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => request.headers().contains_key("if-none-match"),
            Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&self.tag)),
            Err(_) => false,
        };
        if is_known {
            let tag = self.tag.to_string();
            return HttpResponse::NotModified().insert_header((ETAG, tag)).finish();
        }
        self.answer(HttpResponse::Ok())
    }

    /// The resource, in an answer that was begun.
    pub(crate) fn answer(self, mut response: HttpResponseBuilder) -> HttpResponse {
        response.insert_header((ETAG, self.tag.to_string())).json(self.shown)
    }
}

/// The versions that the change of a request is meant for, by `If-Match`.
pub(crate) struct ForVersion(pub(crate) ExpectedVersion);

impl FromRequest for ForVersion {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if !request.headers().contains_key("if-match") {
            return ready(Ok(Self(ExpectedVersion::Any)));
        }
        // A tag that is none of ours is of no version.
        ready(Ok(Self(match IfMatch::parse(request) {
            Ok(IfMatch::Any) => ExpectedVersion::Existing,
            Ok(IfMatch::Items(tags)) => {
                ExpectedVersion::OneOf(tags.iter().filter_map(version).collect())
            }
            Err(_) => ExpectedVersion::OneOf(Vec::new()),
        })))
    }
}

/// The version of a tag of ours; they count from 1. A weak tag never matches
/// (RFC 9110, 13.1.1).
fn version(tag: &EntityTag) -> Option<u64> {
    if tag.weak {
        return None;
    }
    tag.tag().split('.').next()?.parse().ok().filter(|version| *version > 0)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use guildhall_domain::Timestamp;

    use super::*;
    use crate::timestamp::Rfc3339;

    fn expected(header: Option<&str>) -> ExpectedVersion {
        let mut request = TestRequest::default();
        if let Some(header) = header {
            request = request.insert_header(("if-match", header));
        }
        let future = ForVersion::from_request(&request.to_http_request(), &mut Payload::None);
        future.into_inner().unwrap().0
    }

    #[test]
    fn a_change_is_meant_for_the_versions_of_its_tags() {
        for (header, versions) in [
            (None, ExpectedVersion::Any),
            (Some("*"), ExpectedVersion::Existing),
            (Some("\"3\""), ExpectedVersion::OneOf(vec![3])),
            (Some("\"3.0123456789abcdef\""), ExpectedVersion::OneOf(vec![3])),
            (Some("\"0\""), ExpectedVersion::OneOf(vec![])),
            (Some(""), ExpectedVersion::OneOf(vec![])),
            (Some("\"3\", \"4.1\""), ExpectedVersion::OneOf(vec![3, 4])),
            (Some("W/\"3\""), ExpectedVersion::OneOf(vec![])),
            (Some("\"abc\""), ExpectedVersion::OneOf(vec![])),
            (Some("3"), ExpectedVersion::OneOf(vec![])),
        ] {
            assert_eq!(expected(header), versions, "{header:?}");
        }
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let tag = Tagged::new("shown", 3).tag.to_string();
        assert!(tag.starts_with("\"3."), "{tag}");
        for (header, status) in [
            (None, 200),
            (Some(tag.clone()), 304),
            (Some(format!("W/{tag}")), 304),
            (Some(format!("\"2\", {tag}")), 304),
            (Some("*".to_owned()), 304),
            (Some("\"3\"".to_owned()), 200),
            (Some("nonsense".to_owned()), 200),
        ] {
            let mut request = TestRequest::default();
            if let Some(header) = &header {
                request = request.insert_header(("if-none-match", header.as_str()));
            }
            let response = Tagged::new("shown", 3).respond_to(&request.to_http_request());
            assert_eq!(response.status(), status, "{header:?}");
            assert_eq!(response.headers().get("etag").unwrap(), tag.as_str());
        }
    }

    #[test]
    fn decimals_that_are_not_shown_do_not_count() {
        let at = |nanos| Rfc3339(Timestamp::from_timestamp_nanos(nanos));
        let tag = |nanos| Tagged::new(at(nanos), 1).tag.to_string();
        assert_eq!(tag(1_000_000), tag(1_000_001));
        assert_ne!(tag(1_000_000), tag(2_000_000));
    }

    #[test]
    fn another_version_and_other_words_have_another_tag() {
        let tags = [("shown", 3), ("shown", 4), ("shown otherwise", 3)]
            .map(|(shown, version)| Tagged::new(shown, version).tag.to_string());
        assert!(tags[0] != tags[1] && tags[0] != tags[2], "{tags:?}");
    }
}
