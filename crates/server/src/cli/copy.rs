//! `guildhall copy`

use clap::Args;
use guildhall_persistence::{CopyError, DatabaseUrl, TableCount, copy};

use super::audit;
use crate::{
    config::Configuration,
    output::{self, Failure},
};

#[derive(Args)]
pub(super) struct CopyArguments {
    /// The database to read: sqlite:PATH or postgres://…
    #[arg(long, value_name = "URL")]
    from: DatabaseUrl,
    /// The database to write, of the other kind, migrated and empty; the
    /// configured one without this
    #[arg(long, value_name = "URL")]
    to: Option<DatabaseUrl>,
}

pub(super) fn run(
    mut configuration: Configuration,
    arguments: CopyArguments,
) -> Result<(), Failure> {
    const TELL_EVERY: u64 = 100_000;
    let CopyArguments { from, to } = arguments;
    if let Some(to) = to {
        configuration.database = to;
    }
    let mut told = 0;
    let mut progress = |table: &str, written: u64| {
        if written < told {
            told = 0;
        }
        if written >= told + TELL_EVERY {
            told = written;
            output::note(format!("{table}: {written} …"));
        }
    };
    let counts = copy(&from, &configuration.database, &mut progress).map_err(|error| {
        if let CopyError::Differs(counts) = &error {
            show(counts);
        }
        Failure::failed(format!("Nothing was copied: {error}."))
    })?;
    show(&counts);
    audit::verify_database(&configuration, &[]).map_err(|failure| {
        Failure::failed(format!(
            "{failure} All rows were copied, so the logs of the source are no better: look at \
             `guildhall audit verify` there."
        ))
    })?;
    output::line(format!("Copied from {from} to {}.", configuration.database));
    Ok(())
}

fn show(counts: &[TableCount]) {
    output::line(format!("{:<20} {:>12} {:>12}", "table", "source", "target"));
    for TableCount { table, source, target } in counts {
        let remark = if source == target { "" } else { "  differs" };
        output::line(format!("{table:<20} {source:>12} {target:>12}{remark}"));
    }
}
