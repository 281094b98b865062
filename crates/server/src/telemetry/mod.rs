//! Logs: readable text on a terminal, JSON elsewhere, on standard error; and
//! traces, for a collector that speaks OTLP.

mod traces;

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, prelude::*};

pub(crate) use self::traces::{TraceContext, Traces};
use crate::{
    config::{LogFormat, LogSettings, TraceSettings},
    output::Failure,
};

/// Sends what is traced to standard error, panics included, and to the collector
/// if there is one.
///
/// # Errors
///
/// When what sends traces cannot be set up.
pub(crate) fn start(
    logs: &LogSettings,
    traces: Option<&TraceSettings>,
) -> Result<Option<Traces>, Failure> {
    let traces = traces.map(Traces::to).transpose()?;
    tracing_subscriber::registry()
        .with(log_layer(logs))
        .with(traces.as_ref().map(Traces::layer))
        .init();
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        let message = panic.payload_as_str();
        tracing::error!(location, message, "the program panicked");
    }));
    Ok(traces)
}

fn log_layer(settings: &LogSettings) -> Box<dyn Layer<Registry> + Send + Sync> {
    let as_json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !io::stderr().is_terminal(),
    };
    let filter = EnvFilter::new(&settings.filter);
    let layer = fmt::layer().with_writer(io::stderr);
    if as_json {
        layer.json().flatten_event(true).with_current_span(false).with_filter(filter).boxed()
    } else {
        layer.with_ansi(io::stderr().is_terminal()).with_filter(filter).boxed()
    }
}
