//! Queries that tell through whose eyes they look in their own round trip.

use guildhall_application::{Cursor, PageRequest, caller::Viewer, ports::OrganizationQueries};
use guildhall_domain::{OrganizationId, Timestamp, UserRole};
use guildhall_persistence::{DieselStore, StoreOptions};
use uuid::Uuid;

use crate::scene::{id, listed, scene, viewer};

/// The names in a viewer's list by the page behind its beginning, before which the
/// connection is told whose it is.
async fn listed_as_told(store: &DieselStore, viewer: Viewer) -> Vec<String> {
    let later: Timestamp = "3000-01-01T00:00:00Z".parse().unwrap();
    let beginning = Cursor { created_at: later, id: Uuid::max() };
    let page = PageRequest { after: Some(beginning), limit: 100 };
    let rows = store.accessible_to(viewer, page).await.unwrap();
    rows.into_iter().map(|row| row.name).collect()
}

/// Whichever way PostgreSQL takes, the settings come before what depends on them, also by
/// a plan that is kept; and what the connection was told is as it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_has_its_own_eyes_and_leaves_the_connection_with_others() {
    let Some(database) = scene() else { return };
    let name = database.text("SELECT current_database()::text").unwrap();
    let (ada, eve) = (viewer(11, UserRole::User), viewer(22, UserRole::User));
    let root = viewer(30, UserRole::Admin);
    for way in ["nestloop", "hashjoin", "indexscan", "seqscan", "material"] {
        database.execute(&format!("ALTER DATABASE {name} RESET ALL"));
        database.execute(&format!("ALTER DATABASE {name} SET enable_{way} = off"));
        let options = StoreOptions { max_connections: 1, ..StoreOptions::default() };
        let store = DieselStore::open(database.url(), options).unwrap();
        for _ in 0..8 {
            assert_eq!(listed(&store, ada).await, ["Org 1"], "without {way}");
            assert_eq!(listed_as_told(&store, eve).await, ["Org 2"]);
            assert_eq!(listed(&store, ada).await, ["Org 1"], "without {way}");
            for (viewer, sees) in [(ada, false), (eve, true), (root, true)] {
                let access = store.access(viewer, OrganizationId::new(id(2))).await.unwrap();
                assert_eq!(access.is_some(), sees, "without {way}");
            }
            assert_eq!(listed_as_told(&store, eve).await, ["Org 2"]);
        }
    }
}
