//! What is measured of requests, for Prometheus.
//!
//! **Invariant:** nothing that a client makes up becomes a label: routes are
//! patterns, methods are those of the standard, and what is neither shares one
//! label.

use std::time::{Duration, Instant};

use actix_web::http::{Method, StatusCode};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// Upper bounds in seconds: from a read that memory answers to a sign-in that
/// has waited for its turn.
const BUCKETS: [f64; 13] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The route of whatever no route takes.
const UNMATCHED: &str = "unmatched";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    route: String,
    method: &'static str,
    status: &'static str,
}

/// Measures requests. Clones share their counts.
#[derive(Debug, Clone)]
pub struct HttpMetrics {
    durations: Family<Labels, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
}

impl HttpMetrics {
    /// Measures for this registry.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            in_flight: Gauge::default(),
        };
        registry.register(
            "guildhall_http_request_duration_seconds",
            "From the head of a request to the end of its answer, by route",
            metrics.durations.clone(),
        );
        registry.register(
            "guildhall_http_requests_in_flight",
            "Requests whose answer has not been sent to its end",
            metrics.in_flight.clone(),
        );
        metrics
    }

    /// Begins to measure a request.
    pub(crate) fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight { metrics: self.clone(), started: Instant::now() }
    }

    fn observe(&self, route: Option<&str>, method: &Method, status: StatusCode, took: Duration) {
        let labels = Labels {
            route: route.unwrap_or(UNMATCHED).to_owned(),
            method: method_label(method),
            status: status_class(status),
        };
        self.durations.get_or_create(&labels).observe(took.as_secs_f64());
    }
}

/// A request that is under way until this is dropped.
pub(crate) struct InFlight {
    metrics: HttpMetrics,
    started: Instant,
}

impl InFlight {
    /// Notes how long the request took.
    pub(crate) fn answered(&self, route: Option<&str>, method: &Method, status: StatusCode) {
        self.metrics.observe(route, method, status, self.started.elapsed());
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.metrics.in_flight.dec();
    }
}

fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
