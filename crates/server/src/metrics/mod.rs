//! What can be measured of a node, in the text form of Prometheus. Adapters count
//! in plain numbers; their names and labels are given here.

mod cache;
mod listener;
mod mail;
#[cfg(target_os = "linux")]
mod process;
mod service;
mod tasks;

use std::sync::Arc;

use guildhall_cache::Cache;
use guildhall_http_api::HttpMetrics;
use guildhall_identity::Argon2Hasher;
use guildhall_persistence::DieselStore;
use prometheus_client::{metrics::info::Info, registry::Registry};

pub(crate) use self::{
    listener::listen,
    mail::{CountingMailer, MailCounters},
    tasks::{Task, TaskMetrics},
};

/// What can be measured, and what notes it down.
pub(crate) struct Metrics {
    /// Of requests.
    pub(crate) http: HttpMetrics,
    registry: Registry,
}

impl Metrics {
    /// Everything there is, of these parts of a service.
    pub(crate) fn of(
        store: DieselStore,
        cache: Option<Cache>,
        hasher: Arc<Argon2Hasher>,
        mail: &MailCounters,
        tasks: &TaskMetrics,
    ) -> Self {
        let mut registry = Registry::default();
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("guildhall_build", "The version that runs", build);
        let http = HttpMetrics::register(&mut registry);
        registry.register_collector(Box::new(service::StoreCollector(store)));
        if let Some(cache) = cache {
            registry.register_collector(Box::new(cache::CacheCollector(cache)));
        }
        registry.register_collector(Box::new(service::HashingCollector(hasher)));
        mail.register(&mut registry);
        tasks.register(&mut registry);
        #[cfg(target_os = "linux")]
        registry.register_collector(Box::new(process::ProcessCollector::new()));
        Self { http, registry }
    }
}
