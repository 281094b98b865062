//! Stats change with what happens, and survive a restart.

use crate::support::Installation;

#[tokio::test]
async fn they_follow_sessions_and_members() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let ada = server.registered("ada@acme.com", Some("Acme")).await;
        server.registered("bob@acme.com", Some("Acme")).await;
        let before = server.json("/api/stats", &ada).await;
        assert_eq!((&before["total_users"], &before["active_sessions"]), (&2.into(), &2.into()));

        let again = server.logged_in("bob@acme.com").await;
        assert_eq!(server.json("/api/stats", &ada).await["active_sessions"], 3);
        server.delete("/api/auth/sessions", &again).await;
        assert_eq!(server.json("/api/stats", &ada).await["active_sessions"], 2);

        drop(server);
        let server = installation.serve();
        let after = server.json("/api/stats", &ada).await;
        assert_eq!(after["total_users"], 2);
        let uptime: f64 = after["uptime"].as_str().unwrap().trim_end_matches('%').parse().unwrap();
        assert!(uptime > 0.0 && uptime <= 100.0);
    }
}

#[tokio::test]
async fn uptime_tells_of_the_time_that_nobody_served() {
    for installation in Installation::on_each_backend() {
        let age = match installation.backend {
            guildhall_persistence::Backend::Sqlite => {
                "update installation set installed_at = installed_at - 864000000000"
            }
            guildhall_persistence::Backend::Postgres => {
                "update installation set installed_at = installed_at - interval '10 days'"
            }
        };
        installation.database.execute(age);
        let server = installation.serve();
        let token = server.registered("ada@acme.com", None).await;
        assert_eq!(server.json("/api/stats", &token).await["uptime"], "0.0%");
    }
}
