//! The stats.

use guildhall_application::ports::StatsSnapshot;
use guildhall_domain::Timestamp;

use crate::support::{get, send, signed, signed_in};

#[actix_web::test]
async fn stats_have_exactly_five_fields() {
    let mut ports = signed_in();
    ports.stats.expect_snapshot().returning(|_, _, _| {
        Ok(StatsSnapshot {
            live_sessions: 12,
            workspaces: 15,
            members: 42,
            ..StatsSnapshot::default()
        })
    });
    ports.stats.expect_serving_periods().returning(|_| Ok((Timestamp::UNIX_EPOCH, Vec::new())));
    let answer = send(ports, signed(get("/api/stats"))).await;
    assert_eq!(answer.status, 200);
    let score = &answer.json()["security_score"];
    assert!(score.as_u64().unwrap() <= 100);
    assert_eq!(
        answer.body,
        format!(
            r#"{{"active_sessions":12,"total_workspaces":15,"total_users":42,"security_score":{score},"uptime":"100.0%"}}"#
        )
    );
}
