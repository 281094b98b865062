//! More than can be done: who comes too late is told so at once, with a time to come
//! back; the others are answered; and when it is over all are.

use std::time::Duration;

use futures_util::future::join_all;
use guildhall_application::ports::{Store, UnitOfWork};
use guildhall_persistence::{Backend, DieselStore, StoreOptions};
use reqwest::Response;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    metrics::measured,
    support::{Installation, PASSWORD, Server, parts},
};

const AT_ONCE: usize = 60;

/// Holds what every request needs that changes this organization, until it is dropped.
async fn blockade(installation: &Installation, organization: &str) -> Box<dyn UnitOfWork> {
    let url = installation.database.url();
    let store = DieselStore::open(url, StoreOptions::default()).unwrap();
    let mut work = store.begin().await.unwrap();
    let id = organization.parse().unwrap();
    assert!(work.organizations().lock_for_entrant(id).await.unwrap().is_some());
    work
}

/// What a refusal says, which must have a time to come back.
async fn refusal(response: Response) -> Value {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let after: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&after), "{after}");
    let (status, problem) = parts(response).await;
    assert_eq!((status, &problem["status"]), (503, &503.into()), "{problem}");
    problem["type"].clone()
}

async fn create(server: &Server, token: &str, organization: &str, name: &str) -> Response {
    let path = format!("/api/organizations/{organization}/workspaces");
    server.post_as(&path, token, &json!({ "name": name })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_held_up_refuses_and_then_recovers() {
    for installation in Installation::on_each_backend() {
        let installation = measured(installation)
            .with("GUILDHALL_DATABASE_MAX_CONNECTIONS", "2")
            .with("GUILDHALL_DATABASE_ACQUIRE_TIMEOUT", "1")
            .with("GUILDHALL_DATABASE_QUEUE", "8");
        let server = installation.serve();
        let token = server.registered("ada@acme.com", Some("Acme")).await;
        let acme = server.first_organization(&token).await;
        let blockade = blockade(&installation, &acme).await;

        let names = (0..AT_ONCE).map(|n| format!("Too many {n}"));
        let all =
            names.map(async |name| refusal(create(&server, &token, &acme, &name).await).await);
        let healthy = async {
            for _ in 0..20 {
                assert_eq!(
                    server.client().get(server.url("/healthz")).send().await.unwrap().status(),
                    200
                );
                // Who only reads on SQLite waits for no writer.
                if installation.backend == Backend::Sqlite {
                    server.json("/api/organizations", &token).await;
                }
            }
        };
        let (problems, ()) = tokio::join!(join_all(all), healthy);
        assert!(problems.iter().all(|problem| problem == "/problems/store-unavailable"));
        let pool = match installation.backend {
            Backend::Sqlite => "writer",
            Backend::Postgres => "all",
        };
        let scrape = server.scrape().await;
        for name in ["wait_refused", "wait_timeouts"] {
            let count =
                scrape.number(&format!("guildhall_database_{name}_total"), &[("pool", pool)]);
            assert!(count > Some(0.0), "{name}: {scrape:?}");
        }
        assert!(server.log().contains("8 requests were waiting for a connection"));

        drop(blockade);
        let mut number = 0;
        while create(&server, &token, &acme, &format!("First {number}")).await.status() != 201 {
            number += 1;
            sleep(Duration::from_millis(50)).await;
        }
        for number in 0..20 {
            let response = create(&server, &token, &acme, &format!("Later {number}")).await;
            assert_eq!(response.status(), 201, "{}", server.log());
        }
        let stored = "select count(*) from workspaces where name like 'Too many%'";
        assert_eq!(installation.database.number(stored), 0, "what was refused was not done");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_sign_ins_than_may_wait_are_refused_and_nobody_else_notices() {
    for installation in Installation::on_each_backend() {
        let installation = measured(installation).with("GUILDHALL_PASSWORDS_QUEUE", "4");
        let server = installation.serve();
        let token = server.registered("ada@acme.com", Some("Acme")).await;
        let sign_ins = (0..64).map(|_| server.log_in("ada@acme.com", PASSWORD));
        let lists = (0..64).map(async |_| server.json("/api/organizations", &token).await);
        let (answers, lists) = tokio::join!(join_all(sign_ins), join_all(lists));
        assert_eq!(lists.len(), 64);
        let (mut signed_in, mut refused) = (0, 0.0);
        for answer in answers {
            if answer.status() == 200 {
                signed_in += 1;
            } else {
                assert_eq!(refusal(answer).await, "/problems/overloaded");
                refused += 1.0;
            }
        }
        assert!(signed_in >= 5 && refused >= 1.0, "{signed_in} signed in, {refused} refused");
        let scrape = server.scrape().await;
        let told = scrape.number("guildhall_hashing_refused_total", &[("reason", "full")]);
        assert_eq!(told, Some(refused));
        assert_eq!(scrape.number("guildhall_hashing_waiting", &[]), Some(0.0));
        server.logged_in("ada@acme.com").await;
    }
}
