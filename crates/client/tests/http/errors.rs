//! What goes wrong.

use std::time::Duration;

use guildhall_client::{Client, Credentials, Error, NewOrganization, NewWorkspace};

use crate::server::{Server, answer};

#[tokio::test]
async fn a_problem_is_all_that_the_service_says() {
    let problem = r#"{
        "type": "/problems/invalid-request", "title": "The request is invalid", "status": 422,
        "detail": "Each fault is listed.", "request_id": "abc", "documentation": "…",
        "errors": [{"pointer": "/name", "detail": "is required"},
            {"parameter": "limit", "detail": "must be a number"}]
    }"#;
    let server = Server::answering([&answer(422, "X-Request-Id: other\r\n", problem)]).await;
    let client = server.client();
    let error = client.organizations().create(&NewOrganization::new(""), None).await.unwrap_err();
    assert!(error.is_invalid() && !error.is_not_found());
    assert_eq!((error.kind(), error.request_id()), (Some("invalid-request"), Some("abc")));
    let problem = error.problem().unwrap();
    assert_eq!(problem.errors[0].pointer.as_deref(), Some("/name"));
    assert_eq!(problem.errors[1].parameter.as_deref(), Some("limit"));
    assert_eq!(
        error.to_string(),
        "422 invalid-request: Each fault is listed.; /name: is required; limit: must be a number"
    );
}

#[tokio::test]
async fn a_401_is_a_problem_although_it_has_no_type() {
    let body = r#"{"detail":"Invalid credentials"}"#;
    let server = Server::answering([&answer(401, "X-Request-Id: abc\r\n", body)]).await;
    let credentials = Credentials::new("ada@acme.com", "wrong");
    let error = server.client().auth().login(&credentials).await.unwrap_err();
    assert!(error.is_unauthorized());
    assert_eq!((error.kind(), error.request_id()), (None, Some("abc")));
    assert_eq!(error.to_string(), "401: Invalid credentials");
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_told() {
    let body = r#"{"type": "/problems/quota-exceeded", "status": 409, "detail": "…"}"#;
    let full = answer(409, "Quota-Limit: 5\r\nQuota-Used: 5\r\n", body);
    let server = Server::answering([&full]).await;
    let client = server.client();
    let id = "org-1".into();
    let workspaces = client.organization(&id).workspaces();
    let error = workspaces.create(&NewWorkspace::new("Billing"), None).await.unwrap_err();
    assert!(error.is_quota_exceeded() && error.is_conflict());
    assert_eq!(error.problem().unwrap().quota.unwrap().left(), Some(0));
}

#[tokio::test]
async fn what_is_not_of_the_api_is_unexpected() {
    for (answer, status) in [
        (answer(502, "X-Request-Id: abc\r\n", "<html>Bad gateway</html>"), 502),
        (answer(404, "X-Request-Id: abc\r\n", r#"{"message": "no such route"}"#), 404),
        (answer(302, "X-Request-Id: abc\r\nLocation: https://other.example/\r\n", ""), 302),
        (answer(200, "X-Request-Id: abc\r\n", "<html>It works!</html>"), 200),
        (answer(304, "X-Request-Id: abc\r\n", ""), 304),
    ] {
        let server = Server::answering([&answer]).await;
        let error = server.client().service().info().await.unwrap_err();
        assert!(matches!(error, Error::Unexpected { .. }), "{error:?}");
        assert_eq!((error.status(), error.request_id()), (Some(status), Some("abc")));
        assert_eq!(error.is_not_found(), status == 404);
    }
}

#[tokio::test]
async fn what_does_not_come_in_time_is_not_waited_for() {
    // It takes the connection and says nothing.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let client = Client::builder(&url).timeout(Duration::from_millis(50)).build().unwrap();
    let error = client.invitation("gh_secret").get().await.unwrap_err();
    assert!(matches!(&error, Error::Transport(error) if error.is_timeout()), "{error:?}");
    assert!(!format!("{error:?}").contains("gh_secret"), "{error:?}");
}
