//! However many first lists arrive at once, one default organization comes of it.

use std::collections::HashSet;

use futures_util::future::join_all;
use guildhall_persistence::Backend;
use serde_json::Value;

use crate::support::Installation;

const REQUESTS: usize = 200;

async fn first_lists_at_once(installation: &Installation, nodes: usize) {
    installation.create_admin("root@neogenesys.com");
    let servers: Vec<_> = (0..nodes).map(|_| installation.serve()).collect();
    let token = servers[0].logged_in("root@neogenesys.com").await;
    let count = "select count(*) from organizations";
    assert_eq!(installation.database.number(count), 0);

    let requests = (0..REQUESTS).map(|n| {
        let (server, token) = (&servers[n % nodes], &token);
        async move { server.json("/api/organizations", token).await }
    });
    let lists: Vec<Value> = join_all(requests).await;

    let ids: HashSet<_> = lists.iter().map(|list| list[0]["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 1, "one organization");
    for list in &lists {
        assert_eq!(list.as_array().unwrap().len(), 1);
        assert_eq!(list[0]["users_count"], 1);
        assert_eq!(list[0]["workspaces_count"], 5);
    }
    assert_eq!(installation.database.number(count), 1);
    assert_eq!(installation.database.number("select count(*) from workspaces"), 5);
    assert_eq!(installation.database.number("select count(*) from memberships"), 1);
    let created = "select count(*) from audit_events where action = 'organization.created'";
    assert_eq!(installation.database.number(created), 1);
    assert!(installation.run(&["doctor"], "").status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_first_lists_make_one() {
    for installation in Installation::on_each_backend() {
        let nodes = match installation.backend {
            Backend::Sqlite => 1,
            Backend::Postgres => 3,
        };
        first_lists_at_once(&installation, nodes).await;
    }
}

#[tokio::test]
async fn it_is_named_after_its_creators_organization_and_configured() {
    for installation in Installation::on_each_backend() {
        let installation = installation
            .with("GUILDHALL_DEFAULT_ORGANIZATION_DOMAIN", "Bücher.example")
            .with("GUILDHALL_DEFAULT_ORGANIZATION_WORKSPACES", "0");
        let arguments =
            ["admin", "create", "--email", "root@acme.com", "--organization", "Acme Corporation"];
        assert!(installation.run(&arguments, crate::support::PASSWORD).status.success());
        let server = installation.serve();
        let token = server.logged_in("root@acme.com").await;
        let me = server.json("/api/auth/me", &token).await;
        assert_eq!(me["organization"], "Acme Corporation");
        assert_eq!(me["role"], "admin");
        let list = server.json("/api/organizations", &token).await;
        assert_eq!(list[0]["name"], "Acme Corporation");
        assert_eq!(list[0]["domain"], "xn--bcher-kva.example");
        assert_eq!(list[0]["workspaces_count"], 0);

        let stranger = server.registered("joe@other.com", None).await;
        let list = server.json("/api/organizations", &stranger).await;
        assert_eq!(list[0]["name"], "Acme Corporation", "it is the default organization");
    }
}
