//! What must not be told apart is answered alike.
//!
//! Of time only what does the same work is compared: the sign-in, which hashes
//! a password for an unknown address too.

use std::time::{Duration, Instant};

use reqwest::Response;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    mailbox::token_to,
    support::{Installation, PASSWORD, Server},
};

/// Status, headers and body, apart from what every request has of its own.
async fn shape(answer: Response) -> (u16, Vec<(String, String)>, String) {
    let status = answer.status().as_u16();
    let own = ["date", "x-request-id", "ratelimit"];
    let headers = answer.headers().iter();
    let mut headers: Vec<_> = headers
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    let text = answer.text().await.unwrap();
    let body = serde_json::from_str(&text).map_or(text, |mut body: Value| {
        if let Some(body) = body.as_object_mut() {
            body.remove("request_id");
        }
        body.to_string()
    });
    (status, headers, body)
}

#[tokio::test]
async fn absent_foreign_used_and_expired_are_one_answer() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let ada = server.registered("ada@acme.com", Some("Acme")).await;
        let eve = server.registered("eve@evil.com", Some("Evil")).await;
        let acme = server.first_organization(&ada).await;
        let absent = "org-00000000-0000-0000-0000-000000000001";
        for (method, end) in
            [("GET", ""), ("DELETE", ""), ("GET", "/members"), ("GET", "/invitations")]
        {
            let foreign = format!("/api/organizations/{acme}{end}");
            let foreign = shape(server.send(method, &foreign, &eve, None).await).await;
            let absent = format!("/api/organizations/{absent}{end}");
            let absent = shape(server.send(method, &absent, &eve, None).await).await;
            assert_eq!(foreign, absent, "{method} {end}");
            assert_eq!(foreign.0, 404);
        }

        let path = format!("/api/organizations/{acme}/invitations");
        let mut tokens = vec!["gh_absent".to_owned()];
        for email in ["used@x.org", "expired@x.org"] {
            let body = json!({ "email": email, "role": "member" });
            assert_eq!(server.post_as(&path, &ada, &body).await.status(), 201);
            tokens.push(token_to(&installation, email, 1).await);
        }
        let decline = format!("/api/invitations/{}/decline", tokens[1]);
        assert_eq!(server.post(&decline, &json!({})).await.status(), 204);
        installation.database.execute("update invitations set expires_at = created_at");
        for (method, end) in [("GET", ""), ("POST", "/accept"), ("POST", "/decline")] {
            let mut shapes = Vec::new();
            for token in &tokens {
                let path = format!("/api/invitations/{token}{end}");
                shapes.push(shape(server.send(method, &path, &eve, None).await).await);
            }
            assert!(shapes.iter().all(|shape| *shape == shapes[0]), "{shapes:?}");
            assert_eq!(shapes[0].0, 404);
        }
    }
}

async fn sign_in(server: &Server, email: &str) -> (Duration, Response) {
    let began = Instant::now();
    let answer = server.log_in(email, &format!("not {PASSWORD}")).await;
    (began.elapsed(), answer)
}

#[tokio::test]
async fn an_unknown_address_is_answered_like_a_wrong_password() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        server.registered("ada@acme.com", Some("Acme")).await;
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..40 {
            let (known, answer) = sign_in(&server, "ada@acme.com").await;
            let wrong = shape(answer).await;
            let nobody = format!("{}@acme.com", Uuid::from_u128(times[0].len() as u128));
            let (unknown, answer) = sign_in(&server, &nobody).await;
            assert_eq!(wrong, shape(answer).await);
            assert_eq!(wrong.0, 401);
            times[0].push(known);
            times[1].push(unknown);
        }
        let medians = times.map(|mut times| {
            times.sort();
            times[times.len() / 2].as_secs_f64()
        });
        let ratio = medians[0].max(medians[1]) / medians[0].min(medians[1]);
        assert!(ratio < 2.0, "{medians:?} on {}", installation.backend);
    }
}
