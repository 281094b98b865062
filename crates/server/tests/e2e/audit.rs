//! Every change and every refused sign-in is on the trail.

use serde_json::json;

use crate::support::{Installation, PASSWORD};

#[tokio::test]
async fn what_happened_is_recorded_once_and_what_was_refused_is_not() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let database = &installation.database;
        let events = |action: &str| {
            database.number(&format!("select count(*) from audit_events where action = '{action}'"))
        };
        let token = server.registered("ada@acme.com", Some("Acme")).await;
        for (action, count) in
            [("user.registered", 1), ("organization.created", 1), ("member.added", 1)]
        {
            assert_eq!(events(action), count, "{action}");
        }
        let sessions = server.json("/api/auth/sessions", &token).await;
        let began = format!(
            "select count(*) from audit_events \
             where action = 'user.registered' and details like '%\"session\":{}%'",
            sessions[0]["id"]
        );
        assert_eq!(database.number(&began), 1);
        server.register("mallory@evil.com", Some("Acme")).await;
        server.register("ada@acme.com", None).await;
        assert_eq!(events("user.registered"), 1);
        assert_eq!(events("member.added"), 1);

        server.log_in("ada@acme.com", "wrong horse battery staple").await;
        server.log_in("nobody@acme.com", PASSWORD).await;
        assert_eq!(events("login.failed"), 2);
        let alike = "select count(*) from audit_events \
                     where details like '%\"reason\":\"credentials\"%'";
        assert_eq!(database.number(alike), 2);
        let session = server.logged_in("ada@acme.com").await;
        assert_eq!(events("login.succeeded"), 1);
        let body =
            json!({ "current_password": "wrong horse", "new_password": "another good passphrase" });
        server.post_as("/api/auth/password", &token, &body).await;
        assert_eq!(events("password.change_failed"), 1);
        server.post_as("/api/auth/logout", &session, &json!({})).await;
        assert_eq!(events("session.ended"), 1);
        assert_eq!(events("password.changed"), 0);

        let whole = "select count(*) from audit_events where sealed like '%box%' \
                     and request_id is not null and details not like '%horse%'";
        assert_eq!(database.number(whole), database.number("select count(*) from audit_events"));
    }
}
