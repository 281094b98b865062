//! What happens around every request.

mod access_log;
mod bench_route;
mod guards;
mod problems;
mod request_context;
mod response_headers;

pub(crate) use access_log::access_log;
pub(crate) use bench_route::bench_route;
pub(crate) use guards::{authenticate, catch_panic, require_verified};
pub(crate) use problems::problems;
pub(crate) use request_context::request_context;
pub(crate) use response_headers::response_headers;
