//! Serving: from the configuration to the last answer.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread::available_parallelism,
    time::Duration,
};

use actix_web::dev::Server;
use guildhall_domain::RegistrationMode;
use guildhall_http_api::{Api, Draining, LargeBodies, ServerOptions, server};
use tokio::{
    net::TcpSocket,
    signal::unix::{Signal, SignalKind, signal},
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    config::{Configuration, Mode},
    first_admin,
    metrics::{self, TaskMetrics},
    output::{self, Failure},
    telemetry::{self, TraceContext},
    upkeep::{self, Heartbeats},
    wiring::Service,
};

/// Connections that wait to be accepted; the kernel drops further ones, and clients try
/// again.
const BACKLOG: u32 = 1024;
/// How long it may take to write down the last heartbeat and the last uses of sessions.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(2);
/// How long it may take then to close the database.
const CLOSED_WITHIN: Duration = Duration::from_secs(2);

/// Migrates, opens the store and serves until a signal ends it.
pub(crate) fn run(configuration: Configuration) -> Result<(), Failure> {
    let traces = telemetry::start(&configuration.log, configuration.traces.as_ref())?;
    let report =
        guildhall_persistence::migrate(&configuration.database).map_err(Failure::failed)?;
    for migration in report.applied {
        tracing::info!(migration, "migrated");
    }
    let service = Service::new(&configuration)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::failed)?;
    let ended = runtime.block_on(serve(configuration, service));
    // Not dropped, which would wait for queries that nobody waits for.
    runtime.shutdown_background();
    if let Some(traces) = traces {
        traces.end();
    }
    ended
}

async fn serve(configuration: Configuration, service: Service) -> Result<(), Failure> {
    // Before anybody can know that the server is there, and end it.
    let signals = Signals::listen().map_err(|error| {
        Failure::failed(format!("Signals cannot be received from the system: {error}."))
    })?;
    let tasks = TaskMetrics::default();
    let (watched, listener) = match configuration.metrics_listen {
        None => (None, None),
        Some(address) => {
            let metrics = service.metrics(&tasks);
            let watched = metrics.http.clone();
            let listener = metrics::listen(address, metrics)
                .map_err(|error| not_bound(address, "GUILDHALL_METRICS_LISTEN", &error))?;
            (Some(watched), Some(listener))
        }
    };
    let Service { use_cases, ids, sign_in_limits, request_limits, store, cache, .. } = service;
    first_admin::ensure(&use_cases, configuration.first_admin.clone()).await?;

    let draining = Draining::default();
    let api = Api {
        use_cases: use_cases.clone(),
        ids,
        throttle: request_limits.clone(),
        settings: Arc::new(configuration.http.clone()),
        draining: draining.clone(),
        large_bodies: LargeBodies::default(),
        metrics: watched,
        tracer: configuration.traces.as_ref().map(|_| Arc::new(TraceContext) as Arc<_>),
    };
    let socket = listen(configuration.listen)
        .map_err(|error| not_bound(configuration.listen, "GUILDHALL_LISTEN", &error))?;
    let address = socket.local_addr().map_err(Failure::failed)?;
    let options = server_options(&configuration);
    let server = server(&api, &options, socket).map_err(Failure::failed)?;

    let mut beside = JoinSet::new();
    beside.spawn(store.clone().follow_others());
    let mut heartbeats = Heartbeats::new(use_cases.clone(), tasks.clone());
    heartbeats.beat().await;
    beside.spawn(upkeep::sweeps(use_cases.clone(), tasks.clone()));
    beside.spawn(upkeep::retention(use_cases.clone(), tasks.clone()));
    beside.spawn(upkeep::forgetting(sign_in_limits, request_limits, cache));
    beside.spawn(upkeep::session_uses(use_cases.clone(), tasks.clone()));
    let every = configuration.audit.checkpoint_interval;
    beside.spawn(upkeep::checkpoints(use_cases.clone(), every, tasks.clone()));
    if configuration.mail.is_some() {
        beside.spawn(upkeep::mail(use_cases.clone(), tasks.clone()));
    }
    greet(&configuration, address);
    let metrics = listener.map(|listener| {
        output::line(format!("Metrics: http://{}/metrics", listener.address));
        listener.run()
    });
    let ended = tokio::select! {
        ended = until_ended(server, signals, draining, configuration.shutdown.notice) => ended,
        never = heartbeats.run() => match never {},
    };
    let last_words = async {
        heartbeats.beat().await;
        upkeep::write_session_uses(&use_cases, &tasks).await;
    };
    if timeout(LAST_WORDS_WITHIN, last_words).await.is_err() {
        tracing::warn!("the last heartbeat and uses of sessions were not written in time");
    }
    if let Some(metrics) = metrics {
        metrics.stop(false).await;
    }
    beside.shutdown().await;
    // What was cut off may have a connection still.
    if ended.is_ok() && !matches!(timeout(CLOSED_WITHIN, store.close()).await, Ok(Ok(()))) {
        tracing::warn!("the database was not closed in time");
    }
    tracing::info!("ended");
    ended
}

