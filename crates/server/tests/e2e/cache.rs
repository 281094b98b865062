//! What the cache must not change: on the node that makes a change, no copy outlives it,
//! and on others for a moment only, also when they did not hear of it.

use std::time::{Duration, Instant};

use guildhall_persistence::{Backend, testing::TestDatabase};
use serde_json::json;

use crate::{
    metrics::measured,
    scrape::Scrape,
    support::{Installation, Server},
};

const ME: &str = "/api/auth/me";
const LIST: &str = "/api/organizations";

impl Server {
    /// Asks until it is answered with that status: another node made it so.
    pub(crate) async fn until(&self, path: &str, token: &str, status: u16) {
        let mut last = 0;
        for _ in 0..600 {
            last = self.get(path, token).await.status().as_u16();
            if last == status {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{path} is answered {last} and never {status}: {}", self.log());
    }

    /// The same, and whoever asks a second later is told so: on other nodes than the one
    /// that has just made it so.
    pub(crate) async fn within_a_second(&self, path: &str, token: &str, status: u16) {
        let since = Instant::now();
        loop {
            let asked = since.elapsed();
            let told = self.get(path, token).await.status().as_u16();
            if told == status {
                return;
            }
            let log = || self.log();
            assert!(asked < Duration::from_secs(1), "{path}: {told} after {asked:?}: {}", log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until its cache is used.
    async fn cached(self) -> Self {
        self.scrape_until(|scrape| scrape.number("guildhall_cache_on", &[]) == Some(1.0)).await;
        self
    }

    async fn hits(&self, of: &str) -> f64 {
        self.scrape().await.number("guildhall_cache_hits_total", &[("kind", of)]).unwrap()
    }
}

#[tokio::test]
async fn a_node_answers_from_copies_and_never_from_one_that_it_made_wrong() {
    for installation in Installation::on_each_backend() {
        let installation = measured(installation);
        let server = installation.serve().cached().await;
        let ada = server.registered("ada@acme.com", Some("Acme")).await;
        let grace = server.registered("grace@other.org", Some("Other")).await;
        let acme = server.first_organization(&ada).await;
        let grace_id = server.user_id(&grace).await;
        let member = format!("{LIST}/{acme}/members/{grace_id}");
        for round in 1..=3 {
            for (token, count) in [(&ada, 1), (&grace, 1)] {
                for _ in 0..2 {
                    assert_eq!(server.json(LIST, token).await.as_array().unwrap().len(), count);
                }
            }
            let role = json!({ "role": "member" });
            let added = server.send("PUT", &member, &ada, Some(&role)).await;
            assert_eq!(added.status(), 201);
            assert_eq!(server.json(LIST, &grace).await.as_array().unwrap().len(), 2);
            assert_eq!(server.json(LIST, &ada).await[0]["users_count"], 2);
            let path = format!("{LIST}/{acme}");
            for _ in 0..2 {
                assert_eq!(server.json(&path, &grace).await["your_role"], "member");
            }

            let name = format!("Acme {round}");
            let renamed = server.send("PATCH", &path, &ada, Some(&json!({ "name": name }))).await;
            assert_eq!(renamed.status(), 200);
            assert_eq!(server.json(LIST, &ada).await[0]["name"], *name);
            assert_eq!(server.json(ME, &ada).await["organization"], *name);
            assert_eq!(server.json(&path, &grace).await["name"], *name);

            assert_eq!(server.delete(&member, &ada).await.status(), 204);
            assert_eq!(server.get(&path, &grace).await.status(), 404);
            assert_eq!(server.json(LIST, &ada).await[0]["users_count"], 1);
        }
        for of in ["sessions", "organizations", "accesses"] {
            assert!(server.hits(of).await > 0.0, "{of}");
        }
        assert_eq!(server.post_as("/api/auth/logout", &ada, &json!({})).await.status(), 200);
        assert_eq!(server.get(ME, &ada).await.status(), 401);
    }
}

#[tokio::test]
async fn what_one_node_changes_is_soon_known_to_the_others() {
    for installation in Installation::on_each_backend() {
        let installation = measured(installation);
        let (one, two) = (installation.serve().cached().await, installation.serve().cached().await);
        let ada = one.registered("ada@acme.com", Some("Acme")).await;
        let second = one.logged_in("ada@acme.com").await;
        two.until(ME, &ada, 200).await;
        let organization = two.first_organization(&ada).await;
        let path = format!("{LIST}/{organization}");
        let before = two.hits("sessions").await;
        for _ in 0..5 {
            assert_eq!(two.get(&path, &second).await.status(), 200);
        }
        assert!(two.hits("sessions").await > before);

        assert_eq!(one.post_as("/api/auth/logout", &second, &json!({})).await.status(), 200);
        assert_eq!(one.get(&path, &second).await.status(), 401);
        two.within_a_second(&path, &second, 401).await;
        assert_eq!(one.delete(&path, &ada).await.status(), 204);
        two.within_a_second(&path, &ada, 404).await;
    }
}

#[tokio::test]
async fn a_node_that_hears_nothing_uses_no_copies() {
    for installation in Installation::on_each_backend() {
        if installation.backend == Backend::Sqlite {
            continue;
        }
        let installation = measured(installation);
        let (one, two) = (installation.serve().cached().await, installation.serve().cached().await);
        let deafen = || {
            installation.database.number(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                 where datname = current_database() and query in ('SELECT 1', 'LISTEN guildhall_changes')",
            )
        };
        for round in 0..5 {
            let token = one.registered(&format!("user{round}@acme.com"), None).await;
            two.until(ME, &token, 200).await;
            while deafen() == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert_eq!(one.post_as("/api/auth/logout", &token, &json!({})).await.status(), 200);
            assert_eq!(one.get(ME, &token).await.status(), 401);
            two.within_a_second(ME, &token, 401).await;
        }
        two.cached().await;
    }
}

/// For as long as that lasts, and what another node changes is known at once.
#[tokio::test]
async fn a_node_that_cannot_listen_asks_the_database() {
    for installation in Installation::on_each_backend() {
        if installation.backend == Backend::Sqlite {
            continue;
        }
        let installation = measured(installation);
        let (one, two) = (installation.serve().cached().await, installation.serve().cached().await);
        let token = one.registered("ada@acme.com", None).await;
        let ask = async || assert_eq!(two.get(ME, &token).await.status(), 200);
        ask().await;
        let own = installation.database.url_text();
        let (server, name) = own.rsplit_once('/').unwrap();
        let cluster = TestDatabase::at(format!("{server}/postgres").parse().unwrap());
        // What is open stays open.
        cluster.execute(&format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS false"));
        let listeners = format!(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '{name}' \
             and query in ('SELECT 1', 'LISTEN guildhall_changes')"
        );
        assert!(cluster.number(&listeners) >= 2);
        let is_on = |scrape: &Scrape| scrape.number("guildhall_cache_on", &[]) == Some(1.0);
        two.scrape_until(|scrape| !is_on(scrape)).await;
        let before = two.hits("sessions").await;
        for _ in 0..5 {
            ask().await;
        }
        assert!(two.hits("sessions").await <= before);
        assert_eq!(one.post_as("/api/auth/logout", &token, &json!({})).await.status(), 200);
        assert_eq!(two.get(ME, &token).await.status(), 401);
        cluster.execute(&format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS true"));
        two.cached().await;
    }
}

#[tokio::test]
async fn a_cache_can_be_switched_off() {
    for installation in Installation::on_each_backend() {
        let installation = measured(installation).with("GUILDHALL_CACHE_MEGABYTES", "0");
        let (one, two) = (installation.serve(), installation.serve());
        let ada = one.registered("ada@acme.com", Some("Acme")).await;
        assert_eq!(two.get(ME, &ada).await.status(), 200);
        assert_eq!(one.post_as("/api/auth/logout", &ada, &json!({})).await.status(), 200);
        assert_eq!(two.get(ME, &ada).await.status(), 401);
        assert_eq!(two.scrape().await.number("guildhall_cache_on", &[]), None);
    }
}
