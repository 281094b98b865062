//! Finds out where a request comes from, gives it its id and its span.

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::HeaderValue,
    middleware::Next,
    web::Data,
};
use tracing::{Instrument, field::Empty};

use crate::{
    Api,
    extract::{REQUEST_ID, origin},
};

pub(crate) async fn request_context<B: MessageBody + 'static>(
    api: Data<Api>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let origin = origin(request.head(), &api.settings.trusted_proxies, &*api.ids);
    let request_id = origin.request_id.clone().unwrap_or_default();
    request.extensions_mut().insert(origin);

    // At the highest level, so that a warning has the id however little is logged.
    let span = tracing::error_span!(
        "request",
        %request_id,
        method = %request.method(),
        otel.kind = Empty
    );
    if let Some(tracer) = &api.tracer {
        tracer.begin(&span, request.headers());
    }
    let mut response = next.call(request).instrument(span.clone()).await?;
    if let Some(tracer) = &api.tracer {
        let request = response.request();
        tracer.end(&span, request.method(), request.match_pattern().as_deref(), response.status());
    }
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    Ok(response)
}