fn server_options(configuration: &Configuration) -> ServerOptions {
    let bounds = configuration.server;
    let cores = available_parallelism().map_or(1, usize::from);
    let connections = usize::try_from(configuration.store.max_connections).unwrap_or(usize::MAX);
    ServerOptions {
        workers: bounds.workers,
        // All connections and all hashes may be one worker's. Few do without either.
        blocking_threads: connections.saturating_add(cores).saturating_add(16),
        max_connections: bounds.max_connections,
        keep_alive: bounds.keep_alive,
        request_timeout: bounds.request_timeout,
        send_timeout: bounds.send_timeout,
        disconnect_timeout: bounds.disconnect_timeout,
        shutdown_timeout: configuration.shutdown.grace,
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A node that is restarted gets its address back at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

fn not_bound(address: SocketAddr, variable: &str, error: &io::Error) -> Failure {
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "Another program listens there. End it, or choose another address with {variable} \
             (port 0 picks a free port)."
        ),
        io::ErrorKind::PermissionDenied => {
            format!("Ports below 1024 need privileges. Choose another with {variable}.")
        }
        _ => format!("Choose an address of this machine with {variable}."),
    };
    Failure::failed(format!("Cannot listen on {address}: {error}. {advice}"))
}

/// Tells whoever started the server where it is and what to try first.
fn greet(configuration: &Configuration, address: SocketAddr) {
    output::line(format!("Guildhall is listening on http://{address}"));
    output::line(format!("Mode: {}", configuration.mode));
    output::line(format!("Data: {}", configuration.database));
    output::line(format!("API reference: http://{address}/docs"));
    let strangers_may_register = configuration.settings.registration != RegistrationMode::Invited;
    if configuration.mode == Mode::Development && strangers_may_register {
        output::line("Try:");
        output::line(format!(
            "  curl http://{address}/api/auth/register -H 'Content-Type: application/json' \
             -d '{{\"email\": \"ada@acme.com\", \"password\": \"correct horse battery staple\", \
             \"name\": \"Ada Lovelace\", \"organization\": \"Acme Corporation\"}}'"
        ));
    }
    tracing::info!(%address, database = %configuration.database, "serving");
}

/// Serves until SIGTERM or SIGINT, then says that it is not ready, gives load
/// balancers time to notice, and lets what is under way finish. A second signal
/// ends that at once.
async fn until_ended(
    server: Server,
    mut signals: Signals,
    draining: Draining,
    notice: Duration,
) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::failed(format!("The server failed: {error}."));
    let handle = server.handle();
    let mut server = std::pin::pin!(server);
    tokio::select! {
        ended = &mut server => return ended.map_err(failed),
        received = signals.next() => tracing::info!(received, "ending"),
    }
    draining.begin();
    let stop = async {
        sleep(notice).await;
        handle.stop(true).await;
    };
    tokio::select! {
        (ended, ()) = async { tokio::join!(server, stop) } => ended.map_err(failed),
        received = signals.next() => {
            tracing::warn!(received, "ending at once");
            Err(Failure::failed("Ended at once by a second signal; requests were cut off."))
        }
    }
}

/// The signals that end the server. What comes before anybody asks is kept.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// The name of the next one.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
