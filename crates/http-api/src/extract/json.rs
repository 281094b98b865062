//! The JSON body of a request.

use std::time::Duration;

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::{
        Method,
        header::{CONTENT_ENCODING, CONTENT_LENGTH},
    },
    rt::time::timeout,
    web::{BytesMut, Data},
};
use deserr::Deserr;
use futures_util::{StreamExt, future::LocalBoxFuture};

use super::{Faults, json_value};
use crate::{Api, HttpSettings, error::ApiError};

/// A body that was JSON and of which nothing is wrong.
pub(crate) struct JsonBody<T>(pub(crate) T);

/// The bound on a body.
const MAX_BYTES: usize = 1024 * 1024;

impl<T: Deserr<Faults> + 'static> FromRequest for JsonBody<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let head = check_media_type(request).and_then(|()| check_length(request));
        let body_timeout = body_timeout(request);
        let payload = payload.take();
        Box::pin(async move {
            head?;
            let body = timeout(body_timeout, read(payload)).await;
            let value = json_value::parse(&body.map_err(|_| ApiError::BodyTooSlow)??)?;
            Ok(Self(deserr::deserialize::<T, _, Faults>(value)?))
        })
    }
}

fn body_timeout(request: &HttpRequest) -> Duration {
    let api = request.app_data::<Data<Api>>();
    api.map_or(HttpSettings::default().body_timeout, |api| api.settings.body_timeout)
}

async fn read(mut payload: Payload) -> Result<BytesMut, ApiError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk?;
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(ApiError::PayloadTooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Takes `application/json`, and for `PATCH` also `application/merge-patch+json`
/// (RFC 7396), in UTF-8 if it names a charset, uncompressed.
fn check_media_type(request: &HttpRequest) -> Result<(), ApiError> {
    let media_type = request.mime_type().ok().flatten();
    let is_json = media_type.is_some_and(|media_type| {
        let is_patch = request.method() == Method::PATCH;
        let essence = media_type.essence_str();
        (essence == "application/json" || (is_patch && essence == "application/merge-patch+json"))
            && media_type.get_param("charset").is_none_or(|charset| charset == "utf-8")
    });
    let is_plain = request
        .headers()
        .get(CONTENT_ENCODING)
        .is_none_or(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if is_json && is_plain { Ok(()) } else { Err(ApiError::UnsupportedMediaType) }
}

/// Refuses a body by its announced length, before it is read.
fn check_length(request: &HttpRequest) -> Result<(), ApiError> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    match announced.and_then(|length| length.parse::<usize>().ok()) {
        Some(length) if length > MAX_BYTES => Err(ApiError::PayloadTooLarge),
        _ => Ok(()),
    }
}
