//! Requests that can be repeated safely: how their answers are kept, and given
//! again.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    body::MessageBody,
    http::{StatusCode, header::HeaderName},
};
use guildhall_application::idempotency::{Answer, Outcome};

/// Says of an answer that it was given before.
pub(crate) const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// An answer in a form that can be kept.
pub(crate) fn kept(response: HttpResponse) -> Answer {
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect();
    // Every answer that is kept was made whole, from text.
    let body = response.into_body().try_into_bytes().unwrap_or_default();
    Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
}

/// The answer to a request that was done now, or done before.
pub(crate) fn respond<T>(outcome: Outcome<T>, answer: impl Fn(&T) -> HttpResponse) -> HttpResponse {
    match outcome {
        Outcome::Done(outcome) => answer(&outcome),
        Outcome::Repeated(answer) => again(answer),
    }
}

fn again(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponseBuilder::new(status);
    for (name, value) in answer.headers {
        response.insert_header((name, value));
    }
    response.insert_header((IDEMPOTENT_REPLAYED, "true")).body(answer.body)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::LOCATION;

    use super::*;

    #[test]
    fn a_kept_answer_is_given_again_as_it_was() {
        let answer =
            |n: &u32| HttpResponse::Created().insert_header((LOCATION, "/api/things/1")).json(n);
        let again = respond(Outcome::Repeated(kept(answer(&7))), answer);
        assert_eq!(again.status(), 201);
        assert_eq!(again.headers().get("location").unwrap(), "/api/things/1");
        assert_eq!(again.headers().get("content-type").unwrap(), "application/json");
        assert_eq!(again.headers().get("idempotent-replayed").unwrap(), "true");
        assert_eq!(again.into_body().try_into_bytes().unwrap(), "7");
        let first = respond(Outcome::Done(7), answer);
        assert!(!first.headers().contains_key("idempotent-replayed"));
    }
}
