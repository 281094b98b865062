//! Serving: from the configuration to the last answer.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{HttpServer, dev::ServerHandle, rt};
use guildhall_application::UseCases;
use guildhall_domain::ServingPeriod;
use guildhall_http_api::{Api, Draining};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::sleep,
};

use crate::{
    config::Configuration,
    first_admin,
    output::{self, Failure},
    telemetry, upkeep,
    wiring::Service,
};

/// Migrates, opens the store and serves until a signal ends it.
pub(crate) fn run(configuration: Configuration) -> Result<(), Failure> {
    telemetry::start(configuration.log.clone());
    let report =
        guildhall_persistence::migrate(&configuration.database).map_err(Failure::failed)?;
    for migration in report.applied {
        tracing::info!(migration, "migrated");
    }
    let service = Service::new(&configuration)?;
    rt::System::new().block_on(serve(configuration, service))
}

async fn serve(configuration: Configuration, service: Service) -> Result<(), Failure> {
    let Service { use_cases, ids, limits } = service;
    first_admin::ensure(&use_cases, configuration.first_admin.clone()).await?;

    let draining = Draining::default();
    let api = Api {
        use_cases: use_cases.clone(),
        ids,
        settings: Arc::new(configuration.http.clone()),
        draining: draining.clone(),
    };
    let limits_of_server = configuration.server;
    let workers = limits_of_server.workers;
    let server = HttpServer::new(move || guildhall_http_api::app(&api))
        .workers(workers)
        .max_connections(limits_of_server.max_connections.div_ceil(workers))
        .keep_alive(limits_of_server.keep_alive)
        .client_request_timeout(limits_of_server.request_timeout)
        .client_disconnect_timeout(limits_of_server.disconnect_timeout)
        .shutdown_timeout(configuration.shutdown.grace.as_secs())
        .disable_signals()
        .bind(configuration.listen)
        .map_err(|error| not_bound(configuration.listen, &error))?;
    let address = server.addrs().first().copied().unwrap_or(configuration.listen);

    let period = first_heartbeat(&use_cases).await;
    rt::spawn(upkeep::heartbeats(use_cases.clone(), period));
    rt::spawn(upkeep::sweeps(use_cases.clone()));
    rt::spawn(upkeep::forgetting(limits));
    let server = server.run();
    rt::spawn(end_on_signal(server.handle(), draining, configuration.shutdown.notice));
    greet(&configuration, address);
    server.await.map_err(|error| Failure::failed(format!("The server failed: {error}.")))?;
    tracing::info!("ended");
    Ok(())
}

async fn first_heartbeat(use_cases: &UseCases) -> Option<ServingPeriod> {
    let beat = use_cases.heartbeat.beat(None).await;
    beat.inspect_err(|error| tracing::warn!(%error, "a heartbeat was not written")).ok()
}

fn not_bound(address: SocketAddr, error: &io::Error) -> Failure {
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "Another program listens there. End it, or choose another address with \
             GUILDHALL_LISTEN (port 0 picks a free port)."
        }
        io::ErrorKind::PermissionDenied => {
            "Ports below 1024 need privileges. Choose another with GUILDHALL_LISTEN."
        }
        _ => "Choose an address of this machine with GUILDHALL_LISTEN.",
    };
    Failure::failed(format!("Cannot listen on {address}: {error}. {advice}"))
}

/// Tells whoever started the server where it is and what to try first.
fn greet(configuration: &Configuration, address: SocketAddr) {
    output::line(format!("Guildhall is listening on http://{address}"));
    output::line(format!("Mode: {}", configuration.mode));
    output::line(format!("Data: {}", configuration.database));
    output::line(format!("API reference: http://{address}/docs"));
    output::line("Try:");
    output::line(format!(
        "  curl http://{address}/api/auth/register -H 'Content-Type: application/json' \
         -d '{{\"email\": \"ada@acme.com\", \"password\": \"correct horse battery staple\", \
         \"name\": \"Ada Lovelace\", \"organization\": \"Acme Corporation\"}}'"
    ));
    tracing::info!(%address, database = %configuration.database, "serving");
}

/// Ends the server on SIGTERM or SIGINT: says that it is not ready, gives load
/// balancers time to notice, then lets what is under way finish. A second
/// signal ends it at once.
async fn end_on_signal(server: ServerHandle, draining: Draining, notice: Duration) {
    let mut signals = match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(terminate), Ok(interrupt)) => (terminate, interrupt),
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, "signals cannot be received");
            return;
        }
    };
    let mut next = async || {
        tokio::select! {
            _ = signals.0.recv() => "SIGTERM",
            _ = signals.1.recv() => "SIGINT",
        }
    };
    let received = next().await;
    tracing::info!(received, "ending");
    draining.begin();
    let graceful = async {
        sleep(notice).await;
        server.stop(true).await;
    };
    let is_over = tokio::select! {
        () = graceful => true,
        _ = next() => false,
    };
    if !is_over {
        tracing::warn!("ending at once");
        server.stop(false).await;
    }
}
