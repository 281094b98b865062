//! Sessions: listed, ended one by one, all at once, and by a new password.

use guildhall_persistence::Backend;
use serde_json::{Value, json};

use crate::support::{Installation, PASSWORD, parts, until};

const NEW_PASSWORD: &str = "an entirely different passphrase";

#[tokio::test]
async fn a_user_sees_and_ends_their_sessions() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let first = server.registered("ada@acme.com", None).await;
        let second = server.logged_in("ada@acme.com").await;
        let third = server.logged_in("ada@acme.com").await;

        let sessions = server.json("/api/auth/sessions", &second).await;
        let sessions = sessions.as_array().unwrap();
        assert_eq!(sessions.len(), 3);
        let current: Vec<_> = sessions.iter().filter(|s| s["current"] == true).collect();
        assert_eq!(current.len(), 1);
        assert_eq!(current[0]["ip_address"], "127.0.0.1");

        let oldest = sessions.last().unwrap()["id"].as_str().unwrap();
        let path = format!("/api/auth/sessions/{oldest}");
        assert_eq!(server.delete(&path, &second).await.status(), 204);
        assert_eq!(server.delete(&path, &second).await.status(), 404);
        assert_eq!(server.get("/api/auth/me", &first).await.status(), 401);
        assert_eq!(server.get("/api/auth/me", &third).await.status(), 200);

        let (status, body) = parts(server.delete("/api/auth/sessions", &second).await).await;
        assert_eq!((status, body), (200, json!({ "ended": 1 })));
        assert_eq!(server.get("/api/auth/me", &third).await.status(), 401);
        assert_eq!(server.get("/api/auth/me", &second).await.status(), 200);
    }
}

/// Within a second or so; and before the server ends.
#[tokio::test]
async fn a_session_that_is_used_lives_longer() {
    for installation in Installation::on_each_backend() {
        // So that what is changed by hand is seen.
        let installation = installation.with("GUILDHALL_CACHE_MEGABYTES", "0");
        let hour = match installation.backend {
            Backend::Sqlite => "3600000000",
            Backend::Postgres => "interval '1 hour'",
        };
        let unused = format!(
            "update sessions set last_used_at = created_at - {hour}, \
             expires_at = created_at + {hour}"
        );
        let was_used = || {
            let used = format!(
                "select count(*) from sessions \
                 where last_used_at > created_at and expires_at > created_at + 2 * {hour}"
            );
            installation.database.number(&used) == 1
        };
        let mut server = installation.serve();
        let token = server.registered("ada@acme.com", None).await;

        installation.database.execute(&unused);
        assert_eq!(server.get("/api/auth/me", &token).await.status(), 200);
        until("the use is written down", was_used).await;

        installation.database.execute(&unused);
        assert!(!was_used());
        assert_eq!(server.get("/api/auth/me", &token).await.status(), 200);
        server.signal("TERM");
        assert_eq!(server.wait(), Some(0));
        assert!(was_used());
    }
}

#[tokio::test]
async fn a_new_password_ends_every_other_session_on_every_node() {
    for installation in Installation::on_each_backend() {
        let (one, two) = (installation.serve(), installation.serve());
        let mine = one.registered("ada@acme.com", None).await;
        let other = two.logged_in("ada@acme.com").await;
        let change =
            |current: &str, new: &str| json!({ "current_password": current, "new_password": new });

        let path = "/api/auth/password";
        let (status, problem) =
            parts(one.post_as(path, &mine, &change("wrong horse", NEW_PASSWORD)).await).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &"/current_password".into()));
        let (status, problem) =
            parts(one.post_as(path, &mine, &change(PASSWORD, "12345678")).await).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &"/new_password".into()));
        assert_eq!(two.get("/api/auth/me", &other).await.status(), 200);

        let changed = one.post_as(path, &mine, &change(PASSWORD, NEW_PASSWORD)).await;
        assert_eq!(changed.status(), 200);
        two.within_a_second("/api/auth/me", &other, 401).await;
        assert_eq!(two.get("/api/auth/me", &mine).await.status(), 200);
        assert_eq!(two.log_in("ada@acme.com", PASSWORD).await.status(), 401);
        assert_eq!(two.log_in("ada@acme.com", NEW_PASSWORD).await.status(), 200);
    }
}

#[tokio::test]
async fn the_oldest_session_makes_room_for_the_hundred_and_first() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let first = server.registered("ada@acme.com", None).await;
        let second = server.logged_in("ada@acme.com").await;
        for _ in 2..100 {
            server.logged_in("ada@acme.com").await;
        }
        assert_eq!(server.get("/api/auth/me", &first).await.status(), 200);

        let last = server.logged_in("ada@acme.com").await;
        assert_eq!(server.get("/api/auth/me", &first).await.status(), 401);
        assert_eq!(server.get("/api/auth/me", &second).await.status(), 200);
        let sessions = server.json("/api/auth/sessions", &last).await;
        assert_eq!(sessions.as_array().unwrap().len(), 100);
        let ended = "select count(*) from audit_events where action = 'session.ended' \
                     and actor_type = 'user' and details like '%limit%'";
        assert_eq!(installation.database.number(ended), 1);
    }
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    for installation in Installation::on_each_backend() {
        let installation = installation.with("GUILDHALL_RATE_LIMITS", "on");
        let server = installation.serve();
        let mut refused = None;
        for _ in 0..30 {
            let response = server.log_in("ada@acme.com", "a wrong password").await;
            match response.status().as_u16() {
                401 => {}
                429 => {
                    refused = Some(response);
                    break;
                }
                status => panic!("{status}"),
            }
        }
        let response = refused.expect("a 429 within thirty attempts");
        let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait));
        let (_, problem): (_, Value) = parts(response).await;
        assert_eq!(problem["type"], "/problems/too-many-attempts");

        let failed = |reason: &str| {
            installation.database.number(&format!(
                "select count(*) from audit_events \
                 where action = 'login.failed' and details like '%{reason}%'"
            ))
        };
        assert!((10..30).contains(&failed("credentials")));
        assert_eq!(server.log_in("ada@acme.com", PASSWORD).await.status(), 429);
        assert_eq!(failed("throttled"), 1, "the first alone, or attackers could make it write");
    }
}
