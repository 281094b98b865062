//! The headers that tell how many requests are left
//! (draft-ietf-httpapi-ratelimit-headers).

use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use guildhall_application::ports::RequestBudget;

/// So many are left, until then.
pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// So many in a window, and how long that is.
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Both headers. The one policy counts the requests of an actor.
pub(crate) fn rate_limit_headers(budget: &RequestBudget) -> [(HeaderName, HeaderValue); 2] {
    let RequestBudget { limit, window, remaining, reset_after, .. } = budget;
    let left = format!("\"actor\";r={remaining};t={}", whole_seconds(*reset_after));
    let policy = format!("\"actor\";q={limit};w={}", whole_seconds(*window));
    [(RATE_LIMIT, value(&left)), (RATE_LIMIT_POLICY, value(&policy))]
}

/// Adds both headers to an answer.
pub(crate) fn add_rate_limit(headers: &mut HeaderMap, budget: &RequestBudget) {
    for (name, value) in rate_limit_headers(budget) {
        headers.insert(name, value);
    }
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

/// Rounded up, so that whoever waits so long has waited long enough.
pub(crate) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
