//! What can go wrong with a call.

use crate::Problem;

/// Why a call gave no value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The service answered that it did not do it, and why.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// No whole answer came.
    #[error("the service cannot be reached")]
    Transport(#[source] reqwest::Error),
    /// The answer is not of this API: perhaps it comes from something in between.
    #[error("an answer with status {status} that is not of the API: {detail}")]
    Unexpected {
        /// The status of the answer.
        status: u16,
        /// What is wrong with it.
        detail: String,
        /// The request's id, if the answer has one.
        request_id: Option<String>,
    },
    /// The address of the service is none, or not one of `http` or `https`.
    #[error("no address of a service: {0}")]
    BaseUrl(String),
    /// An id or a token is empty, `.` or `..`, or has control characters: it
    /// cannot stand in a path. Nothing was sent.
    #[error("an id that cannot be one")]
    Id,
    /// The body of the request cannot be written as JSON. Nothing was sent.
    #[error("a request that cannot be written")]
    Request(#[source] serde_json::Error),
}

impl Error {
    /// The problem document, if the service sent one.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }

    /// The kind of problem: what stands behind `/problems/` in its type.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.problem()?.kind()
    }

    /// The status of the answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Problem(problem) => Some(problem.status),
            Self::Unexpected { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The request's id, to be quoted to whoever runs the service.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Problem(problem) => problem.request_id.as_deref(),
            Self::Unexpected { request_id, .. } => request_id.as_deref(),
            _ => None,
        }
    }

    /// Whether the caller is not signed in, or the credentials are wrong.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(401)
    }

    /// Whether the caller may not do it.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(403)
    }

    /// Whether it is absent, or not the caller's to know of.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// Whether it conflicts with what exists; [`kind`](Self::kind) says with
    /// what.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.status() == Some(409)
    }

    /// Whether the resource has changed since it had the tag of the request.
    #[must_use]
    pub fn is_version_mismatch(&self) -> bool {
        self.status() == Some(412)
    }

    /// Whether fields of the request are missing or wrong; the problem lists
    /// them.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.status() == Some(422)
    }

    /// Whether a quota is used up.
    #[must_use]
    pub fn is_quota_exceeded(&self) -> bool {
        self.kind() == Some("quota-exceeded")
    }
}
