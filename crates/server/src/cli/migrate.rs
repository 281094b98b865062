//! `guildhall migrate`

use crate::{
    config::Configuration,
    output::{self, Failure},
};

pub(super) fn run(configuration: &Configuration) -> Result<(), Failure> {
    let report =
        guildhall_persistence::migrate(&configuration.database).map_err(Failure::failed)?;
    for migration in &report.applied {
        output::line(format!("applied {migration}"));
    }
    output::line(format!(
        "{}: {} of {} migrations were missing",
        configuration.database,
        report.applied.len(),
        report.total
    ));
    Ok(())
}
