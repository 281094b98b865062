//! The ceiling that benchmarks compare with: an answer of any size that costs as
//! little as this server can make it. There only where the operator asked for it.

use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header::ContentType},
    middleware::Next,
    web::Bytes,
};

const PATH: &str = "/bench/";
const LONGEST: usize = 64 * 1024;
static BODY: [u8; LONGEST] = [b' '; LONGEST];

/// Answers `GET /bench/{bytes}` before anything else is done for the request, and
/// lets all others pass.
pub(crate) async fn bench_route(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let body = match *request.method() {
        Method::GET => body(request.path()),
        _ => None,
    };
    let Some(body) = body else { return Ok(next.call(request).await?.map_into_boxed_body()) };
    let answer = HttpResponse::Ok().content_type(ContentType::json()).body(body);
    Ok(request.into_response(answer))
}

fn body(path: &str) -> Option<Bytes> {
    let length: usize = path.strip_prefix(PATH)?.parse().ok()?;
    BODY.get(..length).map(Bytes::from_static)
}
