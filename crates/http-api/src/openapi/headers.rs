//! What every operation has in common: headers that mean the same wherever they
//! stand, and who may call.

use actix_web::http::{
    Method,
    header::{ETAG, LINK, LOCATION, RETRY_AFTER},
};
use utoipa::{
    Modify, PartialSchema,
    openapi::{
        HeaderBuilder, OpenApi, RefOr, Response, path::Operation, security::SecurityRequirement,
    },
};

use super::responses::of_kinds;
use crate::{
    idempotency::IDEMPOTENT_REPLAYED,
    links::TOTAL_COUNT,
    problem::{
        EMAIL_NOT_VERIFIED, NOT_READY, OVERLOADED, ProblemKind, QUOTA_EXCEEDED, STORE_UNAVAILABLE,
        TOO_MANY_ATTEMPTS, TOO_MANY_REQUESTS,
    },
    quota_headers::{QUOTA_LIMIT, QUOTA_USED},
    rate_limit_headers::{RATE_LIMIT, RATE_LIMIT_POLICY},
    routes::{Access, ENDPOINTS},
};

/// What a header says.
fn meaning(name: &str) -> Option<&'static str> {
    let meanings = [
        (ETAG, "What is shown, as a tag: for `If-None-Match`, and before a change for `If-Match`."),
        (LINK, "The next page (RFC 8288), `rel=\"next\"`; absent on the last."),
        (LOCATION, "The address of what was created."),
        (TOTAL_COUNT, "How many the list has in all; absent where it is filtered."),
        (QUOTA_LIMIT, "At most so many; `unlimited` is no limit."),
        (QUOTA_USED, "So many there are now."),
        (RATE_LIMIT, "How many requests are left to the caller, and for how many seconds."),
        (RATE_LIMIT_POLICY, "How many requests a caller may make in how many seconds."),
        (IDEMPOTENT_REPLAYED, "`true`: this was answered before, to the same request."),
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
    if *kind == TOO_MANY_REQUESTS {
        return &["RateLimit", "RateLimit-Policy", "Retry-After"];
    }
    let waits = [&TOO_MANY_ATTEMPTS, &OVERLOADED, &STORE_UNAVAILABLE, &NOT_READY].contains(&kind);
    if waits { &["Retry-After"] } else { &[] }
}

/// A header of a response, described later with all others.
pub(super) fn header(name: &str) -> utoipa::openapi::Header {
    let is_text = ["Quota-Limit", "RateLimit", "RateLimit-Policy"].contains(&name);
    let schema = if is_text { String::schema() } else { u32::schema() };
    HeaderBuilder::new().schema(Some(schema)).build()
}

/// Describes headers, and says where nobody needs to sign in.
pub(super) struct CommonTraits;

impl Modify for CommonTraits {
    fn modify(&self, document: &mut OpenApi) {
        for (path, item) in &mut document.paths.paths {
            let operations = [
                (Method::GET, &mut item.get),
                (Method::PUT, &mut item.put),
                (Method::POST, &mut item.post),
                (Method::DELETE, &mut item.delete),
                (Method::PATCH, &mut item.patch),
            ];
            for (method, operation) in operations {
                let Some(operation) = operation else { continue };
                let mut endpoints = ENDPOINTS.iter();
                let endpoint = endpoints.find(|e| e.path == path && e.method == method);
                if let Some(endpoint) = endpoint {
                    guard(operation, endpoint.access);
                }
                complete(operation);
            }
        }
    }
}

/// Adds what the guards before a handler answer, and the headers they add.
fn guard(operation: &mut Operation, access: Access) {
    if access == Access::Public {
        return;
    }
    refuse(operation, &TOO_MANY_REQUESTS);
    if access == Access::Verified {
        refuse(operation, &EMAIL_NOT_VERIFIED);
    }
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(Response { headers, .. }) = response else { continue };
        if status.starts_with('2') {
            for name in ["RateLimit", "RateLimit-Policy"] {
                headers.insert(name.to_owned(), RefOr::T(header(name)));
            }
        }
    }
}

/// Adds a refusal to those of its status.
fn refuse(operation: &mut Operation, kind: &'static ProblemKind) {
    for (status, refusal) in of_kinds(&[kind]) {
        match (operation.responses.responses.get_mut(&status), refusal) {
            (Some(RefOr::T(known)), RefOr::T(refusal)) => {
                known.description = format!("{}, or {}", known.description, refusal.description);
                known.headers.extend(refusal.headers);
            }
            (_, refusal) => {
                operation.responses.responses.insert(status, refusal);
            }
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
