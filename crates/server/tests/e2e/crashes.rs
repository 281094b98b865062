//! A node that is killed over and over while it is written to.

use std::{env, time::Duration};

use crate::{
    load::Load,
    support::{Installation, Server},
};

/// How often it is killed. More take their time: see `just crashes`.
fn kills() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a switch of the tests, not of the service")]
    let kills = env::var("GUILDHALL_CRASHES");
    kills.map_or(20, |kills| kills.parse().expect("GUILDHALL_CRASHES is a number"))
}

/// Runs a command that looks for faults, and says that there is none.
fn finds_nothing(installation: &Installation, arguments: &[&str]) {
    let output = installation.run(arguments, "");
    let said = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}{error}", installation.backend);
}

/// Lets the clients write to a node for that long, and kills it.
async fn kill_after(load: &Load, server: &mut Server, writing: Duration) {
    let killed = async {
        load.until("every kind is acknowledged", |answer| {
            answer.kind == "sign out" && answer.is_good()
        })
        .await;
        tokio::time::sleep(writing).await;
        server.signal("KILL");
        load.until("requests are cut off", |answer| answer.status.is_none()).await;
        load.stop();
    };
    tokio::join!(load.run(server), killed);
    assert_eq!(server.wait(), None);
}

#[tokio::test]
async fn what_was_acknowledged_outlives_every_kill() {
    for installation in Installation::on_each_backend().into_iter().map(Load::allowed) {
        let load = Load::prepare(&installation.serve()).await;
        let mut verified = [0; 4];
        for kill in 0..kills() {
            let mut server = installation.serve();
            // Another moment each time: in the middle of this write or of that.
            kill_after(&load, &mut server, Duration::from_millis(kill * 37 % 200)).await;
            let answers = load.take_answers();
            let strange =
                answers.iter().find(|answer| answer.status.is_some() && !answer.is_good());
            assert!(strange.is_none(), "{}", server.log());
            if kill % 5 == 4 || kill + 1 == kills() {
                verified = add(verified, load.verify(&installation.serve()).await);
                finds_nothing(&installation, &["doctor"]);
                finds_nothing(&installation, &["audit", "verify"]);
            }
        }
        let count = |of: &str| installation.database.number(&format!("select count(*) from {of}"));
        let created = count("audit_events where action = 'organization.created'");
        assert_eq!(created, count("organizations"), "each in one transaction with its event");
        let [organizations, members, signed_in, signed_out] = verified;
        println!(
            "{}: {} kills; there are {organizations} organizations, {members} members, \
             {signed_in} sessions, and {signed_out} sessions are ended",
            installation.backend,
            kills()
        );
        assert!(verified.iter().all(|count| *count > 0));
    }
}

fn add(one: [usize; 4], other: [usize; 4]) -> [usize; 4] {
    std::array::from_fn(|index| one[index] + other[index])
}
