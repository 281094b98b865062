//! Traces: spans of requests, sent in batches to a collector by OTLP, as part of
//! the trace that the caller of a request is in.

use std::time::Duration;

use actix_web::http::{Method, StatusCode, header::HeaderMap};
use guildhall_http_api::RequestTracer;
use opentelemetry::{
    propagation::{Extractor, TextMapPropagator},
    trace::{Status, TraceContextExt, TracerProvider},
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracerProvider},
};
use tracing::{Span, Subscriber, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, filter::Targets, registry::LookupSpan};

use crate::{config::TraceSettings, output::Failure};

/// How long what is left may take to be sent at the end.
const LAST_SPANS_WITHIN: Duration = Duration::from_secs(3);

/// Sends traces to a collector. What does not arrive is lost: nothing waits for
/// it.
pub(crate) struct Traces(SdkTracerProvider);

impl Traces {
    /// Traces that go there.
    ///
    /// # Errors
    ///
    /// When the client of the collector cannot be made.
    pub(crate) fn to(settings: &TraceSettings) -> Result<Self, Failure> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(format!("{}/v1/traces", settings.otlp_endpoint))
            .build()
            .map_err(|error| Failure::failed(format!("Traces cannot be sent: {error}.")))?;
        let ratio = f64::from(settings.sample_percent) / 100.0;
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio)));
        let resource = Resource::builder()
            .with_service_name("guildhall")
            .with_attribute(opentelemetry::KeyValue::new(
                "service.version",
                env!("CARGO_PKG_VERSION"),
            ))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler)
            .with_resource(resource)
            .build();
        Ok(Self(provider))
    }

    /// What turns spans of Guildhall into those of the collector.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("guildhall"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(Targets::new().with_target("guildhall", LevelFilter::DEBUG))
    }

    /// Sends what is left. Blocks.
    pub(crate) fn end(&self) {
        if let Err(error) = self.0.shutdown_with_timeout(LAST_SPANS_WITHIN) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// Makes requests a part of the trace that their headers name, by W3C Trace
/// Context.
pub(crate) struct TraceContext;

impl RequestTracer for TraceContext {
    fn begin(&self, span: &Span, headers: &HeaderMap) {
        let parent = TraceContextPropagator::new().extract(&Headers(headers));
        // Fails where nothing collects the span, which is no failure.
        let _ = span.set_parent(parent);
        span.record("otel.kind", "server");
    }

    fn end(&self, span: &Span, method: &Method, route: Option<&str>, status: StatusCode) {
        let route = route.unwrap_or("unmatched").to_owned();
        // The span has begun, when recording `otel.name` no longer names it.
        span.context().span().update_name(format!("{method} {route}"));
        span.set_attribute("http.request.method", method.to_string());
        span.set_attribute("http.route", route);
        span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
        if status.is_server_error() {
            span.set_status(Status::error(status.to_string()));
        }
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(actix_web::http::header::HeaderName::as_str).collect()
    }
}
