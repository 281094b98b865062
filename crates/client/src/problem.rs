//! Problem documents (RFC 9457).

use std::{fmt, time::Duration};

use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::{Deserialize, Serialize};

use crate::Quota;

/// What the service says when it does not do what it was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Problem {
    /// A URI reference that names the kind of problem and is the address of a
    /// page about it. The 401s have none.
    #[serde(rename = "type")]
    pub type_uri: Option<String>,
    /// The kind of problem in a few words.
    pub title: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// What went wrong this time, for people.
    pub detail: String,
    /// Every fault of the request, where it is one.
    pub errors: Vec<Fault>,
    /// The request's id, to be quoted to whoever runs the service.
    pub request_id: Option<String>,
    /// When to try again, by `Retry-After`.
    #[serde(skip)]
    pub retry_after: Option<Duration>,
    /// The quota that is used up, where that is the problem.
    #[serde(skip)]
    pub quota: Option<Quota>,
}

/// One fault of a request: in its body, where `pointer` says, or in its query.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Fault {
    /// Where in the body, as a JSON pointer (RFC 6901).
    pub pointer: Option<String>,
    /// Which parameter of the query.
    pub parameter: Option<String>,
    /// What is wrong and what would be right.
    pub detail: String,
}

impl Problem {
    /// The kind of problem, for programs: what stands behind `/problems/`, such
    /// as `quota-exceeded`.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.type_uri.as_deref()?.rsplit_once("/problems/").map(|(_, kind)| kind)
    }

    /// Reads the body of an answer, if it is a problem document.
    pub(crate) fn read(status: u16, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let mut problem: Self = serde_json::from_slice(body).ok()?;
        if problem.type_uri.is_none() && problem.detail.is_empty() {
            return None;
        }
        problem.status = status;
        problem.request_id = problem.request_id.or_else(|| request_id(headers));
        problem.retry_after = retry_after(headers);
        problem.quota = Quota::from_headers(headers);
        Some(problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if let Some(kind) = self.kind() {
            write!(f, " {kind}")?;
        }
        write!(f, ": {}", self.detail)?;
        for Fault { pointer, parameter, detail } in &self.errors {
            let place = pointer.as_deref().or(parameter.as_deref()).unwrap_or_default();
            write!(f, "; {place}: {detail}")?;
        }
        Ok(())
    }
}

/// The id that the service gave the request.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get("x-request-id")?.to_str().ok().map(str::to_owned)
}

/// When to try again. The service says so in seconds, never by a date.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
