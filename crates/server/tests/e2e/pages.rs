//! Pages of a list that changes while it is read.

use std::collections::HashMap;

use guildhall_client::{OrganizationId, PageRequest};
use guildhall_persistence::Backend;

use crate::support::Installation;

/// Rows of Acme with such names, each at a time of its own.
fn insert(backend: Backend, name: &str, from: usize, count: usize) -> String {
    let to = from + count - 1;
    let (id, moment, numbers) = match backend {
        Backend::Sqlite => (
            "randomblob(16)",
            "1700000000000000 + (i * 7919 % 10007) * 1000",
            format!(
                "(with recursive n(i) as (select {from} union all select i + 1 from n where i < {to}) select i from n)"
            ),
        ),
        Backend::Postgres => (
            "gen_random_uuid()",
            "timestamptz '2023-11-14' + (i * 7919 % 10007) * interval '1 millisecond'",
            format!("(select generate_series({from}, {to}) as i)"),
        ),
    };
    format!(
        "insert into workspaces (id, organization_id, name, description, status, created_at)
         select {id}, (select id from organizations where name = 'Acme'), '{name} ' || i, '',
         'available', {moment} from {numbers} numbers"
    )
}

#[tokio::test]
async fn what_is_there_all_the_time_is_seen_once() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        let ada = server.registered("ada@acme.com", Some("Acme")).await;
        let acme: OrganizationId = server.first_organization(&ada).await.into();
        let ada = server.api(&ada);
        let insert = |name, from, count| insert(installation.backend, name, from, count);
        let database = &installation.database;
        database.execute(&insert("Lasting", 1, 1_000));
        database.execute(&insert("Passing", 1_001, 200));

        let mut seen = HashMap::<String, usize>::new();
        let (mut page, mut pages) = (PageRequest::of(50), 0);
        loop {
            let found = ada.organization(&acme).workspaces().list(&page).await.unwrap();
            for workspace in found.items {
                *seen.entry(workspace.name).or_default() += 1;
            }
            // A thousand come and go between the pages, before and behind the reader.
            if pages < 20 {
                database.execute(&insert("Passing", 2_000 + pages * 50, 50));
                database.execute(
                    "delete from workspaces where id in (select id from workspaces
                     where name like 'Passing %' order by id limit 50)",
                );
            }
            pages += 1;
            let Some(next) = found.next else { break };
            page = PageRequest::of(50).at(next);
        }
        assert!(pages > 20, "{pages}");
        assert!(seen.values().all(|times| *times == 1), "no doubles");
        let lasting = seen.keys().filter(|name| name.starts_with("Lasting")).count();
        assert_eq!(lasting, 1_000, "nothing is left out");
    }
}
