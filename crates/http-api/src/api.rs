//! What the HTTP API is given to work with.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use guildhall_application::{
    UseCases,
    ports::{IdGenerator, RequestThrottle},
};
use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{HttpMetrics, RequestTracer};

/// What an operator decides about the HTTP API.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Where clients reach the service, such as `https://guildhall.acme.com`;
    /// for links in answers, which are relative without it.
    pub public_url: Option<String>,
    /// The origins of web pages that may call the API; none switches CORS off.
    pub cors_origins: Vec<String>,
    /// The reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a client may take to send the body of a request.
    pub body_timeout: Duration,
    /// Whether `GET /bench/{bytes}` answers so many bytes: what this server reaches
    /// at most, to compare with.
    pub bench_route: bool,
}

impl Default for HttpSettings {
    /// Nothing set, no route for benchmarks, and half a minute for a body.
    fn default() -> Self {
        Self {
            public_url: None,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            body_timeout: Duration::from_secs(30),
            bench_route: false,
        }
    }
}

impl HttpSettings {
    /// The address of a path of this service.
    pub(crate) fn url(&self, path: &str) -> String {
        let base = self.public_url.as_deref().unwrap_or_default();
        format!("{}{path}", base.trim_end_matches('/'))
    }
}

/// Whether the service is about to end. It answers as before, but says that it
/// is not ready and closes connections, so that clients go elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    /// Begins to drain, on every clone of this.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether draining has begun.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Large bodies that are being received: so many at a time that their memory is
/// bounded, whatever many clients send slowly. Clones share it.
#[derive(Debug, Clone)]
pub struct LargeBodies(Arc<Semaphore>);

impl LargeBodies {
    /// How many there may be.
    const MAX: usize = 64;

    /// Begins to receive one, until what is returned is dropped; nothing if there are
    /// too many.
    pub(crate) fn begin(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }
}

impl Default for LargeBodies {
    /// None so far.
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(Self::MAX)))
    }
}

/// Everything that handlers and middleware need.
#[derive(Clone)]
pub struct Api {
    /// What can be done.
    pub use_cases: Arc<UseCases>,
    /// Makes request ids.
    pub ids: Arc<dyn IdGenerator>,
    /// How many requests an actor may make.
    pub throttle: Arc<dyn RequestThrottle>,
    /// What the operator decided.
    pub settings: Arc<HttpSettings>,
    /// Whether the service is about to end.
    pub draining: Draining,
    /// Large bodies that are being received.
    pub large_bodies: LargeBodies,
    /// Measures requests, where somebody asks for that.
    pub metrics: Option<HttpMetrics>,
    /// Ties requests to the traces of their callers, where they are collected.
    pub tracer: Option<Arc<dyn RequestTracer>>,
}
