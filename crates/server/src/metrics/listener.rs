//! Where metrics are read: an address of their own, which answers one path and
//! knows nothing of the API.

use std::{io, net::SocketAddr, time::Duration};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::{Server, ServerHandle},
    http::header::CONTENT_TYPE,
    web::{self, Data},
};
use prometheus_client::{encoding::prometheus_text, registry::Registry};

use super::Metrics;

/// Whoever reads metrics is one of a few.
const MAX_CONNECTIONS: usize = 32;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// A server of metrics that has an address and is not running yet.
pub(crate) struct Listener {
    /// Where it is.
    pub(crate) address: SocketAddr,
    server: Server,
}

/// Listens there.
///
/// # Errors
///
/// When that address cannot be had.
pub(crate) fn listen(address: SocketAddr, metrics: Metrics) -> io::Result<Listener> {
    let registry = Data::new(metrics.registry);
    let server = HttpServer::new(move || {
        let scrape = web::get().to(scrape);
        App::new().app_data(registry.clone()).route("/metrics", scrape)
    })
    .workers(1)
    .max_connections(MAX_CONNECTIONS)
    .client_request_timeout(REQUEST_TIMEOUT)
    .disable_signals()
    .bind(address)?;
    let address = server.addrs().first().copied().unwrap_or(address);
    Ok(Listener { address, server: server.run() })
}

impl Listener {
    /// Answers until the handle stops it.
    pub(crate) fn run(self) -> ServerHandle {
        let handle = self.server.handle();
        tokio::spawn(self.server);
        handle
    }
}

async fn scrape(registry: Data<Registry>) -> HttpResponse {
    let mut text = String::new();
    match prometheus_text::encode(&mut text, &registry) {
        Ok(()) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, prometheus_text::CONTENT_TYPE))
            .body(text),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}
