//! Writes problems out: whatever went wrong, in a handler or in a library,
//! leaves as a problem document, and what is the service's own fault is logged.

use actix_web::{
    Error, HttpMessage,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{CONTENT_TYPE, HeaderValue},
    middleware::Next,
};
use guildhall_application::with_causes;
use guildhall_domain::Origin;

use crate::{
    error::ApiError,
    problem::{MEDIA_TYPE, Problem},
};

pub(crate) async fn problems(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return Ok(response);
    }
    let origin = response.request().extensions().get::<Origin>().cloned();
    let request_id = origin.and_then(|origin| origin.request_id);
    if status.is_server_error() {
        log_cause(response.response().error(), request_id.as_deref());
    }
    let problem = response.response().extensions().get::<Problem>().cloned();
    let problem = problem.unwrap_or_else(|| Problem::of_status(status));
    let document = serde_json::to_string(&problem.document(request_id.as_deref()))?;
    Ok(response.map_body(|head, _| {
        head.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        BoxBody::new(document)
    }))
}

/// Logs what is behind an answer of 500 or 503; the answer itself says nothing
/// of it.
fn log_cause(error: Option<&Error>, request_id: Option<&str>) {
    let cause = match error.map(|error| (error, error.as_error::<ApiError>())) {
        // No failure, and asked for every few seconds.
        Some((_, Some(ApiError::Draining))) => return,
        Some((_, Some(error))) => with_causes(error),
        Some((error, None)) => error.to_string(),
        None => "unknown".to_owned(),
    };
    tracing::error!(request_id, cause, "a request failed");
}
