//! `guildhall doctor`

use guildhall_application::{Error, ports::CounterDrift, with_causes};

use super::block_on;
use crate::{
    config::Configuration,
    output::{self, Failure},
    wiring::Service,
};

pub(super) fn run(configuration: &Configuration, fix: bool) -> Result<(), Failure> {
    let service = Service::new(configuration)?;
    let doctor = &service.use_cases.doctor;
    block_on(async {
        let drifted = doctor.examine().await.map_err(failed)?;
        for drift in &drifted {
            describe(drift);
            if fix {
                doctor.repair(drift).await.map_err(failed)?;
            }
        }
        match (drifted.len(), fix) {
            (0, _) => output::line("Every counter is right."),
            (count, true) => output::line(format!("Set right: {count}.")),
            (count, false) => {
                let message = format!(
                    "Organizations whose counters have drifted: {count}. \
                     `guildhall doctor --fix` sets them right."
                );
                return Err(Failure::failed(message));
            }
        }
        Ok(())
    })
}

fn describe(drift: &CounterDrift) {
    let CounterDrift { organization, name, stored, actual } = drift;
    for (what, stored, actual) in [
        ("users_count", stored.users, actual.users),
        ("workspaces_count", stored.workspaces, actual.workspaces),
    ] {
        if stored != actual {
            output::line(format!(
                "{organization} ({name}): {what} is {stored}, should be {actual}"
            ));
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn failed(error: Error) -> Failure {
    Failure::failed(with_causes(&error))
}
