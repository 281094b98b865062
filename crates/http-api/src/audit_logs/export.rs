//! Exports, sent while they are read: a line for each event.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse,
    dev::Payload,
    http::header::{Accept, CONTENT_DISPOSITION, Header},
    web::{Bytes, Data},
};
use futures_util::{Stream, TryStreamExt, stream::try_unfold};
use guildhall_application::{
    Cursor, Error, PageRequest, Scope,
    audit::ExportPlace,
    ports::{AuditFilter, AuditRecord, AuditTrail},
    with_causes,
};
use guildhall_audit_log::{Line, table};

use crate::{Api, error::ApiError};

/// In what form events are wanted, by `Accept`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Representation {
    /// A page, as JSON.
    Page,
    /// All, a JSON document a line, with what proves them.
    Ndjson,
    /// All, as a table (RFC 4180).
    Csv,
}

const NDJSON: &str = "application/x-ndjson";
const CSV: &str = "text/csv";

impl FromRequest for Representation {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let ranked = Accept::parse(request).map(|accept| accept.ranked()).unwrap_or_default();
        let wanted = ranked.iter().find_map(|media_type| match media_type.essence_str() {
            NDJSON => Some(Self::Ndjson),
            CSV => Some(Self::Csv),
            "application/json" | "application/*" | "*/*" => Some(Self::Page),
            _ => None,
        });
        ready(Ok(wanted.unwrap_or(Self::Page)))
    }
}

/// All events of a trail that the filter lets through. The whole log of an
/// organization, as NDJSON, is in its order and has its checkpoints, so that it
/// can be verified; anything else is newest first.
pub(super) fn export(
    api: Data<Api>,
    trail: AuditTrail,
    filter: AuditFilter,
    form: Representation,
    request: &HttpRequest,
) -> HttpResponse {
    let request_id = request.extensions().get::<guildhall_domain::Origin>().cloned();
    let request_id = request_id.and_then(|origin| origin.request_id);
    let (media_type, name) = match form {
        Representation::Csv => (CSV, "audit-log.csv"),
        Representation::Ndjson | Representation::Page => (NDJSON, "audit-log.ndjson"),
    };
    let mut response = HttpResponse::Ok();
    response
        .content_type(format!("{media_type}; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    match trail {
        AuditTrail::Of(scope)
            if form == Representation::Ndjson && filter == AuditFilter::default() =>
        {
            response.streaming(in_order(api, scope, request_id))
        }
        _ => response.streaming(newest_first(api, trail, filter, form, request_id)),
    }
}

fn in_order(
    api: Data<Api>,
    scope: Scope,
    request_id: Option<String>,
) -> impl Stream<Item = Result<Bytes, Error>> {
    let chunks = try_unfold(ExportPlace::Start, move |place| {
        let api = api.clone();
        async move {
            let step = api.use_cases.list_audit_events.in_order(&scope, place).await?;
            step.map(|(lines, next)| Ok((lines_of(lines)?, next))).transpose()
        }
    });
    logged(chunks, request_id)
}

fn newest_first(
    api: Data<Api>,
    trail: AuditTrail,
    filter: AuditFilter,
    form: Representation,
    request_id: Option<String>,
) -> impl Stream<Item = Result<Bytes, Error>> {
    // Behind which event it is, until there is none.
    let start = Some(None::<Cursor>);
    let chunks = try_unfold((start, filter), move |(place, filter)| {
        let api = api.clone();
        async move {
            let Some(after) = place else { return Ok(None) };
            let request = PageRequest { after, limit: PageRequest::STREAM_LIMIT };
            let page = api.use_cases.list_audit_events.execute(&trail, &filter, request).await?;
            let next = page.next.map(Some);
            let chunk = match form {
                Representation::Csv => table(&page.items, after.is_none())?,
                Representation::Ndjson | Representation::Page => {
                    let records = page.items.into_iter().map(|event| event.record);
                    lines_of(records.map(|record| Line::Record(Box::new(record))))?
                }
            };
            Ok(Some((chunk, (next, filter))))
        }
    });
    logged(chunks, request_id)
}

/// A stream that broke off says so in the log; what was sent has no good end.
fn logged(
    chunks: impl Stream<Item = Result<Bytes, Error>>,
    request_id: Option<String>,
) -> impl Stream<Item = Result<Bytes, Error>> {
    chunks.inspect_err(move |error| {
        tracing::error!(request_id, cause = with_causes(error), "an export broke off");
    })
}

fn lines_of(lines: impl IntoIterator<Item = Line>) -> Result<Bytes, Error> {
    let mut chunk = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut chunk, &line)
            .map_err(|error| Error::Internal(Box::new(error)))?;
        chunk.push(b'\n');
    }
    Ok(chunk.into())
}

fn table(events: &[AuditRecord], with_head: bool) -> Result<Bytes, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| Error::Internal(Box::new(error));
    if with_head {
        writer.write_record(table::COLUMNS).map_err(failed)?;
    }
    for event in events {
        writer.write_record(table::cells(&event.record)).map_err(failed)?;
    }
    let table = writer.into_inner();
    Ok(table.map_err(|error| Error::Internal(Box::new(error.into_error())))?.into())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_form_is_what_is_accepted_most() {
        for (accept, form) in [
            (None, Representation::Page),
            (Some("application/json"), Representation::Page),
            (Some("*/*"), Representation::Page),
            (Some("text/csv"), Representation::Csv),
            (Some("application/x-ndjson"), Representation::Ndjson),
            (Some("text/html, text/csv;q=0.9, */*;q=0.1"), Representation::Csv),
            (Some("text/csv;q=0.5, application/json"), Representation::Page),
            (Some("nonsense"), Representation::Page),
        ] {
            let mut request = TestRequest::default();
            if let Some(accept) = accept {
                request = request.insert_header(("accept", accept));
            }
            let request = request.to_http_request();
            let found =
                Representation::from_request(&request, &mut Payload::None).into_inner().unwrap();
            assert_eq!(found, form, "{accept:?}");
        }
    }
}
