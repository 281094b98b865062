//! What stands directly before a handler.

use std::panic::AssertUnwindSafe;

use actix_web::{
    Error, HttpMessage,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};
use futures_util::FutureExt;
use guildhall_application::Caller;

use crate::{
    Api,
    error::ApiError,
    extract::{ClientOrigin, bearer_token},
};

/// Lets only signed-in callers through, before anything of the body is read,
/// so that nobody else learns what is wrong with it.
pub(crate) async fn authenticate(
    api: Data<Api>,
    origin: ClientOrigin,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match caller(&api, &origin, &request).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(error) => Ok(request.error_response(error)),
    }
}

async fn caller(
    api: &Api,
    ClientOrigin(origin): &ClientOrigin,
    request: &ServiceRequest,
) -> Result<Caller, ApiError> {
    let token = bearer_token(request.headers())?;
    Ok(api.use_cases.authenticate.execute(token, origin).await?)
}

/// Answers a panic like any other failure; the connection and the other
/// requests on it live on.
pub(crate) async fn catch_panic(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // Nothing after routing needs the request to itself, so it can be held here.
    let http_request = request.request().clone();
    let answer = AssertUnwindSafe(async move { next.call(request).await });
    match answer.catch_unwind().await {
        Ok(answer) => Ok(answer?.map_into_boxed_body()),
        Err(_) => Ok(ServiceResponse::from_err(ApiError::Panicked, http_request)),
    }
}
