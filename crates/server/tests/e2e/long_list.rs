//! A list of any length, whole, in bounded memory.

use futures_util::StreamExt;
use guildhall_persistence::Backend;
use serde_json::Value;

use crate::support::Installation;

const ORGANIZATIONS: usize = 100_000;
const BOUND_KILOBYTES: u64 = 50 * 1024;

/// Organizations with distinct times, but for every tenth, which shares its
/// neighbour's.
pub(crate) fn many(backend: Backend) -> String {
    match backend {
        Backend::Sqlite => format!(
            "insert into organizations (id, name, name_key, domain, users_count, workspaces_count, created_at, updated_at)
             with recursive n(i) as (select 1 union all select i + 1 from n where i < {ORGANIZATIONS})
             select randomblob(16), 'Organization ' || i, 'organization ' || i, null, 0, 0,
                    1700000000000000 + (i - (i % 10 = 0)) * 1000, 1700000000000000 from n"
        ),
        Backend::Postgres => format!(
            "insert into organizations (id, name, name_key, domain, users_count, workspaces_count, created_at, updated_at)
             select gen_random_uuid(), 'Organization ' || i, 'organization ' || i, null, 0, 0,
                    timestamptz '2023-11-14' + (i - (i % 10 = 0)::int) * interval '1 millisecond', now()
             from generate_series(1, {ORGANIZATIONS}) i"
        ),
    }
}

#[tokio::test]
async fn a_hundred_thousand_arrive_complete_within_fifty_megabytes() {
    for installation in Installation::on_each_backend() {
        installation.create_admin("root@guildhall.example");
        installation.database.execute(&many(installation.backend));
        let server = installation.serve();
        let token = server.logged_in("root@guildhall.example").await;
        server.json("/api/organizations?limit=1", &token).await;

        let began = server.resident_kilobytes();
        let mut highest = began;
        let response = server.get("/api/organizations", &token).await;
        assert_eq!(response.status(), 200);
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            body.extend_from_slice(&chunk.unwrap());
            highest = highest.max(server.resident_kilobytes());
        }
        let list: Vec<Value> = serde_json::from_slice(&body).unwrap();
        assert_eq!(list.len(), ORGANIZATIONS);
        let ids: std::collections::HashSet<_> =
            list.iter().map(|organization| organization["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), ORGANIZATIONS, "no doubles");
        let times: Vec<_> = list.iter().map(|o| o["created_at"].as_str().unwrap()).collect();
        assert!(times.is_sorted_by(|newer, older| newer >= older), "newest first");
        let grown = highest - began;
        println!("{:?}: memory grew by {grown} kB from {began} kB", installation.backend);
        assert!(grown < BOUND_KILOBYTES, "memory grew by {grown} kB");
    }
}
