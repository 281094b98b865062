//! What stands directly before a handler.

use std::panic::AssertUnwindSafe;

use actix_web::{
    Error as ActixError, HttpMessage,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};
use futures_util::FutureExt;
use guildhall_application::{Caller, Error};

use crate::{
    Api,
    error::ApiError,
    extract::{ClientOrigin, bearer_token},
    rate_limit_headers::add_rate_limit,
};

/// Lets only signed-in callers through, before anything of the body is read,
/// so that nobody else learns what is wrong with it.
pub(crate) async fn authenticate(
    api: Data<Api>,
    origin: ClientOrigin,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let caller = match caller(&api, &origin, &request).await {
        Ok(caller) => caller,
        Err(error) => return Ok(request.error_response(error)),
    };
    let budget = match api.throttle.admit(caller.user.id) {
        Ok(budget) => budget,
        Err(budget) => {
            let error = ApiError::Application(Error::TooManyRequests(budget));
            return Ok(request.error_response(error));
        }
    };
    request.extensions_mut().insert(caller);
    let mut response = next.call(request).await?.map_into_boxed_body();
    if let Some(budget) = budget {
        add_rate_limit(response.headers_mut(), &budget);
    }
    Ok(response)
}

/// Lets only callers through whose address is proven to be theirs, where that
/// is asked of everybody. Stands behind [`authenticate`].
pub(crate) async fn require_verified(
    api: Data<Api>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let verdict = match request.extensions().get::<Caller>() {
        Some(caller) => api.use_cases.verify_email.require(caller),
        None => Err(Error::NotAuthenticated),
    };
    match verdict {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(error) => Ok(request.error_response(ApiError::Application(error))),
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
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    // Nothing after routing needs the request to itself, so it can be held here.
    let http_request = request.request().clone();
    let answer = AssertUnwindSafe(async move { next.call(request).await });
    match answer.catch_unwind().await {
        Ok(answer) => Ok(answer?.map_into_boxed_body()),
        Err(_) => Ok(ServiceResponse::from_err(ApiError::Panicked, http_request)),
    }
}
