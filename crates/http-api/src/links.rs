//! Links between the pages of a list (RFC 8288).

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{HeaderName, HeaderValue, LINK},
};
use guildhall_application::{Cursor, Page};
use serde::Serialize;

use crate::{Api, extract::cursor_text};

/// How many items a list has in all, where that is known without counting.
pub(crate) const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");

/// The answer that is a page of a list, with a link to the next page if there is
/// one. The link keeps what the list is filtered by.
pub(crate) fn page<T, R: Serialize>(
    api: &Api,
    request: &HttpRequest,
    limit: u32,
    page: Page<T>,
    show: impl Fn(T) -> R,
) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    if let Some(total) = page.total {
        response.insert_header((TOTAL_COUNT, total));
    }
    if let Some(cursor) = page.next
        && let Ok(link) = HeaderValue::from_str(&next(api, request, limit, cursor))
    {
        response.insert_header((LINK, link));
    }
    response.json(page.items.into_iter().map(show).collect::<Vec<_>>())
}

fn next(api: &Api, request: &HttpRequest, limit: u32, cursor: Cursor) -> String {
    let is_place = |pair: &&str| pair.starts_with("limit=") || pair.starts_with("cursor=");
    let kept = request.query_string().split('&').filter(|pair| !pair.is_empty() && !is_place(pair));
    let mut query: Vec<_> = kept.map(str::to_owned).collect();
    query.push(format!("limit={limit}"));
    query.push(format!("cursor={}", cursor_text(cursor)));
    let url = api.settings.url(&format!("{}?{}", request.path(), query.join("&")));
    format!("<{url}>; rel=\"next\"")
}
