//! Where traces go.

use super::reader::{self, Reader};

/// Where traces go, and how many.
#[derive(Debug, Clone)]
pub(crate) struct TraceSettings {
    /// The collector, without the path.
    pub(crate) otlp_endpoint: String,
    /// How many requests of a hundred are traced when their caller says nothing.
    pub(crate) sample_percent: u8,
}

/// Reads where traces go.
pub(super) fn settings(reader: &mut Reader<'_>) -> Option<TraceSettings> {
    let sample_percent = reader.number("traces.sample_percent", 0..=100).unwrap_or(100);
    let otlp_endpoint = reader.value("traces.otlp_endpoint", plain_web_address)?;
    Some(TraceSettings { otlp_endpoint, sample_percent })
}

/// A web address that is spoken to without TLS.
fn plain_web_address(text: &str) -> Result<String, &'static str> {
    let address = reader::web_address(text).ok().filter(|address| address.starts_with("http://"));
    address.ok_or("must be like http://127.0.0.1:4318, without a path and without TLS")
}
