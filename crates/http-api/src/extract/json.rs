//! The JSON body of a request.

use std::time::Duration;

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::{
        Method,
        header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderName},
    },
    rt::time::timeout,
    web::{BytesMut, Data},
};
use deserr::Deserr;
use futures_util::{StreamExt, future::LocalBoxFuture};
use guildhall_application::idempotency::{IdempotencyKey, RequestFingerprint};
use sha2::{Digest, Sha256};

use super::{Faults, json_value};
use crate::{Api, HttpSettings, LargeBodies, error::ApiError};

/// A body that was JSON and of which nothing is wrong.
pub(crate) struct JsonBody<T>(pub(crate) T);

/// The key of a request and its repetitions.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The bound on a body.
const MAX_BYTES: usize = 1024 * 1024;

/// What is no larger is always received: it is less than what each connection takes
/// anyway.
const SMALL_BYTES: usize = 16 * 1024;

impl<T: Deserr<Faults> + 'static> FromRequest for JsonBody<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = body(request, payload);
        Box::pin(async move { Ok(Self(parse(&body.await?)?)) })
    }
}

/// A body like that, of a request that can be repeated safely by the key that
/// comes with it.
pub(crate) struct RepeatableBody<T> {
    pub(crate) body: T,
    /// The key, and what the request asks for.
    pub(crate) request: Option<(IdempotencyKey, RequestFingerprint)>,
}

impl<T: Deserr<Faults> + 'static> FromRequest for RepeatableBody<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let key = idempotency_key(request);
        let body = body(request, payload);
        // The method is the same wherever this is used.
        let digest = Sha256::new().chain_update(request.path()).chain_update(b"\n");
        Box::pin(async move {
            let key = key?;
            let body = body.await?;
            let fingerprint = RequestFingerprint(digest.chain_update(&body).finalize().into());
            Ok(Self { body: parse(&body)?, request: key.map(|key| (key, fingerprint)) })
        })
    }
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<IdempotencyKey>, ApiError> {
    let mut values = request.headers().get_all(IDEMPOTENCY_KEY);
    let Some(value) = values.next() else { return Ok(None) };
    let key = value.to_str().ok().and_then(|text| text.parse().ok());
    match (key, values.next()) {
        (Some(key), None) => Ok(Some(key)),
        _ => Err(ApiError::InvalidIdempotencyKey),
    }
}

fn parse<T: Deserr<Faults>>(body: &[u8]) -> Result<T, ApiError> {
    Ok(deserr::deserialize::<T, _, Faults>(json_value::parse(body)?)?)
}

/// The whole body, once it is there.
fn body(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<BytesMut, ApiError>> + use<> {
    let head = check_media_type(request).and_then(|()| check_length(request));
    let (body_timeout, large_bodies) = bounds(request);
    let payload = payload.take();
    async move {
        head?;
        let body = read(payload, &large_bodies);
        timeout(body_timeout, body).await.map_err(|_| ApiError::BodyTooSlow)?
    }
}

fn bounds(request: &HttpRequest) -> (Duration, LargeBodies) {
    let api = request.app_data::<Data<Api>>();
    api.map_or_else(
        || (HttpSettings::default().body_timeout, LargeBodies::default()),
        |api| (api.settings.body_timeout, api.large_bodies.clone()),
    )
}

async fn read(mut payload: Payload, large_bodies: &LargeBodies) -> Result<BytesMut, ApiError> {
    let mut body = BytesMut::new();
    let mut large = None;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk?;
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(ApiError::PayloadTooLarge);
        }
        if large.is_none() && body.len() + chunk.len() > SMALL_BYTES {
            large = Some(large_bodies.begin().ok_or(ApiError::TooManyLargeBodies)?);
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
