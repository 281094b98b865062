//! As whom the server may reach PostgreSQL.

use diesel::{
    Connection, PgConnection, RunQueryDsl, connection::SimpleConnection, dsl::sql, select,
    sql_types::BigInt,
};
use guildhall_application::{
    ports::{Insertion, PasswordHash, Store, WorkspaceQueries},
    testing::user,
};
use guildhall_domain::UserRole;
use guildhall_persistence::{
    Backend, DatabaseUrl, DieselStore, OpenError, StoreOptions, migrate,
    testing::{TestDatabase, backends},
};

use crate::scene::{EVERYTHING, SCENE, forged, listed, organization, viewer};

/// A new database whose owner is a new user with these attributes, and where
/// that user reaches it.
fn owned_by(user: &str, attributes: &str) -> Option<(TestDatabase, DatabaseUrl)> {
    backends().contains(&Backend::Postgres).then(|| {
        // So that the role exists, whose absence is another case.
        drop(TestDatabase::new(Backend::Postgres));
        let database = TestDatabase::empty(Backend::Postgres);
        let name = database.text("SELECT current_database()::text").unwrap();
        database.execute(&format!(
            "CREATE ROLE {user} LOGIN {attributes}; ALTER DATABASE {name} OWNER TO {user}"
        ));
        let url = database.url_text().replace("guildhall@", &format!("{user}@"));
        (database, url.parse().unwrap())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_owner_is_bound_with_and_without_the_role() {
    for (owner, attributes, takes_it_on) in
        [("plain_owner", "NOCREATEROLE", false), ("role_maker", "CREATEROLE", true)]
    {
        let Some((database, url)) = owned_by(owner, attributes) else { return };
        migrate(&url).unwrap();
        database.execute(SCENE);
        let is_member =
            format!("pg_has_role('{owner}', 'guildhall_application', 'MEMBER')::int::bigint");
        assert_eq!(database.number(&is_member) == 1, takes_it_on, "{owner}");
        let store = DieselStore::open(&url, StoreOptions::default()).unwrap();
        let ada = viewer(11, UserRole::User);
        assert_eq!(listed(&store, ada).await, ["Org 1"], "{owner}");
        let root = viewer(30, UserRole::Admin);
        assert_eq!(listed(&store, root).await.len(), 2, "{owner}");
        let workspaces = WorkspaceQueries::list(&store, &forged(ada), EVERYTHING).await.unwrap();
        assert_eq!(workspaces, [], "{owner}");

        let mut work = store.begin().await.unwrap();
        let acme = organization(7);
        assert_eq!(work.organizations().insert(&acme).await.unwrap(), Insertion::Inserted);
        let new = user(8, "new@acme.com", UserRole::User);
        let hash = PasswordHash::new("hash".to_owned());
        assert_eq!(work.users().insert(&new, &hash).await.unwrap(), Insertion::Inserted);
        work.installation().set_default_organization(acme.id).await.unwrap();
        work.commit().await.unwrap();

        let mut raw = PgConnection::establish(
            &database.url_text().replace("guildhall@", &format!("{owner}@")),
        )
        .unwrap();
        let count = select(sql::<BigInt>("(SELECT count(*) FROM organizations)"));
        assert_eq!(count.get_result::<i64>(&mut raw).unwrap(), 0, "{owner} is bound by FORCE");
        raw.batch_execute("SET guildhall.actor = 'system'").unwrap();
        let count = select(sql::<BigInt>("(SELECT count(*) FROM organizations)"));
        assert_eq!(count.get_result::<i64>(&mut raw).unwrap(), 3, "{owner}");
    }
}

#[test]
fn whoever_bypasses_the_wall_and_cannot_be_bound_is_refused() {
    let Some((database, url)) = owned_by("bypassing", "BYPASSRLS") else { return };
    migrate(&url).unwrap();
    let refusal = DieselStore::open(&url, StoreOptions::default()).err().unwrap();
    assert!(matches!(refusal, OpenError::Other { .. }), "{refusal:?}");
    let sentence = refusal.to_string();
    for part in ["bypassing may bypass", "GRANT guildhall_application TO bypassing"] {
        assert!(sentence.contains(part), "{sentence}");
    }
    database.execute("GRANT guildhall_application TO bypassing");
    DieselStore::open(&url, StoreOptions::default()).unwrap();
}
