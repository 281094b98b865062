//! The problem document itself.

use guildhall_application::Fault;
use serde::Serialize;
use utoipa::ToSchema;

/// A problem document (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument {
    /// A URI reference that names the kind of problem and documents it.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri-reference", nullable = false, example = "/problems/invalid-request")]
    pub(crate) kind: Option<String>,
    /// The kind of problem in a few words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "The request is invalid")]
    pub(crate) title: Option<&'static str>,
    /// The status of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 422)]
    pub(crate) status: Option<u16>,
    /// What went wrong this time.
    #[schema(example = "The request breaks rules; each fault is listed.")]
    pub(crate) detail: String,
    /// Every fault of the request, where it is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(crate) errors: Vec<ProblemFault>,
    /// The request's id, to be quoted to whoever runs the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "5f0c8b1e-6f0a-4c58-9a55-6a6f6c1f7a11")]
    pub(crate) request_id: Option<String>,
}

/// One fault of a request: in its body, where `pointer` says, or in its query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Fault)]
pub(crate) struct ProblemFault {
    /// Where in the body, as a JSON pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "/email")]
    pub(crate) pointer: Option<String>,
    /// Which parameter of the query.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "limit")]
    pub(crate) parameter: Option<&'static str>,
    /// What is wrong and what would be right.
    #[schema(example = "must be an e-mail address such as ada@acme.com")]
    pub(crate) detail: String,
}

impl ProblemFault {
    /// A fault of a parameter of the query.
    pub(crate) const fn of_parameter(parameter: &'static str, detail: String) -> Self {
        Self { pointer: None, parameter: Some(parameter), detail }
    }
}

impl From<&Fault> for ProblemFault {
    fn from(fault: &Fault) -> Self {
        let (pointer, detail) = (Some(fault.pointer.clone()), fault.detail.clone());
        Self { pointer, parameter: None, detail }
    }
}
