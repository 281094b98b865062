//! What the tests have in common: an API over mocks, requests and answers.

use std::sync::Arc;

use actix_web::{
    body,
    http::{Method, StatusCode, header::HeaderMap},
    test::{self, TestRequest},
};
use guildhall_application::{
    ports::{
        AccessToken, AccountWithSession, MockRequestThrottle, MockTokenService, PasswordHash,
        RequestBudget, TokenHash, UserWithOrganization,
    },
    testing::{FakeStore, Repositories, SequentialIds, TestPorts, session, user},
};
use guildhall_domain::UserRole;
use guildhall_http_api::{Api, Draining, HttpSettings, LargeBodies, app};
use serde_json::Value;

use crate::logs;

/// The token of the only session there is.
pub(crate) const TOKEN: &str = "good-token";

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Checks that this is a problem document of that kind.
    pub(crate) fn assert_problem(&self, status: u16, slug: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["type"], format!("/problems/{slug}"), "{self:?}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"));
        assert!(!problem["title"].as_str().unwrap().is_empty());
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }

    /// The faults as (where, what).
    pub(crate) fn faults(&self) -> Vec<(String, String)> {
        let problem = self.json();
        let faults = problem["errors"].as_array().unwrap_or_else(|| panic!("{self:?}"));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let place = |fault: &Value| text(fault.get("pointer").unwrap_or(&fault["parameter"]));
        faults.iter().map(|fault| (place(fault), text(&fault["detail"]))).collect()
    }

    /// Where the faults are.
    pub(crate) fn fault_places(&self) -> Vec<String> {
        self.faults().into_iter().map(|(place, _)| place).collect()
    }
}

/// An API over these ports, which does not limit requests.
pub(crate) fn api(ports: TestPorts) -> Api {
    logs::capture();
    Api {
        use_cases: Arc::new(ports.into_use_cases()),
        ids: Arc::new(SequentialIds::default()),
        throttle: throttle(Ok(None)),
        settings: Arc::new(HttpSettings::default()),
        draining: Draining::default(),
        large_bodies: LargeBodies::default(),
        metrics: None,
        tracer: None,
    }
}

/// An API over these ports, with settings.
pub(crate) fn api_with(ports: TestPorts, settings: HttpSettings) -> Api {
    Api { settings: Arc::new(settings), ..api(ports) }
}

/// An API over these ports that has this to say of every request of an actor.
pub(crate) fn api_throttled(
    ports: TestPorts,
    verdict: Result<Option<RequestBudget>, RequestBudget>,
) -> Api {
    Api { throttle: throttle(verdict), ..api(ports) }
}

fn throttle(verdict: Result<Option<RequestBudget>, RequestBudget>) -> Arc<MockRequestThrottle> {
    let mut throttle = MockRequestThrottle::new();
    throttle.expect_admit().returning(move |_| verdict);
    Arc::new(throttle)
}

/// Sends a request to an API.
pub(crate) async fn call(api: &Api, request: TestRequest) -> Answer {
    let service = test::init_service(app(api)).await;
    let response = test::call_service(&service, request.to_request()).await;
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = body::to_bytes(response.into_body()).await.ok().expect("a whole body");
    Answer { status, headers, body: String::from_utf8_lossy(&bytes).into_owned() }
}

/// Sends a request to an API over these ports.
pub(crate) async fn send(ports: TestPorts, request: TestRequest) -> Answer {
    call(&api(ports), request).await
}

pub(crate) fn request(method: &str, path: &str) -> TestRequest {
    TestRequest::default().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path)
}

pub(crate) fn get(path: &str) -> TestRequest {
    request("GET", path)
}

/// A request of a signed-in caller.
pub(crate) fn signed(request: TestRequest) -> TestRequest {
    request.insert_header(("Authorization", format!("Bearer {TOKEN}")))
}

/// A request with a body that is labelled as JSON.
pub(crate) fn post(path: &str, body: impl Into<actix_web::web::Bytes>) -> TestRequest {
    let request = request("POST", path).insert_header(("Content-Type", "application/json"));
    request.set_payload(body)
}

/// `john@acme.com`, whose home is Acme Corporation.
pub(crate) fn account(role: UserRole) -> UserWithOrganization {
    UserWithOrganization {
        user: user(1, "john@acme.com", role),
        organization: Some("Acme Corporation".to_owned()),
    }
}

/// Ports that know the session of [`TOKEN`].
pub(crate) fn signed_in_as(role: UserRole) -> TestPorts {
    let mut ports = TestPorts { tokens: tokens(), ..TestPorts::default() };
    ports.sessions.expect_by_token().returning(move |token| {
        let account = account(role);
        let session = session(2, account.user.id);
        Ok((*token == hash_of_token()).then_some(AccountWithSession { account, session }))
    });
    ports
}

/// Ports that know the session of [`TOKEN`], whose user has no role.
pub(crate) fn signed_in() -> TestPorts {
    signed_in_as(UserRole::User)
}

/// Ports that know the session of [`TOKEN`] and hand out one unit of work.
pub(crate) fn signed_in_with(repositories: Repositories) -> TestPorts {
    TestPorts { store: Arc::new(FakeStore::with(repositories)), ..signed_in() }
}

/// The hash of [`TOKEN`].
fn hash_of_token() -> TokenHash {
    TokenHash::new([7; 32])
}

/// Takes every token without a space, and issues [`TOKEN`].
pub(crate) fn tokens() -> MockTokenService {
    let mut tokens = MockTokenService::new();
    tokens.expect_hash().returning(|presented| {
        let hash = if presented == TOKEN { hash_of_token() } else { TokenHash::new([0; 32]) };
        (!presented.contains(' ')).then_some(hash)
    });
    tokens.expect_issue().returning(|| (AccessToken::new(TOKEN.to_owned()), hash_of_token()));
    tokens
}

pub(crate) fn password_hash() -> PasswordHash {
    PasswordHash::new("$argon2id$".to_owned())
}
