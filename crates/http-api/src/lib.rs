//! Guildhall's HTTP API on actix-web: routes, what is read from a request, how
//! answers and problems look, and nothing of the rules behind them.
//!
//! [`routes`] is the map of it. A handler is an extractor line, one call of a
//! use case and one response.

mod api;
mod app;
mod audit_logs;
mod auth;
mod connection;
mod entity_tag;
mod error;
mod extract;
mod idempotency;
mod invitations;
mod links;
mod members;
mod metrics;
mod middleware;
mod openapi;
mod organizations;
mod problem;
mod quota_headers;
mod rate_limit_headers;
pub mod routes;
mod server;
mod service;
mod stats;
mod timestamp;
mod tracer;
mod users;
mod workspaces;

pub use api::{Api, Draining, HttpSettings, LargeBodies};
pub use app::app;
pub use metrics::HttpMetrics;
pub use openapi::openapi_json;
pub use server::{ServerOptions, server};
pub use tracer::RequestTracer;
