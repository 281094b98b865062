//! Clients that send slowly, stop in the middle, take nothing of their answer, or are
//! simply many: they are cut off after their time, and nobody else notices.

use std::{fs, process::Command, time::Duration};

use futures_util::future::join_all;
use guildhall_persistence::Backend;
use serde_json::json;
use tokio::time::sleep;

use crate::{
    long_list,
    metrics::measured,
    raw::Raw,
    support::{Installation, PASSWORD, Server, parts},
};

/// How many of each kind there are.
const EACH: u32 = 8;

/// An installation whose servers wait for clients for a second.
fn impatient(backend: Backend) -> Installation {
    measured(Installation::new(backend))
        .with("GUILDHALL_HTTP_KEEP_ALIVE", "1")
        .with("GUILDHALL_HTTP_REQUEST_TIMEOUT", "1")
        .with("GUILDHALL_HTTP_BODY_TIMEOUT", "1")
        .with("GUILDHALL_HTTP_SEND_TIMEOUT", "1")
        .with("GUILDHALL_HTTP_DISCONNECT_TIMEOUT", "1")
}

/// Does something while others ask for their list, all of whom get it.
async fn unnoticed<T>(server: &Server, token: &str, something: impl Future<Output = T>) -> T {
    let others = async {
        loop {
            server.json("/api/organizations", token).await;
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        done = something => done,
        never = others => never,
    }
}

const HEAD: &str = "GET /healthz HTTP/1.1\r\nHost: guildhall\r\n";
const BODY: &str = "POST /api/auth/login HTTP/1.1\r\nHost: guildhall\r\n\
                    Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"email\": ";

#[tokio::test]
async fn who_stalls_or_sends_a_byte_at_a_time_is_cut_off() {
    let installation = impatient(Backend::Sqlite);
    let server = installation.serve();
    let token = server.registered("ada@acme.com", Some("Acme")).await;
    let whole = format!("{HEAD}\r\n");
    let endless = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    let second = async || {
        let mut raw = Raw::sending(&server, &whole).await;
        raw.read_until("ok").await;
        raw
    };
    let stalled = join_all((0..EACH).map(async |_| {
        Raw::connect(&server).await.until_cut().await;
        let told = Raw::sending(&server, HEAD).await.until_cut().await;
        assert!(told.starts_with("HTTP/1.1 408"), "{told}");
        let mut again = second().await;
        again.send(HEAD).await;
        assert_eq!(again.until_cut().await, "");
        let told = Raw::sending(&server, BODY).await.until_cut().await;
        assert!(told.starts_with("HTTP/1.1 408") && told.contains("/problems/"), "{told}");
        let told = Raw::sending(&server, &endless).await.until_cut().await;
        assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    }));
    let slow = join_all((0..EACH).map(async |_| {
        Raw::sending(&server, HEAD).await.drip_until_cut("X").await;
        let mut again = second().await;
        again.send(HEAD).await;
        again.drip_until_cut("X").await;
        Raw::sending(&server, BODY).await.drip_until_cut(" ").await;
        Raw::sending(&server, &endless).await.drip_until_cut("1\r\na\r\n").await;
    }));
    unnoticed(&server, &token, async { tokio::join!(stalled, slow) }).await;
    let scrape = server.scrape_until(|scrape| {
        scrape.number("guildhall_http_requests_in_flight", &[]) == Some(0.0)
    });
    let cut = [("stalled", "request")];
    let cut = scrape.await.number("guildhall_http_connections_cut_total", &cut);
    assert!(cut >= Some(EACH.into()), "{cut:?}");
}

#[tokio::test]
async fn who_takes_nothing_of_a_long_answer_holds_no_connection_and_is_cut_off() {
    const BOUND_KILOBYTES: u64 = 50 * 1024;
    for installation in Installation::on_each_backend() {
        let installation = measured(installation).with("GUILDHALL_HTTP_SEND_TIMEOUT", "3");
        installation.create_admin("root@guildhall.example");
        installation.database.execute(&long_list::many(installation.backend));
        let server = installation.serve();
        let token = server.logged_in("root@guildhall.example").await;
        server.json("/api/organizations?limit=100", &token).await;
        let began = server.resident_kilobytes();
        let request = format!(
            "GET /api/organizations HTTP/1.1\r\nHost: guildhall\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        let clients: Vec<_> =
            join_all((0..EACH).map(async |_| Raw::sending(&server, &request).await)).await;
        let pool = match installation.backend {
            Backend::Sqlite => "readers",
            Backend::Postgres => "all",
        };
        server
            .scrape_until(|scrape| {
                let in_use = ("guildhall_database_connections_in_use", [("pool", pool)]);
                scrape.number("guildhall_http_requests_in_flight", &[]) == Some(EACH.into())
                    && scrape.number(in_use.0, &in_use.1) == Some(0.0)
            })
            .await;
        let grown = server.resident_kilobytes().saturating_sub(began);
        assert!(grown < BOUND_KILOBYTES, "memory grew by {grown} kB");
        let page = "/api/organizations?limit=100";
        let others = server.json(page, &token).await;
        assert_eq!(others.as_array().map(Vec::len), Some(100), "others are answered");
        server
            .scrape_until(|scrape| {
                let cut = ("guildhall_http_connections_cut_total", [("stalled", "answer")]);
                scrape.number("guildhall_http_requests_in_flight", &[]) == Some(0.0)
                    && scrape.number(cut.0, &cut.1) == Some(EACH.into())
            })
            .await;
        drop(clients);
    }
}

#[tokio::test]
async fn large_bodies_are_received_a_bounded_number_at_a_time() {
    const AT_A_TIME: usize = 64;
    let installation = measured(Installation::new(Backend::Sqlite));
    let server = installation.serve();
    let token = server.registered("ada@acme.com", Some("Acme")).await;
    let half = format!(
        "POST /api/auth/login HTTP/1.1\r\nHost: guildhall\r\nContent-Type: application/json\r\n\
         Content-Length: 100000\r\n\r\n{}",
        " ".repeat(20_000)
    );
    let clients: Vec<_> =
        join_all((0..AT_A_TIME).map(async |_| Raw::sending(&server, &half).await)).await;
    let large = json!({ "email": "ada@acme.com", "password": "x".repeat(50_000) });
    let response = loop {
        let response = server.post("/api/auth/login", &large).await;
        if response.status() == 503 {
            break response;
        }
        sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(response.headers()["retry-after"], "1");
    let (status, problem) = parts(response).await;
    assert_eq!((status, &problem["type"]), (503, &"/problems/overloaded".into()), "{problem}");
    assert_eq!(server.log_in("ada@acme.com", PASSWORD).await.status(), 200, "small ones are");
    server.json("/api/organizations", &token).await;
    drop(clients);
    while server.post("/api/auth/login", &large).await.status() == 503 {
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_body_of_another_length_than_announced_is_a_bad_request() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let body = json!({ "email": "ada@acme.com", "password": PASSWORD, "name": "Ada" });
        let body = body.to_string();
        let register = |length: &str, more: &str| {
            format!(
                "POST /api/auth/register HTTP/1.1\r\nHost: guildhall\r\nConnection: close\r\n\
                 Content-Type: application/json\r\nContent-Length: {length}\r\n{more}\r\n{body}"
            )
        };
        let (length, longer) = (body.len().to_string(), (body.len() + 1).to_string());
        for request in [
            register(&(body.len() - 1).to_string(), ""),
            register("-1", ""),
            register("a lot", ""),
            register("99999999999999999999999", ""),
            register(&length, &format!("Content-Length: {longer}\r\n")),
            register(&length, "Transfer-Encoding: chunked\r\n"),
        ] {
            let told = Raw::sending(&server, &request).await.until_cut().await;
            assert!(told.starts_with("HTTP/1.1 400"), "{request}: {told}");
        }
        let mut short = Raw::sending(&server, &register(&longer, "")).await;
        short.end().await;
        let told = short.until_cut().await;
        assert!(told.is_empty() || told.starts_with("HTTP/1.1 400"), "{told}");
        assert_eq!(installation.database.number("select count(*) from users"), 0);
        let told = Raw::sending(&server, &register(&length, "")).await.until_cut().await;
        assert!(told.starts_with("HTTP/1.1 201"), "{told}");
    }
}

/// Five thousand, or as many as this machine lets a process have.
fn many() -> u32 {
    const SPARE: u64 = 500;
    let process = std::process::id().to_string();
    let limits = || {
        let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let line = limits.lines().find(|line| line.starts_with("Max open files"));
        let mut numbers = line.into_iter().flat_map(str::split_whitespace).skip(3);
        let mut next = || numbers.next().and_then(|number| number.parse::<u64>().ok());
        (next(), next())
    };
    if let (_, Some(hard)) = limits() {
        // Where it is not installed, the soft limit stays.
        let nofile = format!("--nofile={hard}:{hard}");
        let _ = Command::new("prlimit").args(["--pid", &process, &nofile]).status();
    }
    let soft = limits().0.unwrap_or(1024);
    let many = u32::try_from(soft.saturating_sub(SPARE)).unwrap_or(u32::MAX).min(5000);
    if many < 5000 {
        println!("files are limited to {soft}, so there are {many} connections and not 5000");
    }
    many
}

#[tokio::test]
async fn thousands_of_idle_connections_disturb_nobody() {
    const BOUND_KILOBYTES: u64 = 40;
    let count = many();
    let installation = measured(Installation::new(Backend::Sqlite));
    let installation = installation.with("GUILDHALL_HTTP_REQUEST_TIMEOUT", "300");
    let server = installation.serve();
    let token = server.registered("ada@acme.com", Some("Acme")).await;
    let began = server.resident_kilobytes();
    let mut idle = Vec::new();
    let connecting = async {
        for _ in 0..count {
            idle.push(Raw::connect(&server).await);
        }
    };
    unnoticed(&server, &token, connecting).await;
    let connections = "guildhall_http_connections";
    server.scrape_until(|scrape| scrape.number(connections, &[]) >= Some(count.into())).await;
    let all = (0..100).map(async |_| server.json("/api/organizations", &token).await);
    assert_eq!(join_all(all).await.len(), 100);
    let grown = server.resident_kilobytes().saturating_sub(began);
    println!("{count} idle connections take {grown} kB");
    assert!(grown < BOUND_KILOBYTES * u64::from(count), "memory grew by {grown} kB");
    drop(idle);
    server.scrape_until(|scrape| scrape.number(connections, &[]) < Some(100.0)).await;
}

#[tokio::test]
async fn who_is_one_too_many_waits_until_another_goes() {
    let installation = measured(Installation::new(Backend::Sqlite))
        .with("GUILDHALL_HTTP_WORKERS", "2")
        .with("GUILDHALL_HTTP_MAX_CONNECTIONS", "10")
        .with("GUILDHALL_HTTP_REQUEST_TIMEOUT", "300");
    let server = installation.serve();
    let idle = join_all((0..20).map(|_| Raw::connect(&server))).await;
    let full = |scrape: &crate::scrape::Scrape| {
        scrape.number("guildhall_http_connections", &[])
            >= scrape.number("guildhall_http_connections_max", &[])
    };
    server.scrape_until(full).await;
    let mut waiting = Box::pin(server.register("ada@acme.com", Some("Acme")));
    tokio::select! {
        response = &mut waiting => panic!("answered before its turn: {}", response.status()),
        () = sleep(Duration::from_millis(500)) => {}
    }
    drop(idle);
    assert_eq!(waiting.await.status(), 201);
}
