//! Every error of the HTTP API, and the one place that says how each is
//! answered.

use std::time::Duration;

use actix_web::{
    HttpResponse, ResponseError,
    error::PayloadError,
    http::{
        StatusCode,
        header::{ALLOW, CONNECTION, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use guildhall_application::{Error, ports::RequestBudget};
use guildhall_domain::Quota;

use crate::{
    problem::{self, Problem, ProblemFault},
    quota_headers::quota_headers,
    rate_limit_headers::{rate_limit_headers, whole_seconds},
};

/// Why a request is not answered as it would like to be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The use case refused or failed.
    #[error(transparent)]
    Application(#[from] Error),
    /// The request bears no token.
    #[error("the request bears no token")]
    TokenMissing,
    /// The body is no JSON by its headers.
    #[error("the body is not labelled as JSON")]
    UnsupportedMediaType,
    /// The body did not arrive in time.
    #[error("the body did not arrive in time")]
    BodyTooSlow,
    /// The body is over its bound.
    #[error("the body is too large")]
    PayloadTooLarge,
    /// The body is large, and so many large ones are being received already.
    #[error("too many large bodies are being received")]
    TooManyLargeBodies,
    /// The body could not be read to its end.
    #[error("the body could not be read")]
    BodyUnreadable(#[from] PayloadError),
    /// The body is no JSON; the text says where.
    #[error("the body is not JSON: {0}")]
    MalformedJson(String),
    /// Parameters of the query are wrong.
    #[error("the query is invalid")]
    InvalidQuery(Vec<ProblemFault>),
    /// The `Idempotency-Key` header is no key.
    #[error("the idempotency key is invalid")]
    InvalidIdempotencyKey,
    /// The path takes other methods, which are these.
    #[error("the method is not allowed")]
    MethodNotAllowed(HeaderValue),
    /// The node is about to end.
    #[error("the node is draining")]
    Draining,
    /// The node cannot serve.
    #[error("the node is not ready")]
    NotReady(#[source] Error),
    /// A handler panicked.
    #[error("a handler panicked")]
    Panicked,
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        Problem::from(self).status()
    }

    fn error_response(&self) -> HttpResponse {
        Problem::from(self).into_response()
    }
}

/// How long a client should wait for a hasher's queue to empty.
const OVERLOADED_RETRY: Duration = Duration::from_secs(1);
/// How long a client should wait for a store to come back.
const STORE_RETRY: Duration = Duration::from_secs(5);

impl From<&ApiError> for Problem {
    fn from(error: &ApiError) -> Self {
        match error {
            ApiError::Application(error) => of_application(error),
            ApiError::TokenMissing => not_authenticated("Bearer"),
            ApiError::UnsupportedMediaType => of_kind(&problem::UNSUPPORTED_MEDIA_TYPE),
            ApiError::BodyTooSlow => of_kind(&problem::REQUEST_TIMEOUT)
                .with_header(CONNECTION, HeaderValue::from_static("close")),
            ApiError::PayloadTooLarge => of_kind(&problem::PAYLOAD_TOO_LARGE),
            ApiError::TooManyLargeBodies => retry(of_kind(&problem::OVERLOADED), OVERLOADED_RETRY),
            ApiError::BodyUnreadable(_) => of_kind(&problem::BAD_REQUEST),
            ApiError::MalformedJson(detail) => Self::new(&problem::MALFORMED_JSON, detail.clone()),
            ApiError::InvalidQuery(faults) => {
                let detail = "Parameters of the query are invalid; each fault is listed.";
                Self::new(&problem::INVALID_QUERY, detail).with_errors(faults.clone())
            }
            ApiError::InvalidIdempotencyKey => of_kind(&problem::INVALID_IDEMPOTENCY_KEY),
            ApiError::MethodNotAllowed(allow) => {
                of_kind(&problem::METHOD_NOT_ALLOWED).with_header(ALLOW, allow.clone())
            }
            ApiError::Draining => {
                retry(Self::new(&problem::NOT_READY, "The node is about to end."), STORE_RETRY)
            }
            ApiError::NotReady(_) => {
                retry(Self::new(&problem::NOT_READY, "The store does not answer."), STORE_RETRY)
            }
            ApiError::Panicked => of_kind(&problem::INTERNAL_ERROR),
        }
    }
}

fn quota_exceeded(quota: &Quota) -> Problem {
    let Quota { resource, limit, used } = quota;
    let limit = limit.map_or("no limit".to_owned(), |limit| format!("a limit of {limit}"));
    let detail = format!("There are {used} {} at {limit}.", resource.as_str());
    let problem = Problem::new(&problem::QUOTA_EXCEEDED, detail);
    quota_headers(quota)
        .into_iter()
        .fold(problem, |problem, (name, value)| problem.with_header(name, value))
}

fn too_many_requests(budget: &RequestBudget) -> Problem {
    let problem = retry(of_kind(&problem::TOO_MANY_REQUESTS), budget.retry_after);
    rate_limit_headers(budget)
        .into_iter()
        .fold(problem, |problem, (name, value)| problem.with_header(name, value))
}

/// The problem that an error of a use case is.
pub(crate) fn of_application(error: &Error) -> Problem {
    match error {
        Error::Invalid(faults) => {
            let detail = "Fields of the request are invalid; each fault is listed.";
            let faults = faults.iter().map(ProblemFault::from).collect();
            Problem::new(&problem::INVALID_REQUEST, detail).with_errors(faults)
        }
        Error::NotAuthenticated => not_authenticated("Bearer error=\"invalid_token\""),
        Error::InvalidCredentials => unauthorized("Invalid credentials", "Bearer"),
        Error::RegistrationClosed(detail) => Problem::new(&problem::REGISTRATION_CLOSED, *detail),
        Error::Forbidden(permission) => {
            let detail = format!("This takes the permission {permission}.");
            Problem::new(&problem::FORBIDDEN, detail)
        }
        Error::OrganizationSuspended => of_kind(&problem::ORGANIZATION_SUSPENDED),
        Error::VersionMismatch => of_kind(&problem::VERSION_MISMATCH),
        Error::IdempotencyKeyReused => of_kind(&problem::IDEMPOTENCY_KEY_REUSED),
        Error::EmailNotVerified => of_kind(&problem::EMAIL_NOT_VERIFIED),
        Error::MailNotConfigured => of_kind(&problem::MAIL_NOT_CONFIGURED),
        Error::AlreadyMember => of_kind(&problem::ALREADY_MEMBER),
        Error::AlreadyInvited => of_kind(&problem::ALREADY_INVITED),
        Error::InvitationClosed => of_kind(&problem::INVITATION_CLOSED),
        Error::InvitationForAnother => of_kind(&problem::INVITATION_FOR_ANOTHER),
        Error::LastAdmin => of_kind(&problem::LAST_ADMIN),
        Error::LastOwner => of_kind(&problem::LAST_OWNER),
        Error::QuotaExceeded(quota) => quota_exceeded(quota),
        Error::DomainTaken => of_kind(&problem::DOMAIN_TAKEN),
        Error::ExternalIdTaken => of_kind(&problem::EXTERNAL_ID_TAKEN),
        Error::NotFound => of_kind(&problem::NOT_FOUND),
        Error::EmailTaken => of_kind(&problem::EMAIL_TAKEN),
        Error::OrganizationNameTaken => of_kind(&problem::ORGANIZATION_NAME_TAKEN),
        Error::TooManyAttempts { retry_after } => {
            retry(of_kind(&problem::TOO_MANY_ATTEMPTS), *retry_after)
        }
        Error::TooManyRequests(budget) => too_many_requests(budget),
        Error::Overloaded => retry(of_kind(&problem::OVERLOADED), OVERLOADED_RETRY),
        Error::StoreUnavailable(_) => retry(of_kind(&problem::STORE_UNAVAILABLE), STORE_RETRY),
        Error::Internal(_) => of_kind(&problem::INTERNAL_ERROR),
    }
}

fn of_kind(kind: &'static problem::ProblemKind) -> Problem {
    Problem::new(kind, kind.meaning)
}

fn not_authenticated(challenge: &'static str) -> Problem {
    unauthorized("Not authenticated", challenge)
}

fn unauthorized(detail: &'static str, challenge: &'static str) -> Problem {
    Problem::bare(StatusCode::UNAUTHORIZED, detail)
        .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

/// Adds `Retry-After` in whole seconds, rounded up.
fn retry(problem: Problem, after: Duration) -> Problem {
    problem.with_header(RETRY_AFTER, whole_seconds(after).max(1))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;
    use guildhall_application::{Fault, ports::StoreError};
    use guildhall_domain::quota::Resource;

    use super::*;
    use crate::{
        quota_headers::{QUOTA_LIMIT, QUOTA_USED},
        rate_limit_headers::{RATE_LIMIT, RATE_LIMIT_POLICY},
    };

    /// An error with its status, its kind and its headers.
    type Row = (ApiError, u16, Option<&'static str>, Vec<(HeaderName, &'static str)>);

    #[test]
    #[rustfmt::skip]
    fn every_error_has_one_answer() {
        let failed = || StoreError::Failed("secret".to_owned());
        let away = || Error::StoreUnavailable(StoreError::Unavailable("secret".to_owned()));
        let waiting = |millis| Error::TooManyAttempts { retry_after: Duration::from_millis(millis) };
        let exhausted = |limit| Error::QuotaExceeded(Quota { resource: Resource::Users, limit, used: 7 });
        let allow = HeaderValue::from_static("GET, HEAD");
        let budget = RequestBudget {
            limit: 600,
            window: Duration::from_mins(1),
            remaining: 0,
            reset_after: Duration::from_millis(59_100),
            retry_after: Duration::from_millis(1_100),
        };
        let invalid = "Bearer error=\"invalid_token\"";
        let table: [Row; 44] = [
            (Error::Invalid(vec![Fault::of_field("x", "secret")]).into(), 422, Some("invalid-request"), vec![]),
            (Error::NotAuthenticated.into(),             401, None, vec![(WWW_AUTHENTICATE, invalid)]),
            (Error::InvalidCredentials.into(),           401, None, vec![(WWW_AUTHENTICATE, "Bearer")]),
            (Error::RegistrationClosed("Ask.").into(),   403, Some("registration-closed"), vec![]),
            (Error::Forbidden("members:manage").into(),  403, Some("forbidden"), vec![]),
            (Error::OrganizationSuspended.into(),        403, Some("organization-suspended"), vec![]),
            (Error::NotFound.into(),                     404, Some("not-found"), vec![]),
            (Error::EmailTaken.into(),                   409, Some("email-taken"), vec![]),
            (Error::OrganizationNameTaken.into(),        409, Some("organization-name-taken"), vec![]),
            (Error::DomainTaken.into(),                  409, Some("domain-taken"), vec![]),
            (Error::ExternalIdTaken.into(),              409, Some("external-id-taken"), vec![]),
            (Error::EmailNotVerified.into(),             403, Some("email-not-verified"), vec![]),
            (Error::InvitationForAnother.into(),         403, Some("invitation-for-another"), vec![]),
            (Error::LastAdmin.into(),                    409, Some("last-admin"), vec![]),
            (Error::AlreadyMember.into(),                409, Some("already-member"), vec![]),
            (Error::AlreadyInvited.into(),               409, Some("already-invited"), vec![]),
            (Error::InvitationClosed.into(),             409, Some("invitation-closed"), vec![]),
            (Error::IdempotencyKeyReused.into(),         422, Some("idempotency-key-reused"), vec![]),
            (Error::MailNotConfigured.into(),            501, Some("mail-not-configured"), vec![]),
            (Error::TooManyRequests(budget).into(),      429, Some("too-many-requests"), vec![
                (RATE_LIMIT, "\"actor\";r=0;t=60"), (RATE_LIMIT_POLICY, "\"actor\";q=600;w=60"), (RETRY_AFTER, "2"),
            ]),
            (ApiError::InvalidIdempotencyKey,            400, Some("invalid-idempotency-key"), vec![]),
            (Error::LastOwner.into(),                    409, Some("last-owner"), vec![]),
            (exhausted(Some(5)).into(),                  409, Some("quota-exceeded"), vec![(QUOTA_LIMIT, "5"), (QUOTA_USED, "7")]),
            (exhausted(None).into(),                     409, Some("quota-exceeded"), vec![(QUOTA_LIMIT, "unlimited"), (QUOTA_USED, "7")]),
            (Error::VersionMismatch.into(),              412, Some("version-mismatch"), vec![]),
            (waiting(0).into(),                          429, Some("too-many-attempts"), vec![(RETRY_AFTER, "1")]),
            (waiting(2_000).into(),                      429, Some("too-many-attempts"), vec![(RETRY_AFTER, "2")]),
            (waiting(2_001).into(),                      429, Some("too-many-attempts"), vec![(RETRY_AFTER, "3")]),
            (Error::Overloaded.into(),                   503, Some("overloaded"), vec![(RETRY_AFTER, "1")]),
            (away().into(),                              503, Some("store-unavailable"), vec![(RETRY_AFTER, "5")]),
            (Error::Internal(Box::new(failed())).into(), 500, Some("internal-error"), vec![]),
            (ApiError::TokenMissing,                     401, None, vec![(WWW_AUTHENTICATE, "Bearer")]),
            (ApiError::UnsupportedMediaType,             415, Some("unsupported-media-type"), vec![]),
            (ApiError::BodyTooSlow,                      408, Some("request-timeout"), vec![(CONNECTION, "close")]),
            (ApiError::PayloadTooLarge,                  413, Some("payload-too-large"), vec![]),
            (ApiError::TooManyLargeBodies,               503, Some("overloaded"), vec![(RETRY_AFTER, "1")]),
            (PayloadError::Overflow.into(),              400, Some("bad-request"), vec![]),
            (PayloadError::Incomplete(None).into(),      400, Some("bad-request"), vec![]),
            (ApiError::MalformedJson("Here.".into()),    400, Some("malformed-json"), vec![]),
            (ApiError::InvalidQuery(Vec::new()),         400, Some("invalid-query"), vec![]),
            (ApiError::MethodNotAllowed(allow),          405, Some("method-not-allowed"), vec![(ALLOW, "GET, HEAD")]),
            (ApiError::Draining,                         503, Some("not-ready"), vec![(RETRY_AFTER, "5")]),
            (ApiError::NotReady(away()),                 503, Some("not-ready"), vec![(RETRY_AFTER, "5")]),
            (ApiError::Panicked,                         500, Some("internal-error"), vec![]),
        ];
        for (error, status, slug, headers) in table {
            let problem = Problem::from(&error);
            let document = serde_json::to_value(problem.document(Some("id"))).unwrap();
            let uri = slug.map(|slug| format!("/problems/{slug}"));
            assert_eq!(document["type"].as_str(), uri.as_deref(), "{error:?}");
            assert_eq!(document["status"].as_u64(), slug.map(|_| status.into()), "{error:?}");
            assert_eq!(document["request_id"].as_str(), slug.map(|_| "id"), "{error:?}");

            let response = error.error_response();
            assert_eq!(response.status(), status, "{error:?}");
            assert_eq!(response.headers().len(), headers.len(), "{error:?}");
            for (name, value) in headers {
                assert_eq!(response.headers().get(name).unwrap(), value, "{error:?}");
            }
        }
    }
}
