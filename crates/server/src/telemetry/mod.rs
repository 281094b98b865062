//! Logs: readable text on a terminal, JSON elsewhere, on standard error; and
//! traces, for a collector that speaks OTLP.

mod traces;

use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, Layer, fmt, prelude::*, registry::LookupSpan};

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
    let (filter, registry) = (EnvFilter::new(&logs.filter), tracing_subscriber::registry());
    match &traces {
        Some(traces) => {
            registry.with(log_layer(logs.format).with_filter(filter)).with(traces.layer()).init();
        }
        // Spans that nobody wants are not even made, where one filter is for all.
        None => registry.with(filter).with(log_layer(logs.format)).init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        let message = panic.payload_as_str();
        tracing::error!(location, message, "the program panicked");
    }));
    Ok(traces)
}

fn log_layer<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let as_json = match format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !io::stderr().is_terminal(),
    };
    let layer = fmt::layer().with_writer(io::stderr);
    if as_json {
        layer.json().flatten_event(true).with_current_span(false).boxed()
    } else {
        layer.with_ansi(io::stderr().is_terminal()).boxed()
    }
}
