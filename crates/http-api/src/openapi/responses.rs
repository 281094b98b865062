//! The refusals that several operations have in common, described from the
//! table of problems.

use std::collections::BTreeMap;

use actix_web::http::{StatusCode, header::WWW_AUTHENTICATE};
use utoipa::{
    IntoResponses, PartialSchema,
    openapi::{
        ContentBuilder, HeaderBuilder, Ref, RefOr, Response, ResponseBuilder,
        response::ResponsesBuilder,
    },
};

use super::headers;
use crate::problem::{
    ALREADY_INVITED, ALREADY_MEMBER, BAD_REQUEST, DOMAIN_TAKEN, EMAIL_TAKEN, EXTERNAL_ID_TAKEN,
    FORBIDDEN, IDEMPOTENCY_KEY_REUSED, INTERNAL_ERROR, INVALID_IDEMPOTENCY_KEY, INVALID_QUERY,
    INVALID_REQUEST, INVITATION_CLOSED, INVITATION_FOR_ANOTHER, LAST_ADMIN, LAST_OWNER,
    MAIL_NOT_CONFIGURED, MALFORMED_JSON, MEDIA_TYPE, NOT_FOUND, NOT_READY, ORGANIZATION_NAME_TAKEN,
    ORGANIZATION_SUSPENDED, OVERLOADED, PAYLOAD_TOO_LARGE, Problem, ProblemKind, QUOTA_EXCEEDED,
    REGISTRATION_CLOSED, REQUEST_TIMEOUT, STORE_UNAVAILABLE, TOO_MANY_ATTEMPTS,
    UNSUPPORTED_MEDIA_TYPE, VERSION_MISMATCH,
};

/// Makes types that stand for kinds of problems in the annotations of handlers.
macro_rules! refusals {
    ($($name:ident: $($kind:ident)+;)+) => {$(
        pub(crate) enum $name {}

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                of_kinds(&[$(&$kind),+])
            }
        }
    )+};
}

refusals! {
    FaultyBody: BAD_REQUEST MALFORMED_JSON REQUEST_TIMEOUT PAYLOAD_TOO_LARGE UNSUPPORTED_MEDIA_TYPE INVALID_REQUEST;
    FaultyRepeatableBody: BAD_REQUEST MALFORMED_JSON INVALID_IDEMPOTENCY_KEY REQUEST_TIMEOUT PAYLOAD_TOO_LARGE UNSUPPORTED_MEDIA_TYPE INVALID_REQUEST IDEMPOTENCY_KEY_REUSED;
    InvalidQuery: INVALID_QUERY;
    Closed: REGISTRATION_CLOSED INVITATION_FOR_ANOTHER ORGANIZATION_SUSPENDED;
    Forbidden: FORBIDDEN;
    Suspended: ORGANIZATION_SUSPENDED;
    SuspendedOrForbidden: FORBIDDEN ORGANIZATION_SUSPENDED;
    NotFound: NOT_FOUND;
    RegistrationConflict: EMAIL_TAKEN ORGANIZATION_NAME_TAKEN QUOTA_EXCEEDED;
    OrganizationConflict: ORGANIZATION_NAME_TAKEN DOMAIN_TAKEN EXTERNAL_ID_TAKEN;
    LastOwner: LAST_OWNER;
    MemberConflict: LAST_OWNER QUOTA_EXCEEDED;
    Exhausted: QUOTA_EXCEEDED;
    InviteConflict: ALREADY_MEMBER ALREADY_INVITED QUOTA_EXCEEDED;
    ResendConflict: INVITATION_CLOSED QUOTA_EXCEEDED;
    ClosedInvitation: INVITATION_CLOSED;
    InvitationRefused: INVITATION_FOR_ANOTHER ORGANIZATION_SUSPENDED;
    InvitationConflict: ALREADY_MEMBER QUOTA_EXCEEDED;
    LastAdmin: LAST_ADMIN;
    LastOne: LAST_OWNER LAST_ADMIN;
    MailNotConfigured: MAIL_NOT_CONFIGURED;
    Stale: VERSION_MISMATCH;
    TooManyAttempts: TOO_MANY_ATTEMPTS;
    NotReady: NOT_READY;
    Failures: INTERNAL_ERROR OVERLOADED STORE_UNAVAILABLE;
}

/// The request bears no live token.
pub(crate) enum NotAuthenticated {}

impl IntoResponses for NotAuthenticated {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        unauthorized("There is no token, or none that is live.", "Not authenticated")
    }
}

/// The address or the password is wrong.
pub(crate) enum InvalidCredentials {}

impl IntoResponses for InvalidCredentials {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        unauthorized("The address or the password is wrong.", "Invalid credentials")
    }
}

fn unauthorized(description: &str, detail: &'static str) -> BTreeMap<String, RefOr<Response>> {
    let problem = Problem::bare(StatusCode::UNAUTHORIZED, detail);
    let challenge = HeaderBuilder::new()
        .schema(Some(String::schema()))
        .description(Some("The challenge of RFC 6750; it says why a token was refused."));
    let response =
        response(description, &problem).header(WWW_AUTHENTICATE.as_str(), challenge.build());
    ResponsesBuilder::new().response("401", response).build().into()
}

/// One response for every status, which names each kind of that status.
pub(super) fn of_kinds(kinds: &[&'static ProblemKind]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<StatusCode, Vec<&'static ProblemKind>> = BTreeMap::new();
    for kind in kinds {
        by_status.entry(kind.status).or_default().push(kind);
    }
    let mut responses = ResponsesBuilder::new();
    for (status, kinds) in by_status {
        let Some(first) = kinds.first() else { continue };
        let titles: Vec<_> =
            kinds.iter().map(|kind| format!("[{}]({})", kind.title, kind.uri())).collect();
        let problem = Problem::new(first, first.meaning);
        let names = kinds.iter().flat_map(|kind| headers::of_kind(kind));
        let response = names.fold(response(titles.join(", or "), &problem), |response, name| {
            response.header(*name, headers::header(name))
        });
        responses = responses.response(status.as_str(), response);
    }
    responses.build().into()
}

fn response(description: impl Into<String>, example: &Problem) -> ResponseBuilder {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .example(serde_json::to_value(example.document(None)).ok());
    ResponseBuilder::new().description(description).content(MEDIA_TYPE, content.build())
}
