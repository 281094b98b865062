//! The OpenAPI document and a reader for people, all of whose files are in the
//! binary.

use std::sync::{Arc, LazyLock};

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, LOCATION},
    web::Path,
};
use guildhall_application::Error;
use utoipa_swagger_ui::Config;

use crate::{error::ApiError, openapi::openapi_json};

/// What does not change while the process lives.
static DOCUMENT: LazyLock<String> = LazyLock::new(openapi_json);
static READER: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    // Relative, so that it is found behind a proxy that adds a prefix. The
    // validator is a badge from another server.
    Arc::new(Config::new(["../api/openapi.json"]).use_base_layout().validator_url("none"))
});

/// Lets the reader do what it does and load nothing from anywhere else. It
/// styles its elements itself and has icons in data URLs.
const READER_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// How long browsers may keep what changes with releases only.
pub(super) const CACHEABLE: (actix_web::http::header::HeaderName, &str) =
    (CACHE_CONTROL, "public, max-age=300");

/// `GET /api/openapi.json`
pub(crate) async fn openapi() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(ContentType::json())
        .insert_header(CACHEABLE)
        .body(DOCUMENT.as_str())
}

/// `GET /docs`: the reader's files lie in that folder.
pub(crate) async fn redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "docs/")).finish()
}

/// `GET /docs/{file}`
pub(crate) async fn file(path: Path<String>) -> Result<HttpResponse, ApiError> {
    let file = utoipa_swagger_ui::serve(&path, READER.clone())
        .map_err(|error| Error::Internal(error.to_string().into()))?
        .ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_SECURITY_POLICY, READER_POLICY))
        .insert_header(CACHEABLE)
        .content_type(file.content_type)
        .body(file.bytes.into_owned()))
}
