//! The pages to which the `type` of a problem leads, made from the table of
//! kinds.

use actix_web::{HttpResponse, http::header::ContentType, web::Path};
use guildhall_application::Error;

use super::docs::CACHEABLE;
use crate::{
    error::ApiError,
    problem::{KINDS, ProblemKind},
};

/// `GET /problems`
pub(crate) async fn index() -> HttpResponse {
    let items: String = KINDS.iter().map(|kind| item(kind)).collect();
    html("Problems", &format!("<ul>\n{items}</ul>\n"))
}

/// `GET /problems/{slug}`
pub(crate) async fn page(slug: Path<String>) -> Result<HttpResponse, ApiError> {
    let kind = KINDS.iter().find(|kind| kind.slug == *slug).ok_or(Error::NotFound)?;
    Ok(html(kind.title, &description(kind)))
}

fn item(kind: &ProblemKind) -> String {
    let ProblemKind { slug, title, status, .. } = kind;
    format!("<li><a href=\"problems/{slug}\">{title}</a> ({})</li>\n", status.as_u16())
}

fn description(kind: &ProblemKind) -> String {
    let ProblemKind { slug, status, meaning, remedy, .. } = kind;
    format!(
        "<p><code>/problems/{slug}</code>, status {status}</p>\n\
         <h2>What it means</h2>\n<p>{meaning}</p>\n<h2>What to do</h2>\n<p>{remedy}</p>\n\
         <p><a href=\"../problems\">All problems</a></p>\n"
    )
}

/// A page. Everything on it is this crate's own text, so nothing is escaped.
fn html(title: &str, content: &str) -> HttpResponse {
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{title}</title>\n</head>\n<body>\n<h1>{title}</h1>\n{content}</body>\n</html>\n"
    );
    HttpResponse::Ok().insert_header(ContentType::html()).insert_header(CACHEABLE).body(page)
}
