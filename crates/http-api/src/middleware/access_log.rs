//! One line for every request, once its answer was sent or broke off; and what is
//! measured of it. Headers, bodies and queries are never written: they hold
//! secrets.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use actix_web::{
    Error, HttpMessage,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode},
    middleware::Next,
    web::{Bytes, Data},
};
use guildhall_domain::Origin;

use crate::{
    Api, HttpMetrics,
    connection::{Exchange, Exchanges},
    metrics::InFlight,
};

pub(crate) async fn access_log(
    api: Data<Api>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<LoggedBody>, Error> {
    let started = Instant::now();
    let in_flight = api.metrics.as_ref().map(HttpMetrics::begin);
    let exchange = request.conn_data().map(Exchanges::begin);
    let method = request.method().clone();
    let response = next.call(request).await?.map_into_boxed_body();

    let route = response.request().match_pattern().ok_or_else(|| response.request().path());
    let route = route.map_err(without_secrets);
    let origin = response.request().extensions().get::<Origin>().cloned().unwrap_or_default();
    let status = response.status();
    Ok(response.map_body(|_, body| LoggedBody {
        body,
        bytes: 0,
        entry: Entry { started, method, route, status, origin, in_flight, _exchange: exchange },
    }))
}

/// A path that no route takes, without what may be a token: it is longer than any
/// id.
fn without_secrets(path: &str) -> String {
    const LONGEST_ID: usize = "session-".len() + 36;
    let shown = |segment| if str::len(segment) > LONGEST_ID { "…" } else { segment };
    path.split('/').map(shown).collect::<Vec<_>>().join("/")
}

/// What is known of a request before its answer is sent.
struct Entry {
    started: Instant,
    method: Method,
    /// The pattern of its route, or the path that no route takes.
    route: Result<String, String>,
    status: StatusCode,
    origin: Origin,
    in_flight: Option<InFlight>,
    _exchange: Option<Exchange>,
}

/// The body of an answer, counted while it is sent.
pub(crate) struct LoggedBody {
    body: BoxBody,
    bytes: usize,
    entry: Entry,
}

impl MessageBody for LoggedBody {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let chunk = Pin::new(&mut self.body).poll_next(context);
        if let Poll::Ready(Some(Ok(chunk))) = &chunk {
            self.bytes += chunk.len();
        }
        chunk
    }
}

impl Drop for LoggedBody {
    fn drop(&mut self) {
        let Entry { started, method, route, status, origin, in_flight, .. } = &self.entry;
        if let Some(in_flight) = in_flight {
            in_flight.answered(route.as_deref().ok(), method, *status);
        }
        let (Ok(path) | Err(path)) = route;
        tracing::info!(
            %method,
            path,
            status = status.as_u16(),
            duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            bytes = self.bytes,
            client_ip = origin.ip_address.map(tracing::field::display),
            request_id = origin.request_id,
            "answered"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_in_a_path_that_leads_nowhere_is_not_shown() {
        let token = format!("gh_{}", "a".repeat(43));
        for (path, shown) in [
            (format!("/api/invitations/{token}/x"), "/api/invitations/…/x"),
            ("/api/nothing".to_owned(), "/api/nothing"),
            (
                "/api/x/session-0b8f0f0e-8f0d-4d0c-9a55-6a6f6c1f7a11".to_owned(),
                "/api/x/session-0b8f0f0e-8f0d-4d0c-9a55-6a6f6c1f7a11",
            ),
        ] {
            assert_eq!(without_secrets(&path), shown);
        }
    }
}
