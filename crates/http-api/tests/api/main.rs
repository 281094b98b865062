//! The HTTP API over mocked ports: status, headers and bodies.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and so do its helpers"
)]

mod audit_logs;
mod authentication;
mod creation;
mod guards;
mod held_invitations;
mod idempotency;
mod invitations;
mod logs;
mod mailed_tokens;
mod malformed;
mod management;
mod members;
mod metrics;
mod openapi;
mod organizations;
mod protocol;
mod quotas;
mod scene;
mod schema;
mod security_score;
mod service;
mod sign_in;
mod stats;
mod support;
mod users;
mod wire;
mod workspaces;
