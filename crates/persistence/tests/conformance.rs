//! The store conformance suite on both databases.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

use guildhall_application::testing::conformance::{self, StoreUnderTest};
use guildhall_persistence::{
    Backend, DieselStore, StoreOptions,
    testing::{TestDatabase, backends},
};

/// Runs one case on a database of its own.
async fn on<F: Future<Output = ()>>(backend: Backend, case: impl FnOnce(StoreUnderTest) -> F) {
    if backends().contains(&backend) {
        let database = TestDatabase::new(backend);
        let store = DieselStore::open(database.url(), StoreOptions::default()).unwrap();
        case(StoreUnderTest::new(store)).await;
    }
}

macro_rules! cases {
    ($($module:ident::$case:ident)*) => {
        mod sqlite {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    on(Backend::Sqlite, conformance::$module::$case).await;
                }
            )*
        }

        mod postgres {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    on(Backend::Postgres, conformance::$module::$case).await;
                }
            )*
        }
    };
}

guildhall_application::for_each_conformance_case!(cases);
