//! Traces that reach a collector, as part of the trace of whoever called.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use guildhall_persistence::Backend;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value, trace::v1::Span,
};
use prost::Message;

use crate::support::{Installation, PASSWORD, Server};

/// The head of a request, in small letters, and its body.
type Request = (String, Vec<u8>);

/// A collector: it takes whatever is sent and keeps it.
struct Collector {
    address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || {
                    while let Some(request) = take(stream.as_ref().unwrap()) {
                        kept.lock().unwrap().push(request);
                    }
                });
            }
        });
        Self { address, requests }
    }

    /// Everything that was sent so far.
    fn received(&self) -> Vec<ExportTraceServiceRequest> {
        let requests = self.requests.lock().unwrap();
        let decode = |(head, body): &Request| {
            assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
            assert!(head.contains("content-type: application/x-protobuf"), "{head}");
            ExportTraceServiceRequest::decode(&body[..]).unwrap()
        };
        requests.iter().map(decode).collect()
    }

    fn spans(&self) -> Vec<Span> {
        let of_resources = self.received().into_iter().flat_map(|sent| sent.resource_spans);
        of_resources.flat_map(|of| of.scope_spans).flat_map(|of| of.spans).collect()
    }

    /// Everything as it was on the wire, as far as it is text.
    fn raw(&self) -> String {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|(_, body)| String::from_utf8_lossy(body).into_owned()).collect()
    }
}

/// Reads one request and answers it; none when the connection has ended.
fn take(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    let mut body = vec![0; length.trim().parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    let mut stream = stream;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").ok()?;
    Some((head, body))
}

/// An id of 16 bytes as `traceparent` has it.
fn trace_id(span: &Span) -> String {
    format!("{:032x}", u128::from_be_bytes(span.trace_id[..].try_into().unwrap()))
}

/// An id of 8 bytes likewise; none for a span without a parent.
fn parent_id(span: &Span) -> Option<String> {
    let id = (!span.parent_span_id.is_empty()).then_some(&span.parent_span_id[..])?;
    Some(format!("{:016x}", u64::from_be_bytes(id.try_into().unwrap())))
}

/// The attributes of a span that are texts or whole numbers.
fn attributes(span: &Span) -> BTreeMap<String, String> {
    let attributes = span.attributes.iter().filter_map(|attribute| {
        let value = match attribute.value.as_ref()?.value.as_ref()? {
            any_value::Value::StringValue(text) => text.clone(),
            any_value::Value::IntValue(number) => number.to_string(),
            _ => return None,
        };
        Some((attribute.key.clone(), value))
    });
    attributes.collect()
}

async fn get(server: &Server, path: &str, token: &str, traceparent: &str) -> u16 {
    let request = server.client().get(server.url(path)).bearer_auth(token);
    let request = request.header("traceparent", traceparent).header("x-request-id", "req.1");
    request.send().await.unwrap().status().as_u16()
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

#[tokio::test]
async fn a_request_is_a_part_of_its_callers_trace() {
    for installation in Installation::on_each_backend() {
        let collector = Collector::start();
        let installation = installation.with("GUILDHALL_TRACES_OTLP_ENDPOINT", &collector.address);
        let mut server = installation.serve();
        let token = server.registered("ada@acme.com", Some("Acme")).await;
        let traceparent = format!("00-{TRACE}-{CALLER}-01");
        assert_eq!(get(&server, "/api/organizations", &token, &traceparent).await, 200);
        let unsampled = "00-aaaabbbbccccddddaaaabbbbccccdddd-00f067aa0ba902b7-00";
        assert_eq!(get(&server, "/api/stats", &token, unsampled).await, 200);
        assert_eq!(get(&server, "/api/auth/me", &token, "not a traceparent").await, 200);
        server.signal("TERM");
        assert_eq!(server.wait(), Some(0), "{}", server.log());

        let spans = collector.spans();
        let of_trace: Vec<_> = spans.iter().filter(|span| trace_id(span) == TRACE).collect();
        let is_root = |span: &&&Span| parent_id(span).as_deref() == Some(CALLER);
        let root = of_trace.iter().find(is_root).unwrap_or_else(|| panic!("{spans:#?}"));
        assert_eq!(root.name, "GET /api/organizations");
        assert_eq!(root.kind, 2, "a server's span");
        let attributes = attributes(root);
        for (name, value) in [
            ("http.route", "/api/organizations"),
            ("http.request.method", "GET"),
            ("http.response.status_code", "200"),
            ("request_id", "req.1"),
        ] {
            assert_eq!(attributes.get(name).map(String::as_str), Some(value), "{name}");
        }
        let reads = of_trace.iter().filter(|span| span.name == "database.read");
        assert!(reads.count() >= 1, "{of_trace:#?}");
        let ids: Vec<_> = of_trace.iter().map(|span| &span.span_id).collect();
        for span in of_trace.iter().filter(|span| span.span_id != root.span_id) {
            assert!(ids.contains(&&span.parent_span_id), "{span:#?}");
        }

        let named = |name: &str| spans.iter().filter(|span| span.name == name).collect::<Vec<_>>();
        assert!(named("GET /api/stats").is_empty(), "its caller does not record");
        let [own] = named("GET /api/auth/me")[..] else { panic!("{spans:#?}") };
        assert!(parent_id(own).is_none() && trace_id(own) != TRACE);
        assert_eq!(named("POST /api/auth/register").len(), 1);

        let raw = collector.raw();
        assert!(raw.contains("service.name") && raw.contains("guildhall"));
        for secret in [token.as_str(), PASSWORD, "ada@acme.com", "$argon2"] {
            assert!(!raw.contains(secret), "{secret}");
        }
    }
}

#[tokio::test]
async fn without_its_own_share_only_what_callers_record_is_sent() {
    let collector = Collector::start();
    let installation = Installation::new(Backend::Sqlite)
        .with("GUILDHALL_TRACES_OTLP_ENDPOINT", &collector.address)
        .with("GUILDHALL_TRACES_SAMPLE_PERCENT", "0");
    let mut server = installation.serve();
    assert_eq!(get(&server, "/healthz", "", &format!("00-{TRACE}-{CALLER}-01")).await, 200);
    assert_eq!(get(&server, "/healthz", "", "").await, 200);
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0), "{}", server.log());
    let names: Vec<_> = collector.spans().into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["GET /healthz"]);
}

#[tokio::test]
async fn a_collector_that_is_away_holds_nobody_up() {
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let installation = Installation::new(Backend::Sqlite)
        .with("GUILDHALL_TRACES_OTLP_ENDPOINT", &format!("http://{nowhere}"));
    let mut server = installation.serve();
    server.registered("ada@acme.com", Some("Acme")).await;
    let begun = Instant::now();
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0), "{}", server.log());
    assert!(begun.elapsed() < Duration::from_secs(30), "it waited for the collector");
}
