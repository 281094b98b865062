//! The headers that tell how much of a quota is left.

use actix_web::{
    HttpResponseBuilder,
    http::header::{HeaderName, HeaderValue},
};
use guildhall_domain::Quota;

/// At most so many; `unlimited` is no limit.
pub(crate) const QUOTA_LIMIT: HeaderName = HeaderName::from_static("quota-limit");
/// So many there are.
pub(crate) const QUOTA_USED: HeaderName = HeaderName::from_static("quota-used");

/// Both headers.
pub(crate) fn quota_headers(quota: &Quota) -> [(HeaderName, HeaderValue); 2] {
    let limit = match quota.limit {
        Some(limit) => HeaderValue::from(limit),
        None => HeaderValue::from_static("unlimited"),
    };
    [(QUOTA_LIMIT, limit), (QUOTA_USED, HeaderValue::from(quota.used))]
}

/// An answer with both headers.
pub(crate) fn with_quota(mut response: HttpResponseBuilder, quota: &Quota) -> HttpResponseBuilder {
    for header in quota_headers(quota) {
        response.insert_header(header);
    }
    response
}
