//! The suite that every store must pass, through the cache.

use guildhall_application::testing::conformance::{self, StoreUnderTest};
use guildhall_persistence::Backend;

use crate::scene::Scene;

async fn on<F: Future<Output = ()>>(backend: Backend, case: impl FnOnce(StoreUnderTest) -> F) {
    let Some(scene) = Scene::on(backend) else { return };
    let sessions = scene.checked.clone();
    let organizations = scene.checked.clone();
    let stats = scene.checked.clone();
    let store = StoreUnderTest::new(scene.store.clone());
    case(StoreUnderTest { sessions, organizations, stats, ..store }).await;
    scene.checked.check().await;
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
