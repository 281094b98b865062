//! The API on a socket.

use std::{future::ready, io, net::TcpListener, time::Duration};

use actix_http::{HttpService, error::DispatchError};
use actix_service::{IntoServiceFactory, ServiceFactoryExt, map_config};
use actix_web::{
    Error,
    dev::{AppConfig, Server, fn_service},
    rt::net::TcpStream,
};

use crate::{
    Api, app,
    connection::{Connection, StallBounds},
};

/// Bounds on the server.
#[derive(Debug, Clone, Copy)]
pub struct ServerOptions {
    /// Threads that answer requests.
    pub workers: usize,
    /// Blocking threads of each of these: as many as do something that blocks at a
    /// time, or those who hold a lock could wait for a thread behind those who wait
    /// for the lock.
    pub blocking_threads: usize,
    /// Connections at a time; further ones wait to be accepted.
    pub max_connections: usize,
    /// How long an idle connection stays open.
    pub keep_alive: Duration,
    /// How long a client may take to send the head of a request.
    pub request_timeout: Duration,
    /// How long a client may take nothing of its answer.
    pub send_timeout: Duration,
    /// How long a client may take to close a connection.
    pub disconnect_timeout: Duration,
    /// How long what is under way may take once the server is told to end.
    pub shutdown_timeout: Duration,
}

/// A server of the API that listens, and answers once it is polled.
///
/// # Errors
///
/// When the listener cannot be used.
pub fn server(api: &Api, options: &ServerOptions, listener: TcpListener) -> io::Result<Server> {
    let ServerOptions { keep_alive, request_timeout, disconnect_timeout, .. } = *options;
    let address = listener.local_addr()?;
    // The first part is actix-http's to hold.
    let bounds =
        StallBounds { request: keep_alive + request_timeout, answer: options.send_timeout };
    if let Some(metrics) = &api.metrics {
        metrics.bound_connections(options.max_connections);
    }
    let api = api.clone();
    let builder = Server::build()
        .workers(options.workers)
        .worker_max_blocking_threads(options.blocking_threads)
        .max_concurrent_connections(options.max_connections.div_ceil(options.workers))
        .shutdown_timeout(options.shutdown_timeout.as_secs())
        .disable_signals();
    let shutdown = builder.graceful_shutdown_signal();
    let builder = builder.listen("api", listener, move || {
        let shutdown = shutdown.clone();
        let app = app(&api).into_factory().map_err(|error: Error| error.error_response());
        let http = HttpService::build()
            // As actix-web's own server does: without it, idle connections would
            // delay the end.
            .graceful_shutdown_signal(move || {
                let shutdown = shutdown.clone();
                async move { shutdown.notified().await }
            })
            .keep_alive(keep_alive)
            .client_request_timeout(request_timeout)
            .client_disconnect_timeout(disconnect_timeout)
            .local_addr(address)
            .on_connect_ext(|connection: &Connection<TcpStream>, extensions| {
                extensions.insert(connection.exchanges());
            })
            .h1(map_config(app, |()| AppConfig::default()));
        let metrics = api.metrics.clone();
        fn_service(move |stream: TcpStream| {
            let peer = stream.peer_addr().ok();
            let connection = Connection::new(stream, bounds, metrics.as_ref());
            ready(Ok::<_, DispatchError>((connection, peer)))
        })
        .and_then(http)
    });
    Ok(builder?.run())
}
