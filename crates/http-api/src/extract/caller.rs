//! The caller, as authentication left them.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use guildhall_application::{Caller, Error};

use crate::error::ApiError;

/// A signed-in caller. Only a route that asks for one to be signed in has it.
pub(crate) struct SignedIn(pub(crate) Caller);

impl FromRequest for SignedIn {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions_mut().remove::<Caller>();
        ready(caller.map(Self).ok_or(ApiError::Application(Error::NotAuthenticated)))
    }
}
