//! Registering: founding, joining, and being refused.

use futures_util::future::join_all;
use guildhall_persistence::Backend;

use crate::support::{Installation, PASSWORD, parts};

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_at_once_make_one_organization() {
    for installation in Installation::on_each_backend() {
        let nodes = match installation.backend {
            Backend::Sqlite => 1,
            Backend::Postgres => 3,
        };
        let servers: Vec<_> = (0..nodes).map(|_| installation.serve()).collect();
        let registrations = (0..200).map(|n| {
            let server = &servers[n % nodes];
            async move {
                server.registered(&format!("user{n}@acme.com"), Some("Acme Corporation")).await
            }
        });
        let tokens = join_all(registrations).await;
        let list = servers[0].json("/api/organizations", &tokens[0]).await;
        assert_eq!(list.as_array().unwrap().len(), 1);
        assert_eq!(list[0]["users_count"], 200);
        let database = &installation.database;
        assert_eq!(database.number("select count(*) from organizations"), 1);
        assert_eq!(database.number("select count(*) from memberships where role = 'owner'"), 1);
        let added = "select count(*) from audit_events where action = 'member.added'";
        assert_eq!(database.number(added), 200);

        let doctor = installation.run(&["doctor"], "");
        assert!(doctor.status.success(), "{}", String::from_utf8_lossy(&doctor.stdout));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_with_one_address_one_is_registered() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let all = join_all((0..20).map(|_| server.register("ada@acme.com", Some("Acme")))).await;
        let mut statuses: Vec<_> = all.iter().map(|r| r.status().as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses[0], 201);
        assert!(statuses[1..].iter().all(|status| *status == 409), "{statuses:?}");
        assert_eq!(installation.database.number("select count(*) from users"), 1);
    }
}

#[tokio::test]
async fn the_name_of_a_strangers_organization_opens_no_door() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        server.registered("ada@acme.com", Some("Acme Corporation")).await;
        for (email, name) in [
            ("mallory@evil.com", "Acme Corporation"),
            ("mallory@evil.com", "  ACME corporation "),
            ("mallory@gmail.com", "Acme\u{200B} Corporation"),
        ] {
            let (status, body) = parts(server.register(email, Some(name)).await).await;
            assert_eq!(status, 409);
            assert_eq!(body["type"], "/problems/organization-name-taken");
            assert_eq!(server.log_in(email, PASSWORD).await.status(), 401, "no account is left");
        }
        assert_eq!(installation.database.number("select count(*) from users"), 1);
        let registered = "select count(*) from audit_events where action = 'user.registered'";
        assert_eq!(installation.database.number(registered), 1);
    }
}

#[tokio::test]
async fn domains_come_from_addresses_unless_public_or_taken() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        for (email, organization, domain) in [
            ("ada@acme.com", "Acme", Some("acme.com")),
            ("bob@acme.com", "Acme Labs", None),
            ("eve@gmail.com", "Eve and Co", None),
            ("kim@bücher.example", "Bücher", Some("xn--bcher-kva.example")),
        ] {
            let token = server.registered(email, Some(organization)).await;
            let list = server.json("/api/organizations", &token).await;
            assert_eq!(list[0]["domain"].as_str(), domain, "{email}");
        }
        let response = server.register("eva@gmail.com", Some("Eve and Co")).await;
        assert_eq!(response.status(), 409, "a public mail domain joins nobody");
        let token = server.registered("lee@xn--bcher-kva.example", Some("BÜCHER")).await;
        let list = server.json("/api/organizations", &token).await;
        assert_eq!(list[0]["users_count"], 2, "the domain is the same in both spellings");
    }
}

#[tokio::test]
async fn an_address_registers_once_however_it_is_spelt() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        server.registered("jose\u{301}@bücher.example", None).await;
        for again in ["JOSÉ@xn--bcher-kva.example", " josé@BÜCHER.example "] {
            let (status, body) = parts(server.register(again, None).await).await;
            assert_eq!(status, 409, "{again}");
            assert_eq!(body["type"], "/problems/email-taken");
        }
    }
}

#[tokio::test]
async fn modes_close_the_door() {
    for installation in Installation::on_each_backend() {
        let installation =
            installation.with("GUILDHALL_REGISTRATION", "named").with("GUILDHALL_AUTO_JOIN", "off");
        let server = installation.serve();
        assert_eq!(server.register("ada@acme.com", None).await.status(), 403);
        server.registered("ada@acme.com", Some("Acme")).await;
        assert_eq!(server.register("bob@acme.com", Some("Acme")).await.status(), 409);
        drop(server);
        let installation = installation.with("GUILDHALL_REGISTRATION", "invited");
        let server = installation.serve();
        let (status, body) = parts(server.register("eve@evil.com", Some("Evil")).await).await;
        assert_eq!(status, 403);
        assert_eq!(body["type"], "/problems/registration-closed");
        assert_eq!(installation.database.number("select count(*) from users"), 1);
    }
}

#[tokio::test]
async fn whoever_registers_the_address_of_the_first_admin_becomes_no_admin() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        server.registered("root@acme.com", None).await;
        drop(server);
        let installation = installation
            .with("GUILDHALL_ADMIN_EMAIL", "Root@acme.com")
            .with("GUILDHALL_ADMIN_PASSWORD", "an entirely different passphrase");
        let server = installation.serve();
        let token = server.logged_in("root@acme.com").await;
        assert_eq!(server.json("/api/auth/me", &token).await["role"], "user");
        let (log, warning) = (server.log(), "no platform admin was made");
        let line = log.lines().find(|line| line.contains(warning)).unwrap();
        assert!(line.contains("WARN") && line.contains("`guildhall admin create`"), "{line}");
        drop(server);

        installation.create_admin("boss@acme.com");
        assert!(!installation.serve().log().contains(warning), "there is one now");
    }
}

#[tokio::test]
async fn somebody_may_have_called_theirs_default_organization() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        for name in ["Default Organization", "Default Organization 2"] {
            server.registered(&format!("ada@{}.com", name.len()), Some(name)).await;
        }
        let token = server.registered("bob@other.com", None).await;
        let list = server.json("/api/organizations", &token).await;
        let name = list[0]["name"].as_str().unwrap();
        let distinction = name.strip_prefix("Default Organization ").unwrap();
        assert_eq!(distinction.len(), 8, "{name}");
        assert!(distinction.bytes().all(|digit| digit.is_ascii_hexdigit()), "{name}");
        assert_eq!(list[0]["workspaces_count"], 5);
        let token = server.registered("eve@other.com", None).await;
        assert_eq!(server.json("/api/organizations", &token).await[0]["name"], name);
    }
}
