//! The application: middleware around routes.

use actix_cors::Cors;
use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    http::header::{
        AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LINK, LOCATION, RETRY_AFTER,
    },
    middleware::{Condition, from_fn},
    web,
};

use crate::{
    Api, HttpSettings,
    extract::{IDEMPOTENCY_KEY, REQUEST_ID},
    idempotency::IDEMPOTENT_REPLAYED,
    links::TOTAL_COUNT,
    middleware::{access_log, bench_route, problems, request_context, response_headers},
    quota_headers::{QUOTA_LIMIT, QUOTA_USED},
    rate_limit_headers::{RATE_LIMIT, RATE_LIMIT_POLICY},
    routes,
};

/// The whole HTTP API: middleware, routes and what answers everything else.
pub fn app(
    api: &Api,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let cors = Condition::new(!api.settings.cors_origins.is_empty(), cors(&api.settings));
    // The last one is the outermost.
    App::new()
        .app_data(web::Data::new(api.clone()))
        .configure(routes::configure)
        .wrap(cors)
        .wrap(from_fn(problems))
        .wrap(from_fn(response_headers))
        .wrap(from_fn(access_log))
        .wrap(from_fn(request_context))
        .wrap(Condition::new(api.settings.bench_route, from_fn(bench_route)))
}

fn cors(settings: &HttpSettings) -> Cors {
    let cors = Cors::default()
        .allow_any_method()
        .allowed_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            IDEMPOTENCY_KEY,
            IF_MATCH,
            IF_NONE_MATCH,
            REQUEST_ID,
        ])
        .expose_headers([
            ETAG,
            IDEMPOTENT_REPLAYED,
            LINK,
            LOCATION,
            QUOTA_LIMIT,
            QUOTA_USED,
            RATE_LIMIT,
            RATE_LIMIT_POLICY,
            RETRY_AFTER,
            REQUEST_ID,
            TOTAL_COUNT,
        ])
        .max_age(3600);
    settings.cors_origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
