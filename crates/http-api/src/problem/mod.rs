//! Problem documents (RFC 9457): how everything that goes wrong is answered.
//!
//! A handler or middleware makes a [`Problem`]; the outermost layer that knows
//! the request's id writes it out.

mod body;
mod kinds;

use std::borrow::Cow;

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue},
    },
};

pub(crate) use body::{ProblemDocument, ProblemFault};
pub(crate) use kinds::*;

/// The media type of problem documents.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// A problem, before it is written out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    status: StatusCode,
    kind: Option<&'static ProblemKind>,
    detail: Cow<'static, str>,
    errors: Vec<ProblemFault>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem of a documented kind.
    pub(crate) fn new(kind: &'static ProblemKind, detail: impl Into<Cow<'static, str>>) -> Self {
        let (errors, headers) = (Vec::new(), Vec::new());
        Self { status: kind.status, kind: Some(kind), detail: detail.into(), errors, headers }
    }

    /// A problem that is all said by its status: the document has nothing but
    /// `detail`.
    pub(crate) const fn bare(status: StatusCode, detail: &'static str) -> Self {
        Self {
            status,
            kind: None,
            detail: Cow::Borrowed(detail),
            errors: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// The problem of an answer that some library gave, of which no more is
    /// known than its status.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let kind = match status {
            StatusCode::NOT_FOUND => &NOT_FOUND,
            StatusCode::METHOD_NOT_ALLOWED => &METHOD_NOT_ALLOWED,
            StatusCode::REQUEST_TIMEOUT => &REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE => &PAYLOAD_TOO_LARGE,
            status if status.is_client_error() => &BAD_REQUEST,
            _ => &INTERNAL_ERROR,
        };
        Self { status, ..Self::new(kind, kind.meaning) }
    }

    /// The same problem with the faults of the request.
    pub(crate) fn with_errors(mut self, errors: Vec<ProblemFault>) -> Self {
        self.errors = errors;
        self
    }

    /// The same problem with a further header in its answer.
    pub(crate) fn with_header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The status of the answer.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// An answer that carries this problem, still without a body.
    pub(crate) fn into_response(self) -> HttpResponse {
        let mut builder = HttpResponseBuilder::new(self.status);
        for header in &self.headers {
            builder.append_header(header.clone());
        }
        let mut response = builder.finish();
        response.extensions_mut().insert(self);
        response
    }

    /// The document of this problem.
    pub(crate) fn document(&self, request_id: Option<&str>) -> ProblemDocument {
        let kind = self.kind;
        ProblemDocument {
            kind: kind.map(ProblemKind::uri),
            title: kind.map(|kind| kind.title),
            status: kind.map(|_| self.status.as_u16()),
            detail: self.detail.clone().into_owned(),
            errors: self.errors.clone(),
            request_id: kind.and(request_id).map(str::to_owned),
        }
    }
}
