//! A steady load of several kinds of requests, which remembers what it was
//! promised.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{Installation, PASSWORD, Server};

/// How many at a time.
const WORKERS: usize = 6;
/// How many accounts sign in. Each may have so many sessions at a time that none is
/// pushed out.
const ACCOUNTS: usize = 8;

/// Clients that create organizations, add members, sign in and out, and read, until
/// they are told to stop.
pub(crate) struct Load {
    owner: String,
    /// Address and id.
    accounts: Vec<(String, String)>,
    number: AtomicUsize,
    is_over: AtomicBool,
    promised: Mutex<Promised>,
    answers: Mutex<Vec<Answer>>,
}

/// What was acknowledged.
#[derive(Default)]
struct Promised {
    organizations: Vec<String>,
    /// Organization and user.
    members: Vec<(String, String)>,
    signed_in: Vec<String>,
    signed_out: Vec<String>,
}

/// How a request was answered.
pub(crate) struct Answer {
    /// What was asked for.
    pub(crate) kind: &'static str,
    /// The status; none when there was no answer.
    pub(crate) status: Option<u16>,
    /// Whether it is a problem document that says when to come again.
    pub(crate) is_problem_to_retry: bool,
    pub(crate) at: Instant,
    pub(crate) took: Duration,
}

impl Answer {
    /// Whether it was answered as it would be on a good day.
    pub(crate) const fn is_good(&self) -> bool {
        matches!(self.status, Some(200 | 201 | 204))
    }

    /// Whether it was told that the store is away, in the way that clients are
    /// promised.
    pub(crate) fn is_unavailable(&self) -> bool {
        self.status == Some(503) && self.is_problem_to_retry
    }
}

impl Load {
    /// What an installation must allow for its clients.
    pub(crate) fn allowed(installation: Installation) -> Installation {
        installation.with("GUILDHALL_ORGANIZATIONS_SELF_SERVICE", "on")
    }

    /// Registers the accounts.
    pub(crate) async fn prepare(server: &Server) -> Self {
        let owner = server.registered("owner@acme.com", Some("Acme")).await;
        let accounts = join_all((0..ACCOUNTS).map(|number| async move {
            let email = format!("member{number}@acme.com");
            let token = server.registered(&email, Some("Acme")).await;
            let id = server.user_id(&token).await;
            (email, id)
        }));
        Self {
            accounts: accounts.await,
            owner,
            number: AtomicUsize::default(),
            is_over: AtomicBool::default(),
            promised: Mutex::default(),
            answers: Mutex::default(),
        }
    }

    /// Sends requests until [`Load::stop`].
    pub(crate) async fn run(&self, server: &Server) {
        self.is_over.store(false, Ordering::SeqCst);
        let workers = (0..WORKERS).map(|_| async {
            while !self.is_over.load(Ordering::SeqCst) {
                self.round(server).await;
            }
        });
        join_all(workers).await;
    }

    /// Ends the requests.
    pub(crate) fn stop(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    /// The answers that there were since the last time.
    pub(crate) fn take_answers(&self) -> Vec<Answer> {
        std::mem::take(&mut *self.answers.lock().unwrap())
    }

    /// Waits for an answer that is so, or panics.
    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&Answer) -> bool) {
        for _ in 0..3000 {
            if self.answers.lock().unwrap().iter().any(&is_so) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{what} within 30 seconds: {:#?}", counted(&self.take_answers()));
    }

    /// One of each kind of request.
    async fn round(&self, server: &Server) {
        let number = self.number.fetch_add(1, Ordering::SeqCst);
        let (email, user) = &self.accounts[number % ACCOUNTS];
        let (owner, all) = (self.owner.as_str(), "/api/organizations");
        self.ask(server, "list", "GET", all, owner, None).await;
        let body = json!({ "name": format!("Organization {number}") });
        if let Some(made) = self.ask(server, "create", "POST", all, owner, Some(&body)).await {
            let id = made["id"].as_str().unwrap();
            self.promised().organizations.push(id.to_owned());
            let member = format!("{all}/{id}/members/{user}");
            let body = json!({ "role": "member" });
            let added = self.ask(server, "add member", "PUT", &member, owner, Some(&body)).await;
            if added.is_some() {
                self.promised().members.push((id.to_owned(), user.clone()));
            }
        }
        let body = json!({ "email": email, "password": PASSWORD });
        let login = "/api/auth/login";
        let Some(session) = self.ask(server, "sign in", "POST", login, "", Some(&body)).await
        else {
            return;
        };
        let token = session["access_token"].as_str().unwrap();
        if number.is_multiple_of(4) {
            self.promised().signed_in.push(token.to_owned());
        } else {
            // Whether one was ended that was not acknowledged, nobody knows.
            let logout = "/api/auth/logout";
            if self.ask(server, "sign out", "POST", logout, token, None).await.is_some() {
                self.promised().signed_out.push(token.to_owned());
            }
        }
    }

    /// Sends one request and notes down how it was answered; the body, if it was well.
    async fn ask(
        &self,
        server: &Server,
        kind: &'static str,
        method: &str,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Option<Value> {
        let mut request = server.client().request(method.parse().unwrap(), server.url(path));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let began = Instant::now();
        let answer = request.send().await.ok();
        let is_problem_to_retry = answer.as_ref().is_some_and(is_problem_to_retry);
        let status = answer.as_ref().map(|answer| answer.status().as_u16());
        let text = match answer {
            Some(answer) => answer.text().await.ok(),
            None => None,
        };
        // Cut off in the middle of its body, it is none.
        let status = status.filter(|_| text.is_some());
        let (at, took) = (Instant::now(), began.elapsed());
        let answer = Answer { kind, status, is_problem_to_retry, at, took };
        let is_good = answer.is_good();
        self.answers.lock().unwrap().push(answer);
        if !is_good {
            // As patient as a client that is in a hurry.
            tokio::time::sleep(Duration::from_millis(20)).await;
            return None;
        }
        Some(serde_json::from_str(&text?).unwrap_or_default())
    }

    fn promised(&self) -> MutexGuard<'_, Promised> {
        self.promised.lock().unwrap()
    }

    /// Asks whether everything is there that was acknowledged; how much that is, by
    /// kind.
    pub(crate) async fn verify(&self, server: &Server) -> [usize; 4] {
        let promised = std::mem::take(&mut *self.promised());
        let Promised { organizations, members, signed_in, signed_out } = &promised;
        let organization = |id: &str| format!("/api/organizations/{id}");
        for id in organizations {
            assert_eq!(server.get(&organization(id), &self.owner).await.status(), 200, "{id}");
        }
        for (id, user) in members {
            let path = format!("{}/members/{user}", organization(id));
            assert_eq!(server.get(&path, &self.owner).await.status(), 200, "{path}");
        }
        for (tokens, status) in [(signed_in, 200), (signed_out, 401)] {
            for token in tokens {
                assert_eq!(server.get("/api/auth/me", token).await.status(), status);
            }
        }
        [organizations.len(), members.len(), signed_in.len(), signed_out.len()]
    }
}

fn is_problem_to_retry(answer: &Response) -> bool {
    let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
    header("content-type") == Some("application/problem+json")
        && header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok())
}

/// How often each kind of request was answered in which way.
pub(crate) fn counted(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for Answer { kind, status, .. } in answers {
        let status = status.map_or_else(|| "nothing".to_owned(), |status| status.to_string());
        *counts.entry(format!("{kind}: {status}")).or_default() += 1;
    }
    counts
}
