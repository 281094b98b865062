//! The service itself: what it is and how it is.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::{Client, Error};

/// What answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServiceInfo {
    /// Its name.
    pub message: String,
    /// Its version.
    pub version: String,
}

/// Numbers over the organizations that the caller's list returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stats {
    /// Live sessions of their members.
    pub active_sessions: u64,
    /// Workspaces allocated to them.
    pub total_workspaces: u64,
    /// Distinct members of them.
    pub total_users: u64,
    /// 0 to 100, a sum of named checks.
    pub security_score: u8,
    /// The share of the last 30 days in which the service was up, such as
    /// `99.9%`.
    pub uptime: String,
}

/// The calls about the service itself. None of them needs a token.
#[derive(Debug, Clone, Copy)]
pub struct Service<'a> {
    pub(crate) client: &'a Client,
}

impl Service<'_> {
    /// What answers, and its version.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn info(self) -> Result<ServiceInfo, Error> {
        self.client.request(Method::GET, &["api"])?.value().await
    }

    /// Whether the process lives. Asked once, without further attempts.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn health(self) -> Result<(), Error> {
        self.client.request(Method::GET, &["healthz"])?.once().nothing().await
    }

    /// Whether the node should get requests. Asked once, without further
    /// attempts.
    ///
    /// # Errors
    ///
    /// The problem `not-ready` if it should not; see [`Error`].
    pub async fn readiness(self) -> Result<(), Error> {
        self.client.request(Method::GET, &["readyz"])?.once().nothing().await
    }

    /// The `OpenAPI` document.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn openapi(self) -> Result<serde_json::Value, Error> {
        self.client.request(Method::GET, &["api", "openapi.json"])?.value().await
    }
}
