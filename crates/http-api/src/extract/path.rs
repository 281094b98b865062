//! The id in a path.

use std::{
    future::{Ready, ready},
    str::FromStr,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use guildhall_application::Error;

use crate::error::ApiError;

/// The `{id}` of a path. A text that is no id of this kind is the id of
/// nothing, so it is answered like one that does not exist.
pub(crate) struct PathId<T>(pub(crate) T);

impl<T: FromStr> FromRequest for PathId<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parameter(request, 0).map(Self))
    }
}

/// The two ids of a path: of an organization, and of what belongs to it.
pub(crate) struct PathIds<T, U>(pub(crate) T, pub(crate) U);

impl<T: FromStr, U: FromStr> FromRequest for PathIds<T, U> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let ids = parameter(request, 0)
            .and_then(|first| parameter(request, 1).map(|second| Self(first, second)));
        ready(ids)
    }
}

/// The text in a path.
pub(crate) struct PathText(pub(crate) String);

impl FromRequest for PathText {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parameter(request, 0).map(Self))
    }
}

fn parameter<T: FromStr>(request: &HttpRequest, position: usize) -> Result<T, ApiError> {
    let text = request.match_info().iter().nth(position).map(|(_, text)| text);
    text.and_then(|text| text.parse().ok()).ok_or(ApiError::Application(Error::NotFound))
}
