//! One line for every request, once its answer was sent or broke off. Headers,
//! bodies and queries are never written: they hold secrets.

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
    web::Bytes,
};
use guildhall_domain::Origin;

pub(crate) async fn access_log(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<LoggedBody>, Error> {
    let started = Instant::now();
    let method = request.method().clone();
    let response = next.call(request).await?.map_into_boxed_body();

    let path = response.request().match_pattern();
    let path = path.unwrap_or_else(|| response.request().path().to_owned());
    let origin = response.request().extensions().get::<Origin>().cloned().unwrap_or_default();
    let status = response.status();
    Ok(response.map_body(|_, body| LoggedBody {
        body,
        bytes: 0,
        entry: Entry { started, method, path, status, origin },
    }))
}

/// What is known of a request before its answer is sent.
struct Entry {
    started: Instant,
    method: Method,
    path: String,
    status: StatusCode,
    origin: Origin,
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
        let Entry { started, method, path, status, origin } = &self.entry;
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
