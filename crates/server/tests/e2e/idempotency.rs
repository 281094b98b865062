//! A request with a key is done once, however often and wherever it arrives.

use futures_util::future::join_all;
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{Installation, Server, parts};

const PATH: &str = "/api/organizations";

async fn create(server: &Server, token: &str, key: &str, body: &Value) -> Response {
    let request = server.client().post(server.url(PATH)).bearer_auth(token).json(body);
    request.header("Idempotency-Key", key).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_repetitions_at_once_create_one_organization() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let mut nodes = [installation.serve(), installation.serve()];
        let root = nodes[0].logged_in("root@guildhall.example").await;
        let body = json!({ "name": "Acme", "domain": "acme.com" });
        let requests = (0..20).map(|n| create(&nodes[n % 2], &root, "key-1", &body));
        let mut bodies = Vec::new();
        let mut first_answers = 0;
        for answer in join_all(requests).await {
            first_answers += usize::from(!answer.headers().contains_key("idempotent-replayed"));
            let location = answer.headers()["location"].to_str().unwrap().to_owned();
            let tag = answer.headers()["etag"].to_str().unwrap().to_owned();
            assert!(answer.headers().contains_key("x-request-id"));
            let (status, body) = parts(answer).await;
            assert_eq!(status, 201, "{body}");
            bodies.push((location, tag, body));
        }
        assert_eq!(first_answers, 1);
        assert!(bodies.iter().all(|answer| *answer == bodies[0]), "{bodies:?}");
        let count =
            |what: &str| installation.database.number(&format!("select count(*) from {what}"));
        assert_eq!(count("organizations where name = 'Acme'"), 1);
        assert_eq!(count("audit_events where action = 'organization.created'"), 1);

        // However a node ends, what it has done it has answered.
        for node in &mut nodes {
            node.signal("KILL");
            assert_eq!(node.wait(), None);
        }
        let server = installation.serve();
        let again = create(&server, &root, "key-1", &body).await;
        assert_eq!(again.headers()["idempotent-replayed"], "true");
        assert_eq!(parts(again).await, (201, bodies[0].2.clone()));

        let (status, problem) =
            parts(create(&server, &root, "key-1", &json!({ "name": "Other" })).await).await;
        assert_eq!((status, &problem["type"]), (422, &"/problems/idempotency-key-reused".into()));
    }
}

#[tokio::test]
async fn a_refused_request_may_be_repeated_with_its_key() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        let server = installation.serve();
        let root = server.logged_in("root@guildhall.example").await;
        let body = json!({ "name": "Acme" });
        assert_eq!(create(&server, &root, "key-1", &body).await.status(), 201);
        // The name is taken, until it is not.
        assert_eq!(create(&server, &root, "key-2", &body).await.status(), 409);
        installation.database.execute("update organizations set name_key = 'x', name = 'X'");
        let made = create(&server, &root, "key-2", &body).await;
        assert!(!made.headers().contains_key("idempotent-replayed"));
        assert_eq!(made.status(), 201);
        // A key is its bearer's own.
        installation.create_admin("other@guildhall.example");
        let other = server.logged_in("other@guildhall.example").await;
        assert_eq!(create(&server, &other, "key-2", &body).await.status(), 409);
    }
}
