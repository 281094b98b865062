//! What every operation has in common: headers that mean the same wherever they
//! stand, and who may call.

use actix_web::http::header::{ETAG, LINK, LOCATION, RETRY_AFTER};
use utoipa::{
    Modify, PartialSchema,
    openapi::{
        HeaderBuilder, OpenApi, RefOr, Response, path::Operation, security::SecurityRequirement,
    },
};

use crate::{
    problem::{
        NOT_READY, OVERLOADED, ProblemKind, QUOTA_EXCEEDED, STORE_UNAVAILABLE, TOO_MANY_ATTEMPTS,
    },
    quota_headers::{QUOTA_LIMIT, QUOTA_USED},
};

/// What a header says.
fn meaning(name: &str) -> Option<&'static str> {
    let meanings = [
        (ETAG, "What is shown, as a tag: for `If-None-Match`, and before a change for `If-Match`."),
        (LINK, "The next page (RFC 8288), `rel=\"next\"`; absent on the last."),
        (LOCATION, "The address of what was created."),
        (QUOTA_LIMIT, "At most so many; `unlimited` is no limit."),
        (QUOTA_USED, "So many there are now."),
        (RETRY_AFTER, "After so many seconds another attempt is welcome."),
    ];
    let found = meanings.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_str()));
    found.map(|(_, meaning)| meaning)
}

/// The headers that come with a kind of problem.
pub(super) fn of_kind(kind: &ProblemKind) -> &'static [&'static str] {
    if *kind == QUOTA_EXCEEDED {
        return &["Quota-Limit", "Quota-Used"];
    }
    let waits = [&TOO_MANY_ATTEMPTS, &OVERLOADED, &STORE_UNAVAILABLE, &NOT_READY].contains(&kind);
    if waits { &["Retry-After"] } else { &[] }
}

/// A header of a response, described later with all others.
pub(super) fn header(name: &str) -> utoipa::openapi::Header {
    let schema = if name == "Quota-Limit" { String::schema() } else { u32::schema() };
    HeaderBuilder::new().schema(Some(schema)).build()
}

/// Describes headers, and says where nobody needs to sign in.
pub(super) struct CommonTraits;

impl Modify for CommonTraits {
    fn modify(&self, document: &mut OpenApi) {
        for path in document.paths.paths.values_mut() {
            let operations =
                [&mut path.get, &mut path.put, &mut path.post, &mut path.delete, &mut path.patch];
            operations.into_iter().flatten().for_each(complete);
        }
    }
}

fn complete(operation: &mut Operation) {
    operation.security.get_or_insert_with(|| vec![SecurityRequirement::default()]);
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(Response { headers, .. }) = response else { continue };
        for (name, header) in headers.iter_mut() {
            let RefOr::T(header) = header else { continue };
            header.description = header.description.take().or(meaning(name).map(str::to_owned));
        }
    }
}
