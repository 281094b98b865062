//! The security score of an organization.

use guildhall_application::ports::StatsSnapshot;

use crate::{
    scene::{ACME, ADMIN, MEMBER, OWNER, PLATFORM_ADMIN, STRANGER, Scene},
    support::get,
};

fn path() -> String {
    format!("{ACME}/security-score")
}

fn scene(actor: crate::scene::Actor) -> Scene {
    let mut scene = Scene::new(actor);
    let alone = StatsSnapshot { organizations: 1, members: 1, ..StatsSnapshot::default() };
    scene.ports.stats.expect_snapshot_of().returning(move |_, _, _| Ok(alone));
    scene
}

#[actix_web::test]
async fn the_score_is_the_sum_of_its_checks() {
    for actor in [OWNER, ADMIN, PLATFORM_ADMIN] {
        let answer = scene(actor).send(get(&path())).await;
        assert_eq!(answer.status, 200);
        let score = answer.json();
        let checks = score["checks"].as_array().unwrap();
        let sum: u64 = checks.iter().map(|check| check["points"].as_u64().unwrap()).sum();
        assert_eq!(score["score"], sum);
        assert_eq!(
            checks[5].to_string(),
            r#"{"advice":"Have every member use a second factor.","maximum":15,"name":"multi_factor","points":0}"#
        );
    }
}

#[actix_web::test]
async fn it_is_for_those_who_can_do_something_about_it() {
    scene(MEMBER).send(get(&path())).await.assert_problem(403, "forbidden");
    scene(STRANGER).send(get(&path())).await.assert_problem(404, "not-found");
}
