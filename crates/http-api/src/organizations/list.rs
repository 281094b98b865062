//! `GET /api/organizations`

use actix_web::{HttpRequest, HttpResponse, http::header::ContentType, web::Data};
use guildhall_application::{Caller, PageRequest};

use super::{dto::OrganizationResponse, stream::json_array};
use crate::{
    Api,
    error::ApiError,
    extract::{ClientOrigin, ListQuery, Query, SignedIn},
    links::page,
    openapi::{Failures, InvalidQuery, NotAuthenticated},
};

/// The organizations that the caller is a member of, newest first.
///
/// A platform admin gets all of them. Without `limit` and `cursor` the list is
/// complete, however long it is. With one of them it is a page, and the header
/// `Link` says where the next one is.
#[utoipa::path(
    get,
    path = "/api/organizations",
    tag = "Organizations",
    security(("bearer" = [])),
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100,
            description = "At most so many organizations; 100 if only `cursor` is given.",
            example = 100),
        ("cursor" = Option<String>, Query,
            description = "Where the page begins: taken from a `Link` header."),
    ),
    responses(
        (status = 200, description = "The organizations.", body = [OrganizationResponse],
            headers(("Link" = String))),
        InvalidQuery, NotAuthenticated, Failures,
    ),
)]
pub(crate) async fn list_organizations(
    api: Data<Api>,
    SignedIn(caller): SignedIn,
    ClientOrigin(origin): ClientOrigin,
    request: HttpRequest,
    Query(query): Query<ListQuery>,
) -> Result<HttpResponse, ApiError> {
    match query {
        ListQuery::Page(wanted) => {
            let found = api.use_cases.list_organizations.execute(&caller, wanted).await?;
            Ok(page(&api, &request, wanted.limit, found, OrganizationResponse::from))
        }
        ListQuery::Whole => whole(api, &caller, origin.request_id).await,
    }
}

/// Sends the list as it is read, one page in memory at a time.
async fn whole(
    api: Data<Api>,
    caller: &Caller,
    request_id: Option<String>,
) -> Result<HttpResponse, ApiError> {
    let request = |after| PageRequest { after, limit: PageRequest::STREAM_LIMIT };
    let first = api.use_cases.list_organizations.execute(caller, request(None)).await?;
    if first.next.is_none() {
        let organizations = first.items.into_iter().map(OrganizationResponse::from);
        return Ok(HttpResponse::Ok().json(organizations.collect::<Vec<_>>()));
    }
    let viewer = caller.viewer();
    let more = move |cursor| {
        let api = api.clone();
        async move { api.use_cases.list_organizations.page(viewer, request(Some(cursor))).await }
    };
    let array = json_array::<_, OrganizationResponse, _, _>(first, more, request_id);
    Ok(HttpResponse::Ok().content_type(ContentType::json()).streaming(array))
}
