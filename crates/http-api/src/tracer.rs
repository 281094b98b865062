//! How a request takes part in a trace that goes through several services.

use actix_web::http::{Method, StatusCode, header::HeaderMap};
use tracing::Span;

/// Ties the span of a request to the trace of its caller. The span has an
/// empty field `otel.kind`, which may be recorded.
pub trait RequestTracer: Send + Sync {
    /// The request has come; nothing has entered its span yet.
    fn begin(&self, span: &Span, headers: &HeaderMap);

    /// Its answer begins. `route` is a pattern, or none where no route takes it.
    fn end(&self, span: &Span, method: &Method, route: Option<&str>, status: StatusCode);
}
