//! What is measured of connections and requests, for Prometheus.
//!
//! **Invariant:** nothing that a client makes up becomes a label: routes are
//! patterns, methods are those of the standard, and what is neither shares one
//! label.

use std::time::{Duration, Instant};

use actix_web::http::{Method, StatusCode};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
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

/// In what a client stalled whose connection was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It did not send its next request in time.
    Request,
    /// It did not take its answer.
    Answer,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CutLabels {
    stalled: &'static str,
}

impl From<Cut> for CutLabels {
    fn from(cut: Cut) -> Self {
        let stalled = match cut {
            Cut::Request => "request",
            Cut::Answer => "answer",
        };
        Self { stalled }
    }
}

/// Measures connections and requests. Clones share their counts.
#[derive(Debug, Clone)]
pub struct HttpMetrics {
    durations: Family<Labels, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    connections: Gauge,
    connections_max: Gauge,
    cut: Family<CutLabels, Counter>,
}

impl HttpMetrics {
    /// Measures for this registry.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            connections_max: Gauge::default(),
            cut: Family::default(),
        };
        // Told from the beginning, so that an increase can be seen.
        for cut in [Cut::Request, Cut::Answer] {
            let _ = metrics.cut.get_or_create(&cut.into());
        }
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
        registry.register(
            "guildhall_http_connections",
            "Connections that are open",
            metrics.connections.clone(),
        );
        registry.register(
            "guildhall_http_connections_max",
            "Connections that may be open; further ones wait to be accepted",
            metrics.connections_max.clone(),
        );
        registry.register(
            "guildhall_http_connections_cut",
            "Connections that were cut because their client stalled",
            metrics.cut.clone(),
        );
        metrics
    }

    /// Notes how many connections there may be.
    pub(crate) fn bound_connections(&self, max: usize) {
        self.connections_max.set(i64::try_from(max).unwrap_or(i64::MAX));
    }

    /// Counts a connection until what is returned is dropped.
    pub(crate) fn open(&self) -> OpenConnection {
        self.connections.inc();
        OpenConnection(self.connections.clone())
    }

    /// Counts a connection that was cut.
    pub(crate) fn cut(&self, cut: Cut) {
        self.cut.get_or_create(&cut.into()).inc();
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

/// A connection that is open until this is dropped.
pub(crate) struct OpenConnection(Gauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
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
