//! Starting, stopping, dying, and refusing to start.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use guildhall_persistence::{Backend, testing::backends};

use crate::{proxy::Proxy, support::Installation};

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn it_ends_when_it_is_told_to() {
    for installation in Installation::on_each_backend() {
        for signal in ["TERM", "INT"] {
            let mut server = installation.serve();
            // Leaves a connection open and idle.
            assert_eq!(
                server.client().get(server.url("/healthz")).send().await.unwrap().status(),
                200
            );
            let began = Instant::now();
            server.signal(signal);
            assert_eq!(server.wait(), Some(0), "{signal}");
            assert!(began.elapsed() < Duration::from_secs(30));
        }
    }
}

#[tokio::test]
async fn its_sqlite_file_is_complete_when_it_has_ended() {
    let installation = Installation::new(Backend::Sqlite);
    let file = installation.database.url().sqlite_path().unwrap();
    let [log, index] = ["db-wal", "db-shm"].map(|suffix| file.with_extension(suffix));
    for n in 0..3 {
        let mut server = installation.serve();
        server.registered(&format!("user{n}@acme.com"), Some("Acme")).await;
        assert!(log.exists());
        server.signal("TERM");
        assert_eq!(server.wait(), Some(0));
        assert!(!log.exists() && !index.exists(), "end {n}");
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_crash() {
    for installation in Installation::on_each_backend() {
        let mut server = installation.serve();
        let token = server.registered("ada@acme.com", Some("Acme")).await;
        let registered = async {
            let all = (0..40).map(|n| {
                let server = &server;
                async move {
                    let body = serde_json::json!({
                        "email": format!("user{n}@acme.com"),
                        "password": crate::support::PASSWORD,
                        "name": "Somebody",
                        "organization": "Acme",
                    });
                    let request =
                        server.client().post(server.url("/api/auth/register")).json(&body);
                    request.send().await.is_ok_and(|response| response.status() == 201)
                }
            });
            join_all(all).await.into_iter().filter(|acknowledged| *acknowledged).count()
        };
        let killed = async {
            tokio::time::sleep(Duration::from_millis(400)).await;
            server.signal("KILL");
        };
        let (acknowledged, ()) = tokio::join!(registered, killed);
        assert_eq!(server.wait(), None);

        let server = installation.serve();
        let list = server.json("/api/organizations", &token).await;
        let members = usize::try_from(list[0]["users_count"].as_u64().unwrap()).unwrap();
        assert!(members > acknowledged, "{acknowledged} acknowledged, {members} there");
        assert!(installation.run(&["doctor"], "").status.success());
    }
}

#[tokio::test]
async fn many_start_at_once_on_a_fresh_database() {
    for installation in backends().into_iter().map(Installation::unmigrated) {
        let starts: Vec<_> = std::thread::scope(|scope| {
            let starting: Vec<_> = (0..4).map(|_| scope.spawn(|| installation.serve())).collect();
            starting.into_iter().map(|start| start.join().unwrap()).collect()
        });
        let token = starts[0].registered("ada@acme.com", None).await;
        for server in &starts {
            assert_eq!(server.get("/api/auth/me", &token).await.status(), 200);
        }
    }
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    for installation in Installation::on_each_backend() {
        installation
            .database
            .execute("insert into __diesel_schema_migrations (version) values ('99991231235959')");
        let output = installation.run(&["serve"], "");
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        let message = stderr(&output);
        assert!(message.contains("99991231235959") && message.contains("newer"), "{message}");
    }
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let installation = Installation::new(Backend::Sqlite);
    let path = installation.folder().join("letter.txt");
    let letter = "Dear Sir or Madam, this is a letter and no database at all.\n".repeat(100);
    std::fs::write(&path, &letter).unwrap();
    let url = format!("sqlite:{}", path.display());
    let installation = installation.with("DATABASE_URL", &url);
    let output = installation.run(&["serve"], "");
    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    assert!(message.contains("letter.txt") && message.contains("SQLite"), "{message}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), letter);
}

#[test]
fn an_occupied_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let installation = Installation::new(Backend::Sqlite).with("GUILDHALL_LISTEN", &address);
    let output = installation.run(&["serve"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains(&address), "{}", stderr(&output));
}

#[tokio::test]
async fn a_store_that_has_gone_is_said_to_have_gone() {
    for installation in Installation::on_each_backend() {
        if installation.backend == Backend::Sqlite {
            continue;
        }
        let url = installation.database.url_text();
        let proxy = Proxy::before(&url);
        let installation = installation.with("DATABASE_URL", &proxy.url);
        // For a moment, copies would be used still.
        let installation = installation.with("GUILDHALL_CACHE_MEGABYTES", "0");
        let server = installation.serve();
        let token = server.registered("ada@acme.com", None).await;
        proxy.cut();
        let response = server.get("/api/organizations", &token).await;
        assert_eq!(response.status(), 503);
        assert!(response.headers().contains_key("retry-after"));
        let ready = server.client().get(server.url("/readyz")).send().await.unwrap();
        assert_eq!(ready.status(), 503);
        let alive = server.client().get(server.url("/healthz")).send().await.unwrap();
        assert_eq!(alive.status(), 200);
        proxy.mend();
        server.until("/api/organizations", &token, 200).await;
    }
}

#[tokio::test]
async fn the_first_admin_comes_from_the_environment_once() {
    for installation in Installation::on_each_backend() {
        let installation = installation
            .with("GUILDHALL_ADMIN_EMAIL", "root@guildhall.example")
            .with("GUILDHALL_ADMIN_PASSWORD", crate::support::PASSWORD);
        let (one, two) = (installation.serve(), installation.serve());
        let token = one.logged_in("root@guildhall.example").await;
        assert_eq!(two.json("/api/auth/me", &token).await["role"], "admin");
        let admins = "select count(*) from users where role = 'admin'";
        assert_eq!(installation.database.number(admins), 1);
    }
}
