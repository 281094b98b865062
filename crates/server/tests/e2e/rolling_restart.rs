//! Nodes that are restarted one after the other, while clients notice nothing.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use reqwest::Client;
use serde_json::json;

use crate::support::{Installation, PASSWORD, Server, until};

/// A load balancer as they all are: it asks each node whether it is ready, sends
/// requests to those that are in turn, and sends none twice.
#[derive(Default)]
struct Balancer {
    client: Client,
    ready: Mutex<Vec<String>>,
    turn: AtomicUsize,
    is_over: AtomicBool,
    answers: Mutex<BTreeMap<String, usize>>,
}

impl Balancer {
    const INTERVAL: Duration = Duration::from_millis(100);

    /// Asks the nodes that there are, until the end.
    async fn watch(&self, nodes: &Mutex<Vec<String>>) {
        while !self.is_over.load(Ordering::SeqCst) {
            let all = nodes.lock().unwrap().clone();
            let asked = join_all(all.into_iter().map(|node| async {
                let answer = self.client.get(format!("{node}/readyz")).send().await;
                answer.is_ok_and(|answer| answer.status() == 200).then_some(node)
            }));
            *self.ready.lock().unwrap() = asked.await.into_iter().flatten().collect();
            tokio::time::sleep(Self::INTERVAL).await;
        }
    }

    fn next(&self) -> String {
        let ready = self.ready.lock().unwrap();
        let turn = self.turn.fetch_add(1, Ordering::SeqCst);
        assert!(!ready.is_empty(), "no node is ready");
        ready[turn % ready.len()].clone()
    }

    fn ready(&self) -> Vec<String> {
        self.ready.lock().unwrap().clone()
    }

    /// Sends the same request over and over, each to the next node, and notes
    /// down how it was answered.
    async fn keep_sending(&self, method: &str, path: &str, token: &str, body: Option<&str>) {
        while !self.is_over.load(Ordering::SeqCst) {
            let url = format!("{}{path}", self.next());
            let mut request = self.client.request(method.parse().unwrap(), url);
            request = request.bearer_auth(token);
            if let Some(body) = body {
                request = request.header("content-type", "application/json").body(body.to_owned());
            }
            let answer = match request.send().await {
                Ok(answer) => {
                    let status = answer.status();
                    match answer.text().await {
                        Ok(_) => format!("{method} {path} {}", status.as_u16()),
                        Err(error) => format!("{method} {path} {status} cut off: {error:?}"),
                    }
                }
                Err(error) => format!("{method} {path}: {error:?}"),
            };
            *self.answers.lock().unwrap().entry(answer).or_default() += 1;
        }
    }
}

/// Restarts each node in turn: it is told to end, and the next one follows when
/// it is back.
async fn restart_each(
    installation: &Installation,
    servers: &mut [Server],
    nodes: &Mutex<Vec<String>>,
    balancer: &Balancer,
) {
    for (index, server) in servers.iter_mut().enumerate() {
        server.signal("TERM");
        until("it ends", || server.has_ended()).await;
        assert_eq!(server.wait(), Some(0), "{}", server.log());
        *server = installation.serve();
        let base = server.base.clone();
        nodes.lock().unwrap()[index].clone_from(&base);
        until("it is back", || balancer.ready().contains(&base)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_are_restarted_without_a_failed_request() {
    for installation in Installation::on_each_backend() {
        // Long enough for the balancer to notice, also on a machine that is busy with
        // the other tests.
        let installation = installation.with("GUILDHALL_SHUTDOWN_NOTICE", "6");
        let mut servers = vec![installation.serve(), installation.serve()];
        let token = servers[0].registered("ada@acme.com", Some("Acme")).await;
        let organization = servers[0].first_organization(&token).await;
        let workspaces = format!("/api/organizations/{organization}/workspaces");
        let desk = json!({ "name": "Desk" }).to_string();
        // Somebody else, because so many sessions push the oldest out.
        servers[1].registered("grace@navy.example", Some("Navy")).await;
        let login = json!({ "email": "grace@navy.example", "password": PASSWORD }).to_string();
        let nodes = Mutex::new(servers.iter().map(|server| server.base.clone()).collect());
        let balancer = Balancer::default();

        let load = async {
            until("both are ready", || balancer.ready().len() == 2).await;
            let list = || balancer.keep_sending("GET", "/api/organizations", &token, None);
            let write = || balancer.keep_sending("POST", &workspaces, &token, Some(&desk));
            let sign_in = || balancer.keep_sending("POST", "/api/auth/login", &token, Some(&login));
            tokio::join!(list(), list(), list(), write(), write(), sign_in());
        };
        let restarts = async {
            until("both are ready", || balancer.ready().len() == 2).await;
            restart_each(&installation, &mut servers, &nodes, &balancer).await;
            balancer.is_over.store(true, Ordering::SeqCst);
        };
        tokio::join!(balancer.watch(&nodes), load, restarts);

        let answers = balancer.answers.into_inner().unwrap();
        let written = format!("POST {workspaces} 201");
        let good = ["GET /api/organizations 200", &written, "POST /api/auth/login 200"];
        let found: Vec<_> = answers.keys().map(String::as_str).collect();
        for expected in good {
            assert!(answers.get(expected).is_some_and(|count| *count > 10), "{answers:#?}");
        }
        assert_eq!(found.len(), good.len(), "{}: {answers:#?}", installation.backend);
        let there = installation.database.number("select count(*) from workspaces");
        assert_eq!(usize::try_from(there).unwrap(), answers[written.as_str()]);
    }
}
