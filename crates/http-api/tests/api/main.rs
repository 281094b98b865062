//! The HTTP API over mocked ports: status, headers and bodies.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and so do its helpers"
)]

mod authentication;
mod creation;
mod logs;
mod malformed;
mod management;
mod members;
mod openapi;
mod organizations;
mod protocol;
mod quotas;
mod scene;
mod security_score;
mod service;
mod sign_in;
mod stats;
mod support;
mod wire;
mod workspaces;
