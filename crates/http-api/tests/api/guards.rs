//! What stands before handlers: verification, and the number of requests.

use std::time::Duration;

use guildhall_application::{ports::RequestBudget, testing::Repositories};
use guildhall_http_api::routes::{Access, ENDPOINTS, Endpoint};

use crate::support::{Answer, api_throttled, call, request, signed, signed_in_with};

const BUDGET: RequestBudget = RequestBudget {
    limit: 600,
    window: Duration::from_mins(1),
    remaining: 599,
    reset_after: Duration::from_millis(100),
    retry_after: Duration::ZERO,
};

/// The answer of an endpoint to a caller who is not verified where that is
/// asked, and what the throttle says of the request. Behind it are their
/// sessions, a queue of mail, no invitation, and nothing else.
async fn ask(endpoint: &Endpoint, verdict: Result<RequestBudget, RequestBudget>) -> Answer {
    let mut work = Repositories::default();
    work.sessions.expect_remove().returning(|_, _| Ok(true));
    work.sessions.expect_remove_others().returning(|_, _| Ok(Vec::new()));
    work.mail_queue.expect_enqueue().returning(|_| Ok(()));
    work.invitations.expect_organization_of().returning(|_| Ok(None));
    let mut ports = signed_in_with(work);
    ports.sessions.expect_live_of().returning(|_, _| Ok(Vec::new()));
    ports.invitations.expect_by_token().returning(|_| Ok(None));
    ports.settings.email_verification = true;
    let id = "00000000-0000-0000-0000-000000000009";
    let path = ["{id}", "{user}", "{workspace}", "{invitation}", "{token}"]
        .iter()
        .fold(endpoint.path.to_owned(), |path, parameter| path.replace(parameter, id));
    let request = signed(request(endpoint.method.as_str(), &path));
    let request = request.insert_header(("Content-Type", "application/json")).set_payload("{");
    call(&api_throttled(ports, verdict.map(Some)), request).await
}

#[actix_web::test]
async fn unverified_callers_are_kept_from_what_says_so() {
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.path != "/readyz") {
        let answer = ask(endpoint, Ok(BUDGET)).await;
        if endpoint.access == Access::Verified {
            // Before the body, which is not JSON, is looked at.
            answer.assert_problem(403, "email-not-verified");
        } else {
            assert!(!answer.body.contains("email-not-verified"), "{}", endpoint.path);
        }
    }
    let free = ENDPOINTS.iter().filter(|endpoint| endpoint.access == Access::SignedIn);
    for endpoint in free {
        let is_auth = endpoint.path.starts_with("/api/auth/");
        assert!(is_auth || endpoint.path == "/api/invitations/{token}/accept", "{endpoint:?}");
    }
}

#[actix_web::test]
async fn signed_in_answers_tell_how_many_requests_are_left() {
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.path != "/readyz") {
        let answer = ask(endpoint, Ok(BUDGET)).await;
        let is_counted = endpoint.access != Access::Public;
        let told = |name| answer.header(name).map(str::to_owned);
        let expected = |text: &str| is_counted.then(|| text.to_owned());
        assert_eq!(told("ratelimit"), expected("\"actor\";r=599;t=1"), "{}", endpoint.path);
        let policy = expected("\"actor\";q=600;w=60");
        assert_eq!(told("ratelimit-policy"), policy, "{}", endpoint.path);
    }
}

#[actix_web::test]
async fn who_asks_too_much_is_turned_away_at_the_door() {
    let spent = RequestBudget {
        remaining: 0,
        reset_after: Duration::from_secs(59),
        retry_after: Duration::from_millis(99),
        ..BUDGET
    };
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.access != Access::Public) {
        let answer = ask(endpoint, Err(spent)).await;
        answer.assert_problem(429, "too-many-requests");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(answer.header("ratelimit"), Some("\"actor\";r=0;t=59"));
        assert_eq!(answer.header("ratelimit-policy"), Some("\"actor\";q=600;w=60"));
    }
}
